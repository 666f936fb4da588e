"""The harness counts right, and its kills happen where they are aimed: else a row without losses would mean nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Daemon, Home
from tests.programs import wait

import runicorn as rn
from harness import points, trainer
from harness.count_files import FilesCount
from harness.counters import DATASETS, IMAGES, OUTPUTS, POINTS, TEXT, VIDEOS, Counters
from harness.counting import Verdict, judge
from harness.points import TRAINER, Place, Plan
from harness.processes import PLAN
from runid.store import runs

SCRIPTS = Path(__file__).parents[2] / "scripts"

PUTS_FOR_EVER = """
import os, sys
from pathlib import Path
from harness.counters import POINTS, Counters
from runid.outbox import Outbox

counters = Counters(Path(sys.argv[1]))
outbox = Outbox({"writer": os.urandom(16), "root": "/", "path": "p", "run_id": "r"})
while True:
    with counters.counting(POINTS) as number:
        outbox.put([1, 0.0, number, None, {"loss": number}])
"""


@given(st.integers(0, 50), st.integers(0, 1))
def test_all_that_returned_is_kept(returned: int, in_flight: int) -> None:
    attempted = returned + in_flight
    everything = list(range(1, attempted + 1))
    assert judge(everything, attempted, returned) == Verdict(attempted, 0, 0, 0)
    assert judge(everything[:returned], attempted, returned) == Verdict(returned, 0, 0, 0)


@given(st.integers(1, 50), st.data())
def test_each_event_that_is_missing_twice_there_or_nobodys_is_counted(returned: int, data: st.DataObject) -> None:
    numbers = list(range(1, returned + 1))
    missing = data.draw(st.sets(st.sampled_from(numbers)))
    twice = data.draw(st.sets(st.sampled_from(numbers))) - missing
    strangers = data.draw(st.sets(st.integers(returned + 1, returned + 9) | st.integers(-9, 0)))
    found = [*(set(numbers) - missing), *twice, *strangers]
    expected = Verdict(returned - len(missing) + len(strangers), len(missing), len(twice), len(strangers))
    assert judge(found, returned, returned) == expected
    assert expected.good == (not missing and not twice and not strangers)


def test_counters_outlive_their_process_and_tell_what_was_in_flight(tmp_path: Path) -> None:
    counters = Counters(tmp_path / "counters")
    for _ in range(3):
        with counters.counting(POINTS):
            pass
    with suppress(KeyboardInterrupt), counters.counting(POINTS):
        raise KeyboardInterrupt
    again = Counters(tmp_path / "counters")
    assert (again.attempted(POINTS), again.returned(POINTS), again.attempted(TEXT)) == (4, 3, 0)


def test_a_file_counts_where_it_is_whole(home: Home, daemon: Daemon) -> None:
    counters, complaints = Counters(home.folder / "counters"), list[str]()
    assert daemon.pid
    with rn.init("p") as run:
        trainer.watch(run, home.folder / "files" / "outputs")
        for step in range(1, 2001):
            trainer.keep(run, 3, counters, step, home.folder / "files")

    def found() -> list[list[int]]:
        complaints.clear()
        count = FilesCount(runs.read_run(run.run_dir), complaints)
        return [sorted(numbers[3]) for numbers in (count.images(), count.videos(), count.datasets(), count.outputs())]

    every = [list(range(1, 1 + counters.returned(kind))) for kind in (IMAGES, VIDEOS, DATASETS, OUTPUTS)]
    assert [len(numbers) for numbers in every] == [5, 2, 1, 3]
    wait(lambda: found() == every and not complaints, "not all is whole")
    image, other, *_ = run.run_dir.glob("media/*.png")
    kept = [
        image,
        *run.run_dir.glob("media/*.gif"),
        *home.root.glob("archive/blobs/*/*"),
        *home.root.glob("archive/outputs/versions/**/*.ckpt"),
    ]
    for path in kept:
        path.chmod(0o600)
        whole = path.read_bytes()
        middle = len(whole) // 2
        for damaged in (bytes([whole[0] ^ 1]) + whole[1:], whole[:middle], b"", other.read_bytes()):
            path.write_bytes(damaged)
            assert sum(map(len, found())) == 10, path
            assert len(complaints) == 1, complaints
        path.unlink()
        assert sum(map(len, found())) == 10, path
        path.write_bytes(whole)
    for folder in (image.parent, kept[-1].parent):
        (folder / "stranger").touch()
        assert found() == every
        assert complaints == [f"{folder / 'stranger'} is left over"]
        (folder / "stranger").unlink()


@pytest.mark.parametrize(("call", "fraction"), [(1, 0.0), (7, 0.5), (7, 0.99)])
def test_a_plan_kills_in_the_call_it_names(tmp_path: Path, call: int, fraction: float) -> None:
    victim = Counters(tmp_path / "counters")
    place = next(place for place in points.PLACES if place.function == "Outbox.put")
    victims: list[str | int] = [str(victim.path)]
    plan = Plan(place, call, fraction, victims, str(tmp_path / "hit"), str(tmp_path / "endpoint.json"), armed=True)
    plan.write(tmp_path / "plan.json")
    process = _put_for_ever(tmp_path)
    victim.pid = process.pid
    assert process.wait(timeout=20) == -signal.SIGKILL
    assert victim.attempted(POINTS) == call
    assert (tmp_path / "hit").read_text().startswith(("outbox.py:", "behind"))


def test_no_plan_kills_before_it_is_armed(tmp_path: Path) -> None:
    place = Place("publish", TRAINER, "runid.outbox", "Outbox.put", hot=True)
    victim = Counters(tmp_path / "counters")
    plan = Plan(place, 1, 0.0, [str(victim.path)], str(tmp_path / "hit"), str(tmp_path / "endpoint"), armed=False)
    plan.write(tmp_path / "plan.json")
    process = _put_for_ever(tmp_path)
    try:
        while victim.returned(POINTS) < 1000:
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    assert not (tmp_path / "hit").exists()


def test_every_named_point_exists() -> None:
    points.check()


def _put_for_ever(folder: Path) -> subprocess.Popen[bytes]:
    paths = [str(SCRIPTS / "harness" / "killpoints"), str(SCRIPTS), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        PLAN: str(folder / "plan.json"),
        "RUNICORN_OUTBOX": str(folder / "outbox"),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    return subprocess.Popen([sys.executable, "-c", PUTS_FOR_EVER, str(folder / "counters")], env=environment)
