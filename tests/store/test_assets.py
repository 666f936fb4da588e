"""Whatever is asked for, and whatever comes of it, a run can be folded, put down, published and read."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runicorn.cli.about import about
from runicorn.cli.show import _lines
from runid import cli, events, fsevents
from runid.alerts import Alerts
from runid.asks import Asks, Work
from runid.jobs import worker
from runid.jobs.pool import Again, Done
from runid.store import assets, files, journal, media, outputs, publishing, runs
from runid.store.fold import Fold
from runid.watches import Watches

WRITER = b"w" * 16
KINDS = [*assets.KINDS, *outputs.WATCHED, "dance"]
NAMES = st.text(st.characters(exclude_characters="/", codec="utf-8"), max_size=9)  # no path leads out of the test
SCALARS = (
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | NAMES
    | st.binary(max_size=3) | st.sampled_from(["a\0b", "/nowhere", "media/1_abcdef_key.png", "rolling", "1.side"])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=9,
)
LIMITS = {"max_archive_bytes": 9, "max_archive_files": 9, "save": True, "force_save": False, "must_exist": True}
SCAN = {
    "workspace_root": "/w", "output_dirs": ["out"], "patterns": ["*.pt", "ckpt/"], "mode": "rolling",
    "stable_required": 1, "min_age_sec": 0.0, "log_snapshot_interval_sec": 60.0, "state_gc_after_sec": 9.0,
    "keep_last": None, "keep_best": None, "max_bytes": None,
}  # fmt: skip
MEDIUM = {
    "key": "k", "step": 1, "stage": None, "index": 0, "file": "media/1_abcdef_key.bin", "caption": None,
    "format": "bin", "source": {"kind": "file"}, "fps": 24, "sample_rate": 8000,
}  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    **dict.fromkeys(media.KINDS, MEDIUM),
    "code": {"workspace_root": "/w", "force": False},
    "image": {
        "key": "k", "step": 1, "file": "media/1_abcdef_key.png", "caption": None, "format": "png", "quality": 90,
        "source": {"kind": "array", "dtype": "|u1", "layout": "HW", "shape": [2, 2]},
    },
    "dataset": {"name": "d", "context": "train", "uri": "d", "description": None, "path": "d", **LIMITS},
    "pretrained": {"name": "d", "source_type": "hub", "path_or_uri": "d", "description": None, "path": "d", **LIMITS},
    "alert": {"title": "t", "text": None, "level": "warn", "step": 1, "webhooks": 0},
    "scan": SCAN,
    "watch": SCAN | {"interval_sec": 10.0},
    "unwatch": {"watch": f"{0:016x}"},
    "dance": {},
}  # fmt: skip
"""What the SDK asks for."""

FIELDS = sorted(
    {field for good in GOOD.values() for field in good} | {"side", "size", "kind", "time", "writer", "progress", "id"}
)
WRONG = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=2)
ASKS = st.tuples(st.sampled_from(KINDS), WRONG).map(lambda ask: (ask[0], GOOD[ask[0]] | ask[1]))

DONE: dict[str, dict[str, Any]] = {
    "code": {"saved": False, "workspace_root": "/w", "reason": "none"},
    **{key: {"width": 2, "value": {"counts": [1]}, "else": 3} for key in media.KINDS},
    "dataset": {"saved": False, "fingerprint": None},
    "pretrained": {"saved": True, "fingerprint": "ab", "archive_path": "archive/blobs/ab/ab", "file_count": 1},
    "alert": {"sent": False, "again": False, "why": "404", "wait": None},
    "scan": {
        "scanned": 1, "archived_entries": [], "failed": [], "mended": [], "removed": [], "state": b"", "more": False,
    },
}  # fmt: skip


class Host:
    """A fold, all that looks after what is asked for, and workers that do nothing."""

    def __init__(self, root: Path, fates: Iterator[str]) -> None:
        folder = root / "runs" / "p" / "r1"
        self.fold = Fold("one")
        self.fates = fates
        self.jobs: list[tuple[dict[str, Any], Done]] = []
        self.asks = Asks(root, folder, "one", self.submit)
        self.alerts = Alerts("p", "r1", self.submit)
        self.watches = Watches(root, folder, "one", self.submit)
        self.apply(journal.WRITER, msgpack.packb({"number": 1, "rank": 0}))

    def apply(self, kind: int, body: bytes) -> None:
        self.fold.apply(journal.Record(self.fold.through + 1, self.fold.offset(WRITER), WRITER, kind, body))

    def submit(self, job: dict[str, Any], done: Done, told: object = None) -> None:  # noqa: ARG002  they tell nothing
        self.jobs.append((msgpack.unpackb(msgpack.packb(job)), done))

    def record(self, work: Work) -> None:
        self.apply(journal.WORK, msgpack.packb(work))

    def tick(self, now: float) -> None:
        self.asks.bring(self.fold, self.record)
        for part in (self.asks, self.alerts, self.watches):
            part.tick(self.fold, self.record, now)
        jobs, self.jobs = self.jobs, []
        for job, done in jobs:
            fate = next(self.fates, "done")
            if fate == "done":
                done(DONE[job["name"]], None)
            else:
                done(None, Again("full") if fate == "again" else "broken")


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """Nothing is watched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            fsevents, "FOLDERS", type("Nothing", (), dict.fromkeys(("watch", "unwatch", "take"), lambda *_: False))
        )
        yield


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("root")
    (made / "runs" / "p" / "r1").mkdir(parents=True)
    (made / "empty").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made / "empty")
        yield made


def is_read(host: Host, folder: Path) -> None:
    """The run can be shown, and said of it is what is said when its fold was put down and taken up."""
    told = about(runs.Run(folder, [host.fold]))
    assert _lines(told)
    json.dumps([cli._work(work) for work in host.asks.status(host.fold)])
    objects, logs, scans = (host.fold.pending["objects"], host.fold.pending["logs"], host.fold.scans)
    saved = json.loads(files.dumps(host.fold.saved()).encode(errors="replace"))
    host.fold = Fold.of("one", saved)
    host.fold.pending = {"objects": objects, "logs": logs}
    host.fold.scans = scans
    assert publishing.published(runs.Run(folder, [host.fold])).keys() >= {"meta.json", "assets.json", "status.json"}


@settings(max_examples=50)
@given(st.lists(ASKS, max_size=8), st.lists(st.sampled_from(["done", "broken", "again"]), max_size=20))
def test_nothing_that_is_asked_for_stops_a_run(
    root: Path, asked: list[tuple[str, dict[str, Any]]], fates: list[str]
) -> None:
    host, folder = Host(root, iter(fates)), root / "runs" / "p" / "r1"
    for number, (kind, what) in enumerate(asked):
        body = events.pack([events.ASK, 5.0, f"{number:016x}", kind, what])
        events.unpack(body)
        host.apply(journal.BATCH, body)
        host.tick(1000.0 * number)
        is_read(host, folder)
    host.apply(journal.BATCH, events.pack([events.FINISH, 9.0, "finished", None]))
    host.asks.give_up(host.fold, WRITER.hex(), host.record)
    for round_ in range(10 + len(fates)):
        host.tick(1e6 * (round_ + 1))
        is_read(host, folder)
    assert host.fold.asked == {}, "it is pending for ever"
    assert not list((root / "runs").rglob("*.side"))


ALERT = dict.fromkeys(("rank", "step", "level", "title", "text", "webhooks", "delivered", "problem")) | {
    "id": "a",
    "time": 5.0,
}


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("assets", {"datasets": [{"kind": "dance", "time": "now"}], "pretrained": [{"time": []}, {"name": 5}]}),
        ("assets", {"code": {"snapshot": {"created_at": "yesterday"}}}),
        ("alerts", {"alerts": [ALERT, ALERT | {"id": "b", "time": "now"}]}),
        ("summary", {"best_metric_name": "loss", "best_metric_mode": "min", "best_metric_value": "low"}),
    ],
)
def test_what_somebody_wrote_into_published_files_stops_no_reader_of_a_damaged_run(
    tmp_path: Path, file: str, told: dict[str, Any]
) -> None:
    (tmp_path / "writers").mkdir()
    (tmp_path / "writers" / "one.json").write_text("{")
    (tmp_path / f"{file}.json").write_text(json.dumps(told))
    run = runs.read_run(tmp_path)
    assert publishing.published(run)
    assert _lines(about(run))


@settings(max_examples=50)
@given(ASKS.filter(lambda ask: ask[0] in worker._JOBS or ask[0] == "watch"))
def test_whatever_a_job_is_about_its_worker_lives_and_says_what_can_be_recorded(
    root: Path, asked: tuple[str, dict[str, Any]]
) -> None:
    kind, what = asked
    folder = root / "runs" / "p" / "r1"
    job: dict[str, Any] = {"id": f"{0:016x}", "root": str(root), "run_dir": str(folder), "host": "one"}
    if kind in outputs.WATCHED:
        more: dict[str, Any] = dict.fromkeys(("metric", "killed", "state")) | {"final": True, "counts": True}
        job = what | job | more | {"name": "scan", "entries": []}
    elif kind == "alert":
        job |= {"name": kind, "url": "nowhere", "alert": what}
    else:
        front = {"kind": kind, "time": 5.0, "rank": 0, "writer": WRITER.hex()}
        job |= {"name": kind, "ask": what | front}
    answer = worker._do(msgpack.unpackb(msgpack.packb(job)), lambda progress: msgpack.packb(progress) and None)
    said = msgpack.unpackb(msgpack.packb(answer))
    assert isinstance(said.get("result"), dict) or isinstance(said["error"], str)
