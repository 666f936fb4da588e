"""What the fold makes of a code snapshot: the last one counts, of whatever host; without one a line says why."""

from pathlib import Path
from typing import Any

import msgpack

from runid import events
from runid.store import files, journal, publishing, refold, runs
from runid.store.fold import Fold

A = b"a" * 16
NOW = 1_700_000_000.25


def asked(host: str, *answers: dict[str, Any], time: float = NOW) -> Fold:
    """A host's fold after so many snapshots were asked for and done, one after the other."""
    fold, offset = Fold(host), 0
    fold.apply(journal.Record(1, 0, A, journal.WRITER, msgpack.packb({"number": 1, "rank": 0})))
    for number, answer in enumerate(answers):
        name = f"{number:016x}"
        body = events.pack([events.ASK, time + number, name, "code", {"workspace_root": "/code", "force": False}])
        fold.apply(journal.Record(2 * number + 2, offset, A, journal.BATCH, body))
        offset += len(body)
        work = msgpack.packb({"id": name} | answer)
        fold.apply(journal.Record(2 * number + 3, 0, bytes(16), journal.WORK, work))
    return fold


def published(tmp_path: Path, *folds: Fold) -> dict[str, Any]:
    snapshot: dict[str, Any] = publishing.published(runs.Run(tmp_path, list(folds)))["assets.json"]["code"]["snapshot"]
    return snapshot


def test_the_last_snapshot_counts_of_whatever_host(tmp_path: Path) -> None:
    first, second = asked("one", {"result": {"saved": True, "n": 1}}), {"result": {"saved": True, "n": 2}}
    assert published(tmp_path, Fold("one")) == {}
    assert published(tmp_path, first) == {"saved": True, "n": 1}
    assert published(tmp_path, asked("one", {"result": {"saved": True, "n": 1}}, second)) == {"saved": True, "n": 2}
    late = asked("two", second, time=NOW + 1.0)
    assert published(tmp_path, first, late) == published(tmp_path, late, first) == {"saved": True, "n": 2}
    assert first.pending["logs"] == []


def test_why_there_is_none_is_a_line_of_the_text_the_same_each_time_it_is_folded(tmp_path: Path) -> None:
    for answer, reason in (
        ({"result": {"saved": False, "workspace_root": "/code", "reason": "too large"}}, "too large"),
        ({"error": "OSError: gone"}, "OSError: gone"),
    ):
        fold, again = asked("one", answer), asked("one", answer)
        assert published(tmp_path, fold) == {"saved": False, "workspace_root": "/code", "reason": reason}
        (line,) = fold.pending["logs"]
        assert line.endswith(f" | WARNING | The code was not kept: {reason}\n")
        assert again.pending == fold.pending
        again.pending["logs"].clear()
        assert Fold.of("one", again.saved()).assets == fold.assets


def test_a_fold_that_is_lost_is_put_together_with_what_assets_json_says(tmp_path: Path) -> None:
    told = {"saved": True, "archive_path": "archive/blobs/ab/abc", "created_at": 7}
    files.create_json(tmp_path / "meta.json", {"id": "r", "path": "p", "host": "one"})
    files.create_json(tmp_path / "assets.json", {"code": {"snapshot": told}, "config": {}})
    fold, _ = refold.refold(tmp_path, "one")
    assert published(tmp_path, fold) == told
