"""Makes the frozen examples of all formats anew, through the real SDK and a real daemon:

    scripts/install && .venv/bin/python tests/formats/make.py

    v1/root                        a root, copied while a run is being written:
        formats/live               two ranks that log, and one that was killed before; sealed and live points
        formats/ended              a run that has ended
        formats/long               a run with so many points that there are cells for charts
        formats/media              a run that has logged media
        formats/by_hand            what no SDK says every day: lost and unknown things
    v1/conversations/<name>.jsonl  what was said on the wire, one message a line: {"by": "client" or "daemon",
                                   "frames": [hex]}; sdk: formats/ended; by_hand: formats/by_hand; edits: what
                                   people change of formats/long, and a view; stop: a goodbye

Times of events and names of machine and host are made up, so that tests can check every value: tests/formats/test_*.py.
"""

from __future__ import annotations

import contextlib
import inspect
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).parents[2]))

import pytest
from tests import conftest
from tests.clients import Client, Writer, until, writer
from tests.conftest import Daemon, Home

from runid import endpoint, events, places, wire
from runid.store import journal, runs

FOLDER = Path(__file__).parent / "v1"
HOST = "node7_f801c8db"
NOON = 1_800_000_000.0
SCAN = "5ca0" * 4
_NOWHERE: dict[str, Any] = {
    "workspace_root": "/digits", "output_dirs": ["/digits/nowhere"], "patterns": ["*.pt"], "mode": "rolling",
    "stable_required": 1, "min_age_sec": 0.0, "log_snapshot_interval_sec": 60.0, "state_gc_after_sec": 3600.0,
    "keep_last": None, "keep_best": None, "max_bytes": None,
}  # fmt: skip
_ELSEWHERE: dict[str, Any] = {
    "name": "squad", "context": "train", "uri": "hf://rajpurkar/squad", "description": None, "path": None,
    "must_exist": False, "save": False, "force_save": False, "max_archive_bytes": 1 << 30, "max_archive_files": 1000,
}  # fmt: skip
_HOT: dict[str, Any] = {"title": "hot", "text": None, "level": "warn", "step": 3, "webhooks": 0}
EVENTS: list[events.Event] = [
    [events.START, NOON, {"created_at": NOON, "alias": None, "python": "3.11.7"}],
    [events.META, NOON + 1, {"tags": ["by hand"], "notes": "nötig"}],
    [events.CONFIG, NOON + 2, {"lr": 0.1, "layers": [64, 32]}],
    [events.PRIMARY, NOON + 3, "loss", "min"],
    [events.POINTS, NOON + 4, 1, None, {"loss": 2, "none of these": "text"}],
    [events.POINTS, NOON + 5.000001, -7, "eval", {"loss": 0.5, "µ": float("nan")}],
    [events.POINTS, NOON + 6, (1 << 63) - 1, "train", {"loss": float("-inf"), "µ": 1e-300}, "an item of the future"],
    [events.TEXT, NOON + 7, "INFO", "a line\n\nand another one"],
    [events.SUMMARY, NOON + 8, {"final": float("inf"), "nested": {"a": [None, True]}}],
    [events.OBJECT, NOON + 9, 3, "train", "sample", {"text": "✓", "value": float("nan")}],
    [events.DROPPED, NOON + 10, 12],
    [events.PART, NOON + 10.25, "args", ["never there"], {"lr": 0.2, "epochs": 3}],
    [events.PART, NOON + 10.375, "config_files", [], {"a.yaml": None, "unread": None}],
    [events.PART, NOON + 10.5, "config_files", [], {"a.yaml": "a: ✓\n", "not listed": "x"}],
    [events.PART, NOON + 10.625, "a part of the future", [], {"with": "a map"}],
    [events.ENVIRONMENT, NOON + 10.75, {"python_version": "3.11.7", "pip_packages": {"numpy": "2.4.6"}}],
    [events.ASK, NOON + 10.8, SCAN, "scan", _NOWHERE],
    [events.ASK, NOON + 10.85, "da7a" * 4, "dataset", _ELSEWHERE],
    [
        events.ASK,
        NOON + 10.9,
        "a1e7" * 4,
        "alert",
        {"title": "hot", "text": None, "level": "warn", "step": 3, "webhooks": 0},
    ],
    [events.ASK, NOON + 10.95, "f070" * 4, "a kind of the future", {"with": "a map"}],
    [99, NOON + 11, "a kind of the future", {"with": "a map"}],
    [events.FINISH, NOON + 12, "failed", "failed by hand"],
]

M = TypeVar("M", bound=wire.Message)

PRELUDE = """
import itertools, json, math, os, sys, types
import runicorn as rn
import runicorn.run as inside
from runicorn.verbs import log, media
from runid import wire

def tell_time_from(start, step=0.25):
    ticks = itertools.count()
    inside._time = log._time = lambda: start + step * next(ticks)
    media.time = types.SimpleNamespace(time=inside._time)

os.uname = lambda: os.uname_result(("Linux", "node7", "6.12", "", "x86_64"))
process = {"python": "3.11.7", "platform": "Linux", "hostname": "node7", "pid": 4000}
inside._process = lambda: {"created_at": inside._time()} | process
"""

LIVE = """
rank = int(os.environ["RANK"])
restarts = int(os.environ["TORCHELASTIC_RESTART_COUNT"])
tell_time_from(1_800_000_000.0 + 1000 * restarts)
run = rn.init(
    "formats/live", run_id="live", alias="zwei Ränge", config={"lr": 0.1, "net": {"depth": 2}, f"rank {rank}": rank},
    tags=["frozen", "two ranks"], notes="made by tests/formats/make.py", group="formats", workspace_root="/digits",
)
run.set_primary_metric("loss", "min")
if rank == 1 and restarts == 0:
    run.log({"loss": 9.0}, step=1, stage="warmup")
    print(run.flush(30.0), flush=True)
    sys.stdin.read()
run.log_text(f"hello from rank {rank}\\n\\nand an empty line before this one")
for step in range(1, 101):
    run.log({"loss": rank + 1 / step, "val/accuracy": step / 100}, step=step, stage="warmup" if step <= 10 else "train")
run.log({"note": "a text", "matrix": [[1, 2.5], [None, math.inf]]}, step=100)
print(run.flush(30.0), flush=True)

sys.stdin.readline()
for value in (math.nan, math.inf, -math.inf):
    run.log({"loss": value, "lr": 0.1}, step=101, stage="train")
run.log({"loss": 0.25 + rank}, step=50, stage="eval")
run.summary({"of rank": rank, "bad": math.nan})
run.log_text("to the journal's end: ✓")
print(run.flush(30.0), flush=True)
sys.stdin.read()
"""

ENDED = """
said, encode, decode = [], wire.encode, wire.decode

def note(by, frames):
    said.append({"by": by, "frames": [frame.hex() for frame in frames]})

def encode_noted(message):
    frames = encode(message)
    note("client", frames)
    return frames

def decode_noted(frames):
    note("daemon", frames)
    return decode(frames)

wire.encode, wire.decode = encode_noted, decode_noted
tell_time_from(1_800_000_100.0)
run = rn.init("formats/ended", run_id="ended", config={"lr": 0.5}, workspace_root="/digits")
run.set_primary_metric("accuracy")
for step in range(1, 4):
    run.log({"accuracy": step / 4}, step=step)
run.flush(30.0)
run.log({"accuracy": 0.5}, step=4, stage="eval")
run.log_text("done")
run.summary({"final": 0.5})
run.finish()
print(json.dumps(said))
"""

LONG = """
tell_time_from(1_800_000_200.0)
run = rn.init("formats/long", run_id="long", workspace_root="/digits")
for step in range(0, 3300, 3):
    run.log({"wave": (step * 7919) % 1000 / 8 if step != 900 else math.nan}, step=step)
run.finish()
"""

MEDIA = """
import numpy as np
from matplotlib.figure import Figure
from runicorn.media import markdown, trace

tell_time_from(1_800_000_300.0)
run = rn.init("formats/media", run_id="media", workspace_root="/digits")
run.log({"pages": [rn.Html("<p>✓</p>\\r\\n", caption="erste"), rn.Html("<p>zwei</p>")]}, step=1, stage="eval")
run.log({"text": rn.Markdown("# ✓"), "chat": rn.Trace([{"role": "user", "content": "✓"}], {"n": 1})}, step=2)
run.log_rollout("2 + 2?", [{"role": "assistant", "content": "4"}], {"right": 1.0, "brief": math.nan}, advantage=0.5)
dots = np.array([[0.1, -2.5, 3e38, 255, 0, 7]])
run.log({"dots": [rn.Object3D(one) for one in (dots, dots.astype("f4"), dots[:, :4], dots[:, :3])]})
figure = Figure(figsize=(0.2, 0.1), dpi=20)
figure.set_facecolor("red")
frames = np.arange(2 * 3 * 4 * 6, dtype=np.uint8).reshape(2, 3, 4, 6)
run.log({"figure": figure, "image": rn.Image(frames[0, 0]), "broken": rn.Image(b"no image")})
run.log({"video": rn.Video(frames, fps=10), "audio": rn.Audio(np.arange(-4, 4, dtype=np.int16), sample_rate=8000)})
run.log({"table": rn.Table(["text", "number", "page"], [["✓", 1.5, rn.Html("<p>cell")], [None, math.nan, None]])})
run.log({"counts": rn.Histogram(np_histogram=([1, 2], [0.0, 0.5, 2.0])), "counted": rn.Histogram(np.arange(10_001))})
markdown._INLINE, trace.pieces = 0, types.SimpleNamespace(ROOM=0)  # so that small ones have files
run.log({"text": rn.Markdown("# ✓"), "chat": rn.Trace([{"role": "user", "content": "✓"}], {"n": 1})})
run.finish()
"""


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "conversations").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch, at_home(patch) as home:
        keep("sdk", json.loads(finished(python(ENDED))))
        finished(python(LONG))
        finished(python(MEDIA))
        with writer(home.root, "formats/by_hand", "by_hand", hostname="node7", started=NOON) as by_hand:
            keep("by_hand", by_hand_says(by_hand))
        until(lambda: not Daemon().status()["runs"], "not all was sealed")
        keep("edits", edits_said(home.root))
        with live(home):
            shutil.copytree(home.root, FOLDER / "root")
        with writer(home.root, "formats/stop", "stop") as stopped:
            keep("stop", stop(stopped))
    check()
    print(f"{FOLDER}: {sum(path.stat().st_size for path in FOLDER.rglob('*') if path.is_file()):,} bytes")


@contextlib.contextmanager
def at_home(patch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home with a daemon that seals early, and that takes this for its host and zone."""
    with contextlib.contextmanager(inspect.unwrap(conftest.home))(patch) as home:
        for name, value in {
            "RUNID_JOURNAL_BYTES": "6000",
            "TZ": "UTC",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }.items():
            patch.setenv(name, value)
        lineage = {"host": HOST, "boot": places.boot_id()}
        (places.runtime_dir() / "lineage.json").write_text(json.dumps(lineage))
        Daemon().start()
        yield home


@contextlib.contextmanager
def live(home: Home) -> Iterator[None]:
    """The run of two ranks, while they log: with points in segments and in the journal, and text in no file yet."""
    folder = home.root / "runs" / "formats" / "live" / "live"
    dead = rank(1, restarts=0)
    assert answer(dead) == "True"
    dead.kill()
    until(lambda: [writer["status"] for writer in runs.read_run(folder).writers] == ["crashed"], "nobody crashed")
    finished(dead)
    ranks = []
    for number in range(2):
        ranks.append(rank(number, restarts=1))
        assert answer(ranks[-1]) == "True"
    until(lambda: list(folder.glob("metrics/*.parquet")) and not tail(folder), "nothing was sealed")
    for one in ranks:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
        assert answer(one) == "True"
    yield
    for one in ranks:
        finished(one)


def tail(folder: Path) -> list[int]:
    """The numbers of the records that the run's other files do not tell of yet."""
    saved = runs.saved_fold(folder, HOST)
    files = journal.journals(folder / "journal").get(HOST, [])
    return [record.number for record in journal.read_host(files, saved.through + 1)]


def rank(number: int, restarts: int) -> subprocess.Popen[str]:
    job = {"TORCHELASTIC_RUN_ID": "none", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500", "WORLD_SIZE": "2"}
    return python(LIVE, RANK=str(number), TORCHELASTIC_RESTART_COUNT=str(restarts), **job)


def python(program: str, **environ: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PRELUDE + program]
    return subprocess.Popen(command, env=os.environ | environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def finished(process: subprocess.Popen[str]) -> str:
    """What is left of what it prints, once its stdin is closed and it has ended."""
    return process.communicate(timeout=60.0)[0]


class Noted(Client):
    """A client whose conversation is noted."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.said: list[dict[str, Any]] = []

    def say(self, *messages: wire.Message) -> None:
        for message in messages:
            self.said.append({"by": "client", "frames": [frame.hex() for frame in wire.encode(message)]})
        super().say(*messages)

    def hear(self, kind: type[M]) -> M:
        message = super().hear(kind)
        self.said.append({"by": "daemon", "frames": [frame.hex() for frame in wire.encode(message)]})
        return message


def noted() -> Noted:
    found = endpoint.find(places.runtime_dir())
    assert found is not None
    return Noted(found.endpoint)


def by_hand_says(by_hand: Writer) -> list[dict[str, Any]]:
    """A stream whose first 100 bytes are lost, with events of all kinds, and what the daemon refuses."""
    client = noted()
    client.ask(wire.Status(), wire.Report)
    client.ask(by_hand.hello(protocol=99), wire.Refused)
    client.ask(wire.Find(str(by_hand.info["root"]), "formats/by_hand", "nothing"), wire.Found)
    session = client.ask(by_hand.hello(oldest=100), wire.Welcome).session
    client.ask(wire.Batch(session + 1, 100, b""), wire.Again)
    body = by_hand.put(*EVENTS)
    client.ask(wire.Batch(session, 100, body), wire.Ack)
    while client.ask(wire.Where(session, sync=True), wire.Ack).safe < 100 + len(body):
        pass
    folder = Path(str(by_hand.info["root"])) / "runs" / "formats" / "by_hand" / "by_hand"
    until(lambda: not runs.read_fold(folder, HOST).asked, "not all that was asked for is done")
    client.ask(wire.Asked(session, SCAN), wire.Answer)
    client.ask(wire.Batch(session, 10_000, b""), wire.Again)
    client.close()
    return client.said


def edits_said(root: Path) -> list[dict[str, Any]]:
    """What people change, and what the daemon refuses."""
    client = noted()
    over = {"root": str(root), "path": "formats/long", "run_id": "long"}
    client.ask(
        wire.Edit(**over, changes={"notes": "edited ✓", "tags": ["best"], "flags": ["0.0.node7"], "trashed_at": None}),
        wire.Edited,
    )
    client.ask(wire.Edit(**over, changes={"status": "finished"}), wire.Refused)
    client.ask(wire.Save(str(root), "all ✓", "sort=-loss"), wire.Edited)
    client.close()
    return client.said


def stop(stopped: Writer) -> list[dict[str, Any]]:
    """The daemon is told to stop."""
    client = noted()
    client.ask(stopped.hello(), wire.Welcome)
    client.ask(wire.Stop(), wire.Goodbye)
    client.close()
    return client.said


def keep(name: str, said: list[dict[str, Any]]) -> None:
    lines = [json.dumps(line) + "\n" for line in said]
    (FOLDER / "conversations" / f"{name}.jsonl").write_text("".join(lines))


def check() -> None:
    """What was copied shows what it is there for."""
    folder = FOLDER / "root" / "runs" / "formats" / "live" / "live"
    assert tail(folder), "All that was logged was written down before the copy was made. Try again."
    assert list(folder.glob("metrics/*.parquet")), "Nothing was sealed before the copy was made. Try again."
    long = FOLDER / "root" / "runs" / "formats" / "long" / "long"
    assert len(list(long.glob("pyramid/*.parquet"))) == 1, "The long run has not one segment with its cells. Try again."


if __name__ == "__main__":
    main()
