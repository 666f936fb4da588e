"""The frozen root is read as it was written: every file and every value. tests/formats/make.py made it."""

import json
import math
import re
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pyarrow.parquet as pq
import pytest

from runid import events
from runid.store import catalog, fsck, journal, runs, segments
from runid.store.fsck import Look

ROOT = Path(__file__).parent / "v1" / "root"
HOST = "node7_f801c8db"
START = 1_800_000_000.0
AGAIN = START + 1000  # when the ranks of the live run were started again

LIVE, ENDED, LONG, BY_HAND = (ROOT / "runs" / "formats" / name / name for name in ("live", "ended", "long", "by_hand"))
PROCESS = {"python": "3.11.7", "platform": "Linux", "hostname": "node7", "pid": 4000}
NO_ASSETS: dict[str, Any] = {"code": {"snapshot": {}}, "datasets": [], "pretrained": [], "outputs": []}

Row = tuple[str, str | None, int, int, int, float, float]  # metric, stage, rank, writer, step, time, value


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Text that is in the journal only gets its local time from its reader."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def live_rows() -> list[Row]:
    rows: list[Row] = [("loss", "warmup", 1, 1, 1, START + 1.5, 9.0)]
    for rank in range(2):
        who = (rank, 2 + rank)
        for step in range(1, 101):
            stage, when = "warmup" if step <= 10 else "train", AGAIN + 1.5 + step / 4
            rows.append(("loss", stage, *who, step, when, rank + 1 / step))
            rows.append(("val/accuracy", stage, *who, step, when, step / 100))
        for place, value in enumerate((math.nan, math.inf, -math.inf)):
            when = AGAIN + 27 + place / 4
            rows += [("loss", "train", *who, 101, when, value), ("lr", "train", *who, 101, when, 0.1)]
        rows.append(("loss", "eval", *who, 50, AGAIN + 27.75, 0.25 + rank))
    return in_order(rows)


ENDED_ROWS: list[Row] = [
    ("accuracy", None if step < 4 else "eval", 0, 1, step, START + 101 + step / 4, value)
    for step, value in ((1, 0.25), (2, 0.5), (3, 0.75), (4, 0.5))
]
LONG_ROWS: list[Row] = [
    ("wave", None, 0, 1, step, START + 200.75 + place / 4, (step * 7919) % 1000 / 8 if step != 900 else math.nan)
    for place, step in enumerate(range(0, 3300, 3))
]
BY_HAND_ROWS: list[Row] = [
    ("loss", "eval", 0, 1, -7, START + 5.000001, 0.5),
    ("loss", None, 0, 1, 1, START + 4, 2.0),
    ("loss", "train", 0, 1, (1 << 63) - 1, START + 6, -math.inf),
    ("µ", "eval", 0, 1, -7, START + 5.000001, math.nan),
    ("µ", "train", 0, 1, (1 << 63) - 1, START + 6, 1e-300),
]


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row[0], row[2], row[4], row[3]))


@pytest.mark.parametrize(
    ("folder", "expected"),
    [(LIVE, live_rows()), (ENDED, ENDED_ROWS), (LONG, LONG_ROWS), (BY_HAND, BY_HAND_ROWS)],
    ids=["live", "ended", "long", "by_hand"],
)
def test_points(folder: Path, expected: list[Row]) -> None:
    found = runs.read_run(folder).points().to_pydict()
    found["time"] = [when.timestamp() for when in found["time"]]
    assert repr(list(zip(*found.values(), strict=True))) == repr(expected)  # repr: NaN equals nothing


def test_segments() -> None:
    found = segments.segments(LIVE / "metrics")
    assert [(one.host, one.lo) for one in found] == [(HOST, 1), *((HOST, one.hi + 1) for one in found[:-1])]
    numbers = {writer["writer"]: (writer["number"], writer["rank"]) for writer in runs.read_run(LIVE).writers}
    for one in found:
        about = json.loads(pq.read_metadata(one.path).metadata[b"runicorn"])
        writers = about.pop("writers")
        data, rows = one.path.read_bytes(), pq.read_metadata(one.path).num_rows
        start = about.pop("bytes")
        assert (about.pop("rows"), about.pop("crc")) == (rows, zlib.crc32(data[:start]))
        assert int(about.pop("footer"), 16) == zlib.crc32(re.sub(rb'(?<="footer": ")\w{8}', b"0" * 8, data[start:-8]))
        assert about == {"format": 1, "run_id": "live", "host": HOST, "lo": one.lo, "hi": one.hi}
        assert {key: (its["number"], its["rank"]) for key, its in writers.items()}.items() <= numbers.items()
        assert all(its["offset"] > 0 for its in writers.values())
    columns = pq.read_schema(found[0].path)
    assert dict(zip(columns.names, map(str, columns.types), strict=True)) == {
        "run_id": "string", "metric": "string", "stage": "string", "rank": "int32", "writer": "int32",
        "step": "int64", "time": "timestamp[us, tz=UTC]", "value": "double",
    }  # fmt: skip
    assert set(pq.read_table(found[0].path)["run_id"].to_pylist()) == {"live"}


def test_the_pyramid_of_the_long_run() -> None:
    [path] = (LONG / "pyramid").iterdir()
    [segment] = segments.segments(LONG / "metrics")
    assert path.name == segment.path.name
    expected = [cell(shift, number) for shift in range(8, 61, 4) for number in range((3297 >> shift) + 1)]
    assert pq.read_table(path).to_pylist() == expected


def cell(shift: int, number: int) -> dict[str, Any]:
    """What the points with the steps from number · 2^shift up to, not including, (number + 1) · 2^shift come to."""
    inside = {row[4]: row[6] for row in LONG_ROWS if row[4] >> shift == number}
    real = {step: value for step, value in inside.items() if not math.isnan(value)}
    steps, low, high = [*inside], min(real.values()), max(real.values())
    return {
        "metric": "wave", "shift": shift, "stage": None, "rank": 0, "number": number, "x0": steps[0], "x1": steps[-1],
        "min": low, "max": high, "first": inside[steps[0]], "last": inside[steps[-1]], "sum": sum(real.values()),
        "count": len(inside), "nan": len(inside) - len(real),
        "argmin": next(step for step, value in real.items() if value == low),
        "argmax": next(step for step, value in real.items() if value == high),
    }  # fmt: skip


def test_journal_of_the_live_run() -> None:
    files = journal.journals(LIVE / "journal")[HOST]
    records = list(journal.read_host(files))
    assert [record.number for record in records] == [*range(1, len(records) + 1)]
    kinds = [record.kind for record in records]
    assert set(kinds) == {journal.BATCH, journal.WRITER, journal.END, journal.HEARTBEAT}
    end = msgpack.unpackb(records[kinds.index(journal.END)].body)
    assert (end["status"], end["reason"]) == ("crashed", "was killed by SIGKILL")
    sealed = segments.segments(LIVE / "metrics")[-1].hi
    assert files[-1][0] == sealed + 1 <= records[-1].number


def test_journal_by_hand() -> None:
    writer, hole, named, batch, *works = by_hand_records()
    assert (writer.kind, writer.offset, msgpack.unpackb(writer.body)) == (
        journal.WRITER, 0, {"rank": 0, "hostname": "node7", "started": START, "number": 1},
    )  # fmt: skip
    assert (hole.kind, hole.offset, msgpack.unpackb(hole.body)) == (journal.HOLE, 0, {"to": 100})
    assert (named.kind, named.offset, msgpack.unpackb(named.body)) == (journal.WRITER, 100, {"rank": 0, "number": 1})
    assert (batch.kind, batch.offset) == (journal.BATCH, 100)
    assert {work.kind for work in works} == {journal.WORK}
    done = {said["id"]: said for said in (msgpack.unpackb(work.body) for work in works)}
    nothing = {"scanned": 0, "archived": 0, "changed": 0, "archived_entries": []}
    assert done == {
        "5ca0" * 4: {"id": "5ca0" * 4, "result": nothing},
        "da7a" * 4: {"id": "da7a" * 4, "result": {"saved": False, "fingerprint": None}},
        "a1e7" * 4: {"id": "a1e7" * 4, "result": {"delivered": 0, "problem": None}},
        "f070" * 4: {
            "id": "f070" * 4,
            "error": "This daemon does not know what 'a kind of the future' is: update runicorn.",
        },
    }
    assert {record.writer for record in (writer, hole, named)} == {batch.writer}
    assert repr([event if event[0] != 12 else event[:4] for event in events.unpack(batch.body)]) == repr(
        [
            [0, START, {"created_at": START, "alias": None, "python": "3.11.7"}],
            [6, START + 1, {"tags": ["by hand"], "notes": "nötig"}],
            [3, START + 2, {"lr": 0.1, "layers": [64, 32]}],
            [5, START + 3, "loss", "min"],
            [1, START + 4, 1, None, {"loss": 2, "none of these": "text"}],
            [1, START + 5.000001, -7, "eval", {"loss": 0.5, "µ": math.nan}],
            [1, START + 6, (1 << 63) - 1, "train", {"loss": -math.inf, "µ": 1e-300}, "an item of the future"],
            [2, START + 7, "INFO", "a line\n\nand another one"],
            [4, START + 8, {"final": math.inf, "nested": {"a": [None, True]}}],
            [8, START + 9, 3, "train", "sample", {"text": "✓", "value": math.nan}],
            [9, START + 10, 12],
            [10, START + 10.25, "args", ["never there"], {"lr": 0.2, "epochs": 3}],
            [10, START + 10.375, "config_files", [], {"a.yaml": None, "unread": None}],
            [10, START + 10.5, "config_files", [], {"a.yaml": "a: ✓\n", "not listed": "x"}],
            [10, START + 10.625, "a part of the future", [], {"with": "a map"}],
            [11, START + 10.75, {"python_version": "3.11.7", "pip_packages": {"numpy": "2.4.6"}}],
            [12, START + 10.8, "5ca0" * 4, "scan"],
            [12, START + 10.85, "da7a" * 4, "dataset"],
            [12, START + 10.9, "a1e7" * 4, "alert"],
            [12, START + 10.95, "f070" * 4, "a kind of the future"],
            [99, START + 11, "a kind of the future", {"with": "a map"}],
            [7, START + 12, "failed", "failed by hand"],
        ]
    )


def test_the_live_run_as_a_whole() -> None:
    run = runs.read_run(LIVE)
    assert (run.status, run.exit_reason) == ("running", None)
    assert run.config == {"lr": 0.1, "net": {"depth": 2}, "rank 0": 0, "rank 1": 1}
    assert repr(run.summary) == repr(
        {"of rank": 1, "bad": math.nan, "best_metric_value": -math.inf, "best_metric_name": "loss",
         "best_metric_step": 101, "best_metric_mode": "min"}
    )  # fmt: skip
    assert run.metrics == {
        "loss": {"count": 209, "last": 1.25, "min": -math.inf, "max": math.inf},
        "val/accuracy": {"count": 200, "last": 1.0, "min": 0.01, "max": 1.0},
        "lr": {"count": 6, "last": 0.1, "min": 0.1, "max": 0.1},
    }
    told = ("number", "rank", "world", "status", "reason", "last_step", "last_time", "started")
    assert [tuple(writer[name] for name in told) for writer in run.writers] == [
        (2, 0, 2, "running", None, 101, AGAIN + 28.25, AGAIN),
        (1, 1, 2, "crashed", "was killed by SIGKILL", 1, START + 1.5, START),
        (3, 1, 2, "running", None, 101, AGAIN + 28.25, AGAIN),
    ]


def test_text_and_objects_of_the_live_run() -> None:
    """Those of the ended journals stand in files, the rest in the journal."""
    kept = (LIVE / "logs.txt").read_text()
    first = [
        f"rank {rank} | 08:16:41.500 | TEXT | {line}" if line else ""
        for rank in range(2)
        for line in (f"hello from rank {rank}", "", "and an empty line before this one")
    ]
    assert kept.splitlines() == first
    last = [f"rank {rank} | 08:17:08.250 | TEXT | to the journal's end: ✓" for rank in range(2)]
    assert runs.read_run(LIVE).text().splitlines() == first + last
    shared = {"step": 100, "stage": None, "time": AGAIN + 26.75, "type": "json"}
    assert runs.read_run(LIVE).objects() == [
        {"key": key, **shared, "rank": rank, "value": value}
        for rank in range(2)
        for key, value in (("note", "a text"), ("matrix", [[1, 2.5], [None, "Infinity"]]))
    ]


def test_the_json_files() -> None:
    identity = {"path": "formats/live", "id": "live", "host": HOST}
    about = {"alias": "zwei Ränge", "tags": ["frozen", "two ranks"], "group": "formats"}
    assert said(LIVE, "meta") == identity | about | PROCESS | {
        "notes": "made by tests/formats/make.py",
        "workspace_root": "/digits",
        "storage_dir": ".",
        "created_at": START + 0.5,
    }
    assert said(ENDED, "meta") == {"path": "formats/ended", "id": "ended", "host": HOST} | PROCESS | {
        "alias": None, "workspace_root": "/digits", "storage_dir": ".", "created_at": START + 100.5,
    }  # fmt: skip
    assert said(ENDED, "status") == {
        "status": "finished", "started_at": START + 100.5, "ended_at": START + 102.75, "exit_reason": None,
    }  # fmt: skip
    config: dict[str, Any] = {"args": {}, "extra": {"lr": 0.5}, "config_files": []}
    assert said(ENDED, "assets") == NO_ASSETS | {"config": config}
    assert said(BY_HAND, "assets")["config"] == {
        "args": {"lr": 0.2, "epochs": 3},
        "extra": {"layers": [64, 32]},
        "config_files": ["a.yaml", "unread"],
        "contents": {"a.yaml": "a: ✓\n", "unread": None},
    }
    assert said(BY_HAND, "environment") == {
        "python_version": "3.11.7", "pip_packages": {"numpy": "2.4.6"}, "rank": 0,
    }  # fmt: skip
    assert not (ENDED / "environment.json").exists()
    assert said(ENDED, "summary") == {
        "final": 0.5, "best_metric_value": 0.75, "best_metric_name": "accuracy", "best_metric_step": 3,
        "best_metric_mode": "max",
    }  # fmt: skip
    assert said(BY_HAND, "status")["exit_reason"] == "the process failed by hand at step 9223372036854775807"
    assert said(BY_HAND, "summary")["final"] == "Infinity"
    assert json.loads((ROOT / ".runicorn-root").read_text()) == {"format": 1, "made_by": "1.0.0.dev0"}


def test_the_host_s_account_of_the_run_by_hand() -> None:
    saved = json.loads((BY_HAND / "writers" / f"{HOST}.json").read_text())
    [writer] = saved["writers"]
    assert runs.saved_fold(BY_HAND, HOST).saved()["writers"] == [writer]
    [batch] = [record for record in by_hand_records() if record.kind == journal.BATCH]
    assert saved["host"] == HOST
    assert saved["through"] >= batch.number
    assert (writer["offset"], writer["lost_bytes"], writer["dropped"]) == (batch.offset + len(batch.body), 100, 12)
    assert saved["metrics"]["loss"] == {"count": 3, "last": "-Infinity", "min": "-Infinity", "max": 2.0}
    assert saved["best"] == {"value": "-Infinity", "step": (1 << 63) - 1}
    files = {"logs": BY_HAND / "logs.txt", "objects": BY_HAND / "objects" / f"{HOST}-000001.jsonl"}
    assert saved["lengths"] == {name: path.stat().st_size for name, path in files.items()}


def test_the_catalog() -> None:
    found = {entry["run"]: entry for entry in catalog.read(ROOT)}
    assert {name: (entry["path"], entry["status"], entry["ranks"]) for name, entry in found.items()} == {
        "live": ("formats/live", "running", 2),
        "ended": ("formats/ended", "finished", 1),
        "long": ("formats/long", "finished", 1),
        "media": ("formats/media", "finished", 1),
        "by_hand": ("formats/by_hand", "failed", 1),
    }
    through = json.loads((ENDED / "writers" / f"{HOST}.json").read_text())["through"]
    assert found["ended"] == {
        "run": "ended", "path": "formats/ended", "host": HOST, "revision": through, "time": found["ended"]["time"],
        "status": "finished", "exit_reason": None, "created_at": START + 100.5, "started_at": START + 100.5,
        "ended_at": START + 102.75, "alias": None, "tags": None, "group": None, "notes": None, "project": None,
        "writers": 1, "ranks": 1, "dropped": 0, "lost_bytes": 0, "config": {"lr": 0.5},
        "summary": said(ENDED, "summary"), "primary": ["accuracy", "max"],
        "metrics": {"accuracy": {"count": 4, "last": 0.5, "min": 0.25, "max": 0.75}},
    }  # fmt: skip
    assert found["live"]["config"] == {"lr": 0.1, "net.depth": 2, "rank 0": 0, "rank 1": 1}
    assert (found["by_hand"]["dropped"], found["by_hand"]["lost_bytes"]) == (12, 100)


def said(folder: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return found


def by_hand_records() -> list[journal.Record]:
    """The records of the run by hand; whether a heartbeat is among them depends on when it was made."""
    files = journal.journals(BY_HAND / "journal")[HOST]
    return [record for record in journal.read_host(files) if record.kind != journal.HEARTBEAT]


@pytest.mark.parametrize("folder", [ENDED, LONG, BY_HAND], ids=lambda folder: folder.name)
def test_fsck_finds_nothing_in_it(folder: Path) -> None:
    assert fsck.check(Look(folder)) == []
    assert runs.read_run(folder).problems == []
