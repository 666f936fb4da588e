"""The catalog: the newest line of each run, whatever else stands in the logs."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.limits import file_size_limit, quick_folder

from runid.store import catalog
from runid.store.catalog import Catalog

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
        ("elsewhere", 5.0, None),
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
