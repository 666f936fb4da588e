"""The file of a host's outputs: what scans came to is in it once, whenever its daemon was killed."""

import json
from pathlib import Path
from typing import Any

import msgpack
import pytest

from runid import events
from runid.store import files, journal, outputs, publishing, runs
from runid.store.fold import Fold

WRITER = b"w" * 16
ID = "0123456789abcdef"


def entry(key: str, version: str = "", **more: Any) -> dict[str, Any]:
    mode = "overwrite_versions" if version else "rolling"
    archived = {"fingerprint": version, "archive_path": f"{key}{version}", "stamp": version, "archived_at": 1}
    return {"key": key, "mode": mode, "saved": True} | archived | more


def failed(key: str) -> dict[str, Any]:
    return {"key": key, "mode": "rolling", "saved": False, "last_error": "no room"}


def told(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"entries": list(entries), "failed": [], "mended": [], "removed": []} | more


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "p" / "r1"


@pytest.fixture
def fold(folder: Path) -> Fold:
    """A fold with a watch, of whose run nothing is on disk."""
    folder.mkdir(parents=True)
    made = Fold("one")
    apply(made, journal.WRITER, msgpack.packb({"number": 1, "rank": 0}))
    apply(made, journal.BATCH, events.pack([events.ASK, 5.0, ID, "watch", {}]))
    return made


def apply(fold: Fold, kind: int, body: bytes) -> None:
    fold.apply(journal.Record(fold.through + 1, fold.offset(WRITER), WRITER, kind, body))


def scanned(fold: Fold, *entries: dict[str, Any], **more: Any) -> None:
    apply(fold, journal.WORK, msgpack.packb({"id": ID, "outputs": told(*entries, **more)}))


def keys(folder: Path, fold: Fold) -> list[str]:
    return [one["archive_path"] for one in outputs.published([outputs.read(folder, fold)])]


def test_what_is_put_down_is_read_again(folder: Path, fold: Fold) -> None:
    scanned(fold, entry("a"), entry("b", "1"))
    outputs.save(folder, fold)
    assert fold.scans == []
    scanned(fold, entry("b", "2"), entry("a", archive_path="new"))
    assert keys(folder, fold) == ["new", "b1", "b2"]
    outputs.save(folder, fold)
    assert keys(folder, fold) == ["new", "b1", "b2"]
    assert files.read_json(folder / "assets" / "one.json") == {
        "through": 4, "entries": outputs.read(folder, fold),
    }  # fmt: skip


def test_a_daemon_that_is_killed_between_the_two_files_adds_nothing_twice(folder: Path, fold: Fold) -> None:
    """The fold that was put down before is replayed over outputs that hold those records."""
    scanned(fold, entry("a", "1"))
    scanned(fold, removed=["a1"])
    replayed = list(fold.scans)
    outputs.save(folder, fold)
    before = outputs.read(folder, fold)
    fold.scans = replayed
    assert outputs.read(folder, fold) == before
    scanned(fold, entry("c"))
    assert keys(folder, fold) == ["c"]


def test_without_news_the_file_stays_as_it_is(folder: Path, fold: Fold) -> None:
    outputs.save(folder, fold)
    assert not (folder / "assets").exists()
    scanned(fold, entry("a"))
    outputs.save(folder, fold)
    before = outputs.version(folder, fold)
    apply(fold, journal.HEARTBEAT, msgpack.packb(1.0))
    outputs.save(folder, fold)
    assert outputs.version(folder, fold) == before
    scanned(fold, entry("b"))
    assert outputs.version(folder, fold) != before


def test_an_error_stands_beside_the_newest_entry_or_alone(folder: Path, fold: Fold) -> None:
    scanned(fold, entry("a", "1"), entry("a", "2"), failed=[failed("a"), failed("b")])
    found = outputs.published([outputs.read(folder, fold)])
    assert [(one["key"], one["saved"], one.get("last_error")) for one in found] == [
        ("a", True, None), ("a", True, "no room"), ("b", False, "no room"),
    ]  # fmt: skip
    scanned(fold, mended=["a", "b"])
    assert [one.get("last_error") for one in outputs.published([outputs.read(folder, fold)])] == [None, None]


def test_of_what_had_to_go_the_newest_is_remembered_until_there_is_a_newer(folder: Path, fold: Fold) -> None:
    scanned(fold, entry("a", "1"), entry("a", "2"))
    scanned(fold, removed=["a1", "a2"])
    assert keys(folder, fold) == []
    assert [one["stamp"] for one in outputs.read(folder, fold).values()] == ["2"]
    scanned(fold, entry("a", "3"))
    assert [one["stamp"] for one in outputs.read(folder, fold).values()] == ["3"]


def test_a_damaged_file_is_told(folder: Path, fold: Fold) -> None:
    scanned(fold, entry("a"))
    outputs.save(folder, fold)
    files.create_json(folder / "meta.json", {"id": "r1", "path": "p", "host": "one"})
    (folder / "assets" / "one.json").write_text("{")
    run = runs.Run(folder, [fold])
    assert run.outputs == []
    assert [problem for problem in run.problems if "assets/one.json is damaged" in problem]
    scanned(fold, entry("b"))
    outputs.save(folder, fold)
    assert (folder / "assets" / "one.json.damaged").read_text() == "{"


@pytest.mark.parametrize(
    "entries", [None, [], {"a": 1}, {"a": {}}, {"a": {"key": 5, "mode": "rolling", "saved": True}}]
)
def test_what_is_no_entry_is_passed_over(folder: Path, fold: Fold, entries: object) -> None:
    """It may be another host's: what cannot be read of it must not stop this one."""
    (folder / "assets").mkdir()
    (folder / "assets" / "one.json").write_text(json.dumps({"through": "x", "entries": entries}))
    scanned(fold, entry("b"))
    assert keys(folder, fold) == ["b"]


def test_assets_json_is_made_when_something_in_it_changed(folder: Path, fold: Fold) -> None:
    files.create_json(folder / "meta.json", {"id": "r1", "path": "p", "host": "one"})
    before = publishing.publish(runs.Run(folder, [fold]))
    (folder / "assets.json").unlink()
    assert publishing.publish(runs.Run(folder, [fold]), before) == before
    assert not (folder / "assets.json").exists()
    scanned(fold, entry("a"))
    publishing.publish(runs.Run(folder, [fold]), before)
    assert (files.read_json(folder / "assets.json") or {})["outputs"] == [entry("a")]
    fold.config["lr"] = 0.1
    publishing.publish(runs.Run(folder, [fold]), before)
    assert (files.read_json(folder / "assets.json") or {})["config"]["extra"] == {"lr": 0.1}
