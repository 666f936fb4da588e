"""Journals: what was appended is read, up to the first byte that is missing or wrong, or to the next journal."""

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runid.store import journal
from runid.store.journal import Journal, Record

HOST = "node-7-a1b2c3"
RECORDS = st.lists(
    st.tuples(st.integers(1, 255), st.binary(min_size=16, max_size=16), st.integers(0, (1 << 64) - 1), st.binary()),
    max_size=8,
)
WRITER = b"w" * 16

Appended = list[tuple[int, bytes, int, bytes]]


@contextmanager
def written(records: Appended, lo: int = 1) -> Iterator[tuple[Path, list[Record], list[int]]]:
    """A journal with these records: its path, the records as they are read, and where each ends."""
    with tempfile.TemporaryDirectory() as folder:
        path, expected, ends = write(Path(folder), records, lo)
        yield path, expected, ends


def write(folder: Path, records: Appended, lo: int = 1) -> tuple[Path, list[Record], list[int]]:
    new = Journal(folder, HOST, lo)
    ends = [new.size]
    for kind, writer, offset, body in records:
        new.append(kind, writer, offset, body)
        ends.append(new.size)
    new.sync()
    new.close()
    expected = [
        Record(lo + place, offset, writer, kind, body) for place, (kind, writer, offset, body) in enumerate(records)
    ]
    return new.path, expected, ends


def batches(count: int, what: bytes = b"body") -> Appended:
    return [(journal.BATCH, WRITER, 100 * number, what + str(number).encode()) for number in range(count)]


@given(RECORDS, st.integers(1, 1 << 40))
def test_what_is_appended_is_read(records: Appended, lo: int) -> None:
    with written(records, lo) as (path, expected, ends):
        assert list(journal.read(path, 0)) == expected
        assert path.stat().st_size == ends[-1]


@given(RECORDS, st.data())
def test_a_cut_journal_holds_the_records_before_the_cut(records: Appended, data: st.DataObject) -> None:
    with written(records) as (path, expected, ends):
        cut = data.draw(st.integers(0, ends[-1]))
        path.write_bytes(path.read_bytes()[:cut])
        assert list(journal.read(path, 0)) == expected[: sum(end <= cut for end in ends[1:])]


@given(RECORDS, st.data())
def test_a_damaged_journal_holds_the_records_before_the_damage(records: Appended, data: st.DataObject) -> None:
    with written(records) as (path, expected, ends):
        place = data.draw(st.integers(0, ends[-1] - 1))
        damaged = bytearray(path.read_bytes())
        damaged[place] ^= data.draw(st.integers(1, 255))
        path.write_bytes(damaged)
        assert list(journal.read(path, 0)) == expected[: sum(end <= place for end in ends[1:])]


@given(st.binary(max_size=300))
def test_garbage_behind_a_journal_is_no_record(tail: bytes) -> None:
    with written(batches(2)) as (path, expected, _):
        with open(path, "ab") as file:
            file.write(tail)
        assert list(journal.read(path, 0)) == expected


def test_a_hole_of_zeros_ends_a_journal(tmp_path: Path) -> None:
    path, expected, ends = write(tmp_path, batches(5))
    holed = bytearray(path.read_bytes())
    holed[ends[1] : ends[3]] = bytes(ends[3] - ends[1])
    path.write_bytes(holed)
    assert list(journal.read(path, 0)) == expected[:1]


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.data())
def test_a_journal_ends_where_the_next_one_begins(lengths: list[int], data: st.DataObject) -> None:
    # Each journal begins anywhere in the one before it, or behind it.
    with tempfile.TemporaryDirectory() as name:
        folder, lo = Path(name), 1
        expected: list[Record] = []
        for index, length in enumerate(lengths):
            _, records, _ = write(folder, batches(length, f"journal {index} ".encode()), lo)
            expected = [record for record in expected if record.number < lo] + records
            lo = data.draw(st.integers(lo + 1, lo + length))
        files = journal.journals(folder)[HOST]
        start = data.draw(st.integers(0, lo + 6))
        assert list(journal.read_host(files, start)) == [record for record in expected if record.number >= start]


def test_from_and_to_a_number(tmp_path: Path) -> None:
    path, expected, _ = write(tmp_path, batches(9), lo=11)
    assert list(journal.read(path, 13, 17)) == expected[2:6]
    assert list(journal.read(path, 0, 11)) == []
    assert list(journal.read(path, 20)) == []


def test_a_journal_is_never_opened_twice(tmp_path: Path) -> None:
    path, expected, _ = write(tmp_path, batches(1))
    with pytest.raises(FileExistsError):
        Journal(tmp_path, HOST, 1)
    assert list(journal.read(path, 0)) == expected


def test_a_write_that_fails_ends_the_journal_but_not_what_it_holds(tmp_path: Path) -> None:
    first = Journal(tmp_path, HOST, 1)
    first.append(journal.BATCH, WRITER, 0, b"held")
    with file_size_limit(first.size + 60), pytest.raises(OSError, match="only 60 of 1044 bytes"):
        first.append(journal.BATCH, WRITER, 4, bytes(1000))
    first.close()
    assert first.path.stat().st_size > first.size, "nothing was torn: the test shows nothing"
    second = Journal(tmp_path, HOST, first.next)
    second.append(journal.BATCH, WRITER, 4, b"kept again")
    second.close()
    found = journal.read_host(journal.journals(tmp_path)[HOST])
    assert [(record.number, record.body) for record in found] == [(1, b"held"), (2, b"kept again")]


def test_only_journals_are_listed(tmp_path: Path) -> None:
    for name in ("b-000000000002.journal", "b-000000000010.journal", "a-b-000000000001.journal"):
        (tmp_path / name).write_bytes(b"")
    other_digits = (f"b-{digits}.journal" for digits in ("\N{SUPERSCRIPT TWO}", 12 * "\N{ARABIC-INDIC DIGIT THREE}"))
    for name in ("b-000000000003.journal.tmp", "journal", "b-x.journal", "b.journal", *other_digits):
        (tmp_path / name).write_bytes(b"")
    found = journal.journals(tmp_path)
    assert {host: [lo for lo, _ in files] for host, files in found.items()} == {"b": [2, 10], "a-b": [1]}
    assert journal.journals(tmp_path / "missing") == {}


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Files cannot grow beyond this size meanwhile: the write that tries is cut short, as on a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
