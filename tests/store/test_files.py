"""JSON files are whole or not there, appended ones hold what was appended, and nothing brings back what was removed."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.limits import file_size_limit, quick_folder

from runid.store import files

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.binary(max_size=8)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, max_size=4)
STRANGE = [
    msgpack.Timestamp(5, 7),
    msgpack.ExtType(3, b"\xff"),
    {1: {b"\xff": 2}},
    {"set": {1}},
    "\ud800",
    1 << 70,
    object,
]


@given(VALUES)
def test_whatever_was_logged_becomes_json_that_any_reader_takes(value: Any) -> None:
    text = files.dumps({"value": value})
    assert json.loads(text, parse_constant=_refuse) == {"value": _plain(value)}


@pytest.mark.parametrize("value", STRANGE, ids=repr)
def test_what_json_does_not_know_becomes_text(value: Any, tmp_path: Path) -> None:
    files.replace_json(tmp_path / "x.json", {"value": value, "next": 1})
    read = files.read_json(tmp_path / "x.json")
    assert read is not None
    assert read["next"] == 1


@settings(max_examples=20)
@given(OBJECTS)
def test_what_is_written_is_read(value: dict[str, Any]) -> None:
    with quick_folder() as folder:
        path = folder / "x.json"
        assert files.read_json(path) is None
        files.replace_json(path, {"old": 1})
        files.replace_json(path, value)
        assert files.read_json(path) == _plain(value)
        assert os.listdir(folder) == ["x.json"]


@pytest.mark.parametrize("damaged", [b"", b"{", b"[1]", b"7", b'{"a": 1}{', b"\xff\xfe", b"[" * 100_000, b"\0" * 9])
def test_a_file_that_holds_no_object_is_as_good_as_none(damaged: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(damaged)
    assert files.read_json(tmp_path / "x.json") is None
    assert files.read_json(tmp_path / "x.json" / "below") is None


def test_what_cannot_be_read_is_not_taken_for_missing(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    with pytest.raises(IsADirectoryError):
        files.read_json(tmp_path / "x.json")


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    whole = [{"number": number, "filler": "x" * 20_000} for number in range(50)]
    files.replace_json(path, whole[0])

    def write() -> None:
        for value in whole:
            files.replace_json(path, value)

    writer = threading.Thread(target=write)
    writer.start()
    seen = []
    while writer.is_alive():
        seen.append(files.read_json(path))
    writer.join()
    assert seen
    assert all(value in whole for value in seen)


def test_a_disk_that_fills_up_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    files.replace_json(path, {"old": 1})
    for write in (files.replace_json, files.create_json):
        with file_size_limit(1000), pytest.raises(OSError, match=r"full|too large"):
            write(path, {"new": "x" * 5000})
    assert files.read_json(path) == {"old": 1}
    assert os.listdir(tmp_path) == ["x.json"], "a temporary file was left"


def test_one_of_many_creates(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "x.json"
    barrier = threading.Barrier(8)
    won: list[int] = []

    def create(number: int) -> None:
        barrier.wait()
        if files.create_json(path, {"number": number}):
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [files.read_json(path)] == [{"number": number} for number in won]
    assert os.listdir(path.parent) == ["x.json"]


def test_a_removed_run_is_not_brought_back(tmp_path: Path) -> None:
    gone = tmp_path / "runs" / "gone"
    with pytest.raises(FileNotFoundError):
        files.replace_json(gone / "writers" / "x.json", {})
    with pytest.raises(FileNotFoundError):
        files.append(gone / "logs.txt", b"line\n", 0)
    with pytest.raises(FileNotFoundError):
        files.append(gone / "objects" / "x.jsonl", b"line\n", 0)
    assert os.listdir(tmp_path) == []


@settings(max_examples=40)
@given(st.lists(st.tuples(st.binary(max_size=20), st.binary(max_size=20)), max_size=6))
def test_an_append_is_behind_what_the_file_is_said_to_hold(pieces: list[tuple[bytes, bytes]]) -> None:
    with quick_folder() as folder:
        path = folder / "logs.txt"
        length = 0
        for data, torn in pieces:
            length = files.append(path, data, length)
            with open(path, "ab") as file:
                file.write(torn)  # of an append that a crash cut
        expected = b"".join(data for data, _ in pieces)
        assert files.cut(path, length) == len(expected)
        assert (path.read_bytes() if path.exists() else b"") == expected


def test_an_append_that_the_disk_cuts_short_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "logs.txt"
    length = files.append(path, b"kept\n", 0)
    with file_size_limit(60), pytest.raises(OSError, match="full"):
        files.append(path, b"x" * 1000, length)
    assert path.read_bytes() == b"kept\n"
    assert files.append(path, b"more\n", length) == 10
    assert path.read_bytes() == b"kept\nmore\n"


def test_a_cut_never_makes_a_file_longer(tmp_path: Path) -> None:
    path = tmp_path / "logs.txt"
    assert files.cut(path, 7) == 0
    path.write_bytes(b"12345")
    assert files.cut(path, 7) == 5
    assert files.cut(path, 3) == 3
    assert path.read_bytes() == b"123"


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def _plain(value: Any) -> Any:
    """What a value is once it has been JSON."""
    if isinstance(value, float) and value != value:  # noqa: PLR0124  NaN
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
