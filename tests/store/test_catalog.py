"""The catalog: the newest line of each run, whatever else stands in the logs."""

import json
import os
from itertools import compress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.limits import file_size_limit, quick_folder

from runid.store import catalog, catalog_line, query
from runid.store.catalog import Catalog, Runs

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["run", "path", "time", "x"]), inner),
    max_leaves=8,
)


def entry(run: str, time: float, **more: Any) -> dict[str, Any]:
    return {"run": run, "path": "p", "time": time, "created_at": time, **more}


def test_the_newest_line_of_a_run_wins_whoever_wrote_it(tmp_path: Path) -> None:
    one, two = Catalog(tmp_path, "one"), Catalog(tmp_path, "two")
    one.add(entry("a", 1.0, status="running"))
    two.add(entry("a", 3.0, status="finished"))
    one.add(entry("a", 2.0, status="running"))
    one.add({**entry("a", 5.0), "path": "elsewhere"})
    found = catalog.read(tmp_path)
    assert [(line["path"], line["time"], line.get("status")) for line in found] == [
        ("elsewhere", 5.0, "unknown"),
        ("p", 3.0, "finished"),
    ]


def test_a_root_without_a_catalog_holds_no_runs(tmp_path: Path) -> None:
    assert catalog.read(tmp_path) == []
    with pytest.raises(FileNotFoundError):
        Catalog(tmp_path / "vanished", "one").add(entry("a", 1.0))
    assert os.listdir(tmp_path) == [], "a vanished root was made again"


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=30) | JSON.map(lambda value: json.dumps(value).encode()), max_size=8))
def test_whatever_else_stands_there_is_passed_over(lines: list[bytes]) -> None:
    with quick_folder() as folder:
        root = folder
        Catalog(root, "one").add(entry("first", 1.0))
        with open(root / "catalog" / "one.log", "ab") as log:
            log.write(b"\n".join(lines))
        (root / "catalog" / "one.log.bak").write_text(json.dumps(entry("not a log", 9.0)))
        Catalog(root, "one").add(entry("last", 2.0))  # a new daemon: it cannot know how the log ends
        found = {line["run"] for line in catalog.read(root)}
        assert {"first", "last"} <= found
        assert "not a log" not in found


def test_a_line_cut_at_any_byte_takes_no_other_with_it(tmp_path: Path) -> None:
    Catalog(tmp_path, "one").add(entry("first", 1.0))
    whole = (tmp_path / "catalog" / "one.log").read_bytes()
    for cut in range(len(whole)):
        (tmp_path / "catalog" / "one.log").write_bytes(whole[:cut])
        Catalog(tmp_path, "one").add(entry("second", 2.0))
        assert "second" in {line["run"] for line in catalog.read(tmp_path)}


def test_a_disk_that_fills_up_is_an_error_and_costs_one_line_only(tmp_path: Path) -> None:
    log = Catalog(tmp_path, "one")
    log.add(entry("first", 1.0))
    size = (tmp_path / "catalog" / "one.log").stat().st_size
    length = len(json.dumps(entry("lost!", 2.0))) + 1
    for short in (1, 2, length // 2):
        with file_size_limit(size + length - short), pytest.raises(OSError, match="full"):
            log.add(entry("lost!", 2.0))
        log.add(entry("next", 3.0))
        found = {line["run"] for line in catalog.read(tmp_path)}
        assert {"first", "next"} <= found, f"{short} bytes short: {found}"
        size = (tmp_path / "catalog" / "one.log").stat().st_size


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_newest_line_costs_neither_the_reader_nor_another_run(data: st.DataObject) -> None:
    with quick_folder() as root:
        log = Catalog(root, "one")
        for number in range(3):
            log.add(entry(f"run{number}", float(number + 1), status="finished", metrics={"a": {"last": 1.0}}))
        path = root / "catalog" / "one.log"
        whole = bytearray(path.read_bytes())
        at = data.draw(st.integers(whole.rfind(b"\n", 0, len(whole) - 1) + 1, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
        path.write_bytes(whole)
        found = {line["run"]: line for line in catalog.read(root)}
        assert {"run0", "run1"} <= found.keys()
        assert all(isinstance(line["metrics"], dict) for line in found.values())


def test_a_line_whose_middle_is_damaged_still_tells_its_run(tmp_path: Path) -> None:
    Catalog(tmp_path, "one").add(entry("a", 5.0, status="finished", notes="some text", started_at=4.0))
    path = tmp_path / "catalog" / "one.log"
    path.write_bytes(path.read_bytes().replace(b"some", b'so"e'))
    (found,) = catalog.read(tmp_path)
    assert (found["run"], found["path"], found["time"], found["started_at"]) == ("a", "p", 5.0, 4.0)
    assert (found["status"], found["config"], found["tags"]) == ("unknown", {}, None)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(catalog_line.FIELDS)), JSON))
def test_fields_of_an_unexpected_kind_are_empty(fields: dict[str, Any]) -> None:
    good = {"config": {"lr": 1}, "summary": {}, "metrics": {}, "status": "failed", "tags": ["x"], "alias": "b"}
    found = catalog_line.mended(json.loads(json.dumps(entry("a", 1.0) | good | fields)))
    assert all(isinstance(found[name], dict) for name in ("config", "summary", "metrics"))
    assert isinstance(found["tags"], list | None)
    assert isinstance(found["status"], str)
    kept = good.keys() - fields.keys()
    assert {name: found[name] for name in kept} == {name: good[name] for name in kept}


def test_a_reader_reads_only_what_was_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Catalog(tmp_path, "one"), Catalog(tmp_path, "two")
    reader = Runs(tmp_path)
    assert reader.refresh() == set()
    one.add(entry("a", 1.0, status="running"))
    two.add(entry("b", 2.0, status="running"))
    assert reader.refresh() == {("p", "a"), ("p", "b")}
    assert reader.refresh() == set()

    head = Mock(wraps=catalog_line.head)
    monkeypatch.setattr(catalog_line, "head", head)
    one.add(entry("a", 3.0, status="finished"))
    assert reader.refresh() == {("p", "a")}
    assert head.call_count == 1
    assert [(found["run"], found["status"]) for found in reader] == [("a", "finished"), ("b", "running")]


def test_a_line_counts_when_its_newline_is_there(tmp_path: Path) -> None:
    log, reader = Catalog(tmp_path, "one"), Runs(tmp_path)
    log.add(entry("a", 1.0))
    path = tmp_path / "catalog" / "one.log"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    assert reader.refresh() == set()
    path.write_bytes(whole)
    assert reader.refresh() == {("p", "a")}


def test_the_table_follows_the_log_row_by_row(tmp_path: Path) -> None:
    log, reader = Catalog(tmp_path, "one"), Runs(tmp_path)
    for number in range(4):
        log.add(entry(f"run{number}", float(number), status="running", config={"lr": number, "name": f"N{number}"}))
    reader.refresh()
    table, newest_first = reader.table()
    big, text = query.parse("lr>=2"), query.parse("run3 or name:N0")
    assert [table.entries[row]["run"] for row in newest_first] == ["run3", "run2", "run1", "run0"]
    assert (big.holds(table), text.holds(table)) == (b"\1\1\0\0", b"\1\0\0\1")

    log.add(entry("run0", 9.0, status="finished", config={"lr": "7e0", "name": "other"}, started_at=0.5))
    log.add(entry("run4", 10.0, status="running", config={"lr": 1}, alias="RUN3b"))
    reader.refresh()
    again, newest_first = reader.table()
    assert again is table
    assert [again.entries[row]["run"] for row in newest_first] == ["run4", "run3", "run2", "run1", "run0"]
    assert [again.entries[row]["run"] for row in compress(range(5), big.holds(again))] == ["run3", "run2", "run0"]
    assert [again.entries[row]["run"] for row in compress(range(5), text.holds(again))] == ["run3", "run4"]


def grown(root: Path, runs: int, lines: int, host: str = "one") -> Catalog:
    """A log of so many runs and lines, each of about a kilobyte."""
    log = Catalog(root, host)
    for number in range(lines):
        log.add(entry(f"run{number % runs}", float(number), status="running", notes="x" * 900))
    return log


def test_a_log_that_is_mostly_superseded_is_made_anew(tmp_path: Path) -> None:
    log = grown(tmp_path, runs=5, lines=800)
    assert not log.compact(), "it is small"
    log = grown(tmp_path, runs=5, lines=300)
    path = tmp_path / "catalog" / "one.log"
    reader, before = Runs(tmp_path), catalog.read(tmp_path)
    reader.refresh()
    assert path.stat().st_size > 1 << 20
    assert log.compact()
    assert path.stat().st_size < 6000
    assert os.listdir(path.parent) == ["one.log"]
    assert catalog.read(tmp_path) == before
    assert not log.compact()

    # A reader that tails notices, keeps all runs, and goes on.
    log.add(entry("run5", 5000.0))
    assert ("p", "run5") in reader.refresh()
    assert {found["run"] for found in reader} == {f"run{number}" for number in range(6)}
    assert reader.refresh() == set()


def test_a_log_whose_lines_count_is_left_as_it_is(tmp_path: Path) -> None:
    log = grown(tmp_path, runs=500, lines=1300)
    size = (tmp_path / "catalog" / "one.log").stat().st_size
    assert not log.compact()
    assert (tmp_path / "catalog" / "one.log").stat().st_size == size


def test_making_a_log_anew_never_trusts_a_damaged_line(tmp_path: Path) -> None:
    log = grown(tmp_path, runs=2, lines=1300)
    path = tmp_path / "catalog" / "one.log"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[-1] = lines[-1].replace(b"xxxx", b'x"xx')
    path.write_bytes(b"".join(lines))
    assert log.compact()
    assert sorted((found["run"], found["time"]) for found in catalog.read(tmp_path)) == [
        ("run0", 1298.0),
        ("run1", 1297.0),
    ]


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    log = grown(tmp_path, runs=5, lines=1300)
    before = catalog.read(tmp_path)
    with file_size_limit(2000), pytest.raises(OSError, match="large"):
        log.compact()
    assert catalog.read(tmp_path) == before
    assert os.listdir(tmp_path / "catalog") == ["one.log"]
    assert not log.compact(), "it is not tried again at once"


def test_a_log_that_is_gone_takes_its_runs_with_it(tmp_path: Path) -> None:
    one, two = Catalog(tmp_path, "one"), Catalog(tmp_path, "two")
    one.add(entry("a", 1.0))
    two.add(entry("b", 2.0))
    reader = Runs(tmp_path)
    reader.refresh()
    reader.table()
    (tmp_path / "catalog" / "two.log").unlink()
    reader.refresh()
    assert [found["run"] for found in reader] == ["a"]
    assert [found["run"] for found in reader.table()[0].entries] == ["a"]


@settings(max_examples=40)
@given(st.recursive(st.integers(), lambda inner: st.dictionaries(st.text("ab.", min_size=1, max_size=3), inner)))
def test_a_flat_config_has_the_leaves_of_the_nested_one(value: Any) -> None:
    config = {"root": value}
    leaves = _leaves(config)
    assert list(catalog.flat(config).items()) == list(dict(leaves).items())


def test_a_flat_config_ends_after_200_leaves() -> None:
    found = catalog.flat({"deep": {str(number): number for number in range(500)}})
    assert list(found) == [f"deep.{number}" for number in range(200)]


def _leaves(config: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found = []
    for key, value in config.items():
        found += _leaves(value, f"{above}{key}.") if isinstance(value, dict) and value else [(above + key, value)]
    return found
