"""Sealing: journals become segments and stay as long as somebody may need them; nothing is lost where a job fails."""

import itertools
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.clients import until
from tests.limits import quick_folder
from tests.programs import workers

from runid import events
from runid.jobs.pool import Pool
from runid.store import journal, points, sealing, segments
from runid.store.journal import Journal
from runid.store.seals import GRACE, MERGE_ABOVE, Done, Seals

HOST, OTHER = "node_a1b2c3d4", "node_0"
WRITER = b"w" * 16
EACH = 3  # points in a journal; before them one record says who the writer is


class Bench:
    """The ended journals of one run, and the jobs that wait until `work` does them: for real, but here."""

    def __init__(self, folder: Path) -> None:
        self.run = folder / "runs" / "p" / "r1"
        self.jobs: deque[tuple[dict[str, Any], Done]] = deque()
        for name in ("journal", "metrics"):
            (self.run / name).mkdir(parents=True)
        self.seals = self.new()
        self.steps = itertools.count()
        self.next = 1
        self.offset = 0

    def new(self) -> Seals:
        return Seals(self.run, HOST, lambda job, done: self.jobs.append((job, done)))

    def write(self) -> tuple[int, int, Path]:
        """A journal of one record that names the writer and EACH points."""
        made = Journal(self.run / "journal", HOST, self.next)
        made.append(journal.WRITER, WRITER, self.offset, msgpack.packb({"number": 1, "rank": 0}))
        for step in itertools.islice(self.steps, EACH):
            body = events.pack([events.POINTS, 1.0, step, None, {"loss": float(step)}])
            made.append(journal.BATCH, WRITER, self.offset, body)
            self.offset += len(body)
        made.close()
        lo, self.next = self.next, made.next
        return lo, self.next - 1, made.path

    def add(self, count: int = 1) -> None:
        for _ in range(count):
            self.seals.add(*self.write())

    def work(self) -> None:
        """Does the jobs that wait."""
        while self.jobs:
            job, done = self.jobs.popleft()
            done({"seal": sealing.seal, "merge": sealing.merge}[job["name"]](job), None)

    def reopen(self) -> int:
        """What a daemon that comes after a crash does; the jobs of the one before died with it."""
        self.jobs.clear()
        self.seals = self.new()
        found = self.journals()
        return self.seals.recover(found, 1 + max((record.number for record in journal.read_host(found)), default=0))

    def journals(self) -> list[tuple[int, Path]]:
        return journal.journals(self.run / "journal").get(HOST, [])

    def values(self) -> list[float]:
        """What a reader sees."""
        return sorted(points.points(self.run)["value"].to_pylist())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_journal_stays_until_all_of_it_stands_elsewhere_and_readers_had_their_time(bench: Bench) -> None:
    bench.add()
    assert bench.seals.open == 1
    bench.seals.tick(0.0)
    bench.seals.tick(0.0)
    assert len(bench.jobs) == 1, "asked for twice"
    bench.work()
    assert bench.seals.open == 0
    now = time.monotonic()
    assert not bench.seals.sweep(now + GRACE + 1), "its other files do not cover it yet"
    bench.seals.saved(1 + EACH)
    assert not bench.seals.sweep(now), "a reader may have listed it just now"
    assert len(bench.journals()) == 1
    assert bench.seals.sweep(now + GRACE + 1)
    assert bench.journals() == []
    assert bench.values() == [0.0, 1.0, 2.0]


def test_a_daemon_that_ends_sweeps_at_once_what_is_covered_and_nothing_else(bench: Bench) -> None:
    bench.add(2)
    bench.seals.tick(0.0)
    job, done = bench.jobs.popleft()
    done(sealing.seal(job), None)
    bench.seals.saved(2 * (1 + EACH))
    assert not bench.seals.sweep(0.0, force=True)
    assert [lo for lo, _ in bench.journals()] == [2 + EACH]
    assert bench.values() == [float(step) for step in range(2 * EACH)]


def test_a_job_that_fails_is_told_and_tried_again_later(bench: Bench) -> None:
    bench.add()
    bench.seals.tick(0.0)
    _, done = bench.jobs.popleft()
    now = time.monotonic()
    done(None, "the worker was killed twice")
    assert "could not be sealed and is kept: the worker was killed twice" in bench.seals.trouble
    assert bench.seals.open == 1
    bench.seals.tick(now)
    assert not bench.jobs, "tried again at once"
    bench.seals.tick(now + 60)
    bench.work()
    assert (bench.seals.open, bench.seals.trouble) == (0, "")
    assert bench.values() == [0.0, 1.0, 2.0]


def test_a_segment_that_cannot_get_its_name_is_made_again(bench: Bench) -> None:
    bench.add()
    bench.seals.tick(0.0)
    job, done = bench.jobs.popleft()
    made = sealing.seal(job)
    Path(made["tmp"]).unlink()  # as a recovery of the same run does
    done(made, None)
    assert bench.seals.open == 1
    bench.seals.tick(time.monotonic() + 60)
    bench.work()
    assert bench.values() == [0.0, 1.0, 2.0]


def test_a_journal_that_ends_too_early_is_kept(bench: Bench) -> None:
    lo, hi, path = bench.write()
    bench.seals.add(lo, hi + 1, path)
    bench.seals.tick(0.0)
    job, done = bench.jobs.popleft()
    with pytest.raises(Exception, match="It was not sealed and is kept as it is") as raised:
        sealing.seal(job)
    done(None, str(raised.value))
    bench.seals.saved(hi + 1)
    assert not bench.seals.sweep(time.monotonic() + 2 * GRACE, force=True)
    assert bench.values() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(("count", "after"), [(MERGE_ABOVE, MERGE_ABOVE), (MERGE_ABOVE + 1, 1), (3 * MERGE_ABOVE, 1)])
def test_many_segments_are_merged_once_at_the_end(bench: Bench, count: int, after: int) -> None:
    bench.add(count)
    while not bench.seals.settle():
        bench.work()
    found = segments.segments(bench.run / "metrics")
    assert len(found) == after
    assert (found[0].lo, found[-1].hi) == (1, count * (1 + EACH))
    assert bench.values() == [float(step) for step in range(count * EACH)]
    bench.seals.saved(bench.next - 1)
    now = time.monotonic()
    bench.seals.sweep(now)
    covered = segments.covered(bench.run / "metrics", HOST)
    assert len(covered) == (count if after == 1 else 0), "readers that listed these were given no time"
    assert bench.seals.sweep(now + GRACE + 1)
    assert segments.covered(bench.run / "metrics", HOST) == []
    assert bench.values() == [float(step) for step in range(count * EACH)]


def test_a_merge_that_fails_leaves_the_segments_and_ends_the_run_all_the_same(bench: Bench) -> None:
    bench.add(MERGE_ABOVE + 1)
    bench.seals.tick(0.0)
    bench.work()
    assert not bench.seals.settle()
    _, done = bench.jobs.popleft()
    done(None, "the worker was killed twice")
    assert bench.seals.settle()
    assert "could not be merged and stay as they are" in bench.seals.trouble
    assert bench.values() == [float(step) for step in range((MERGE_ABOVE + 1) * EACH)]


def test_other_hosts_segments_are_left_alone(bench: Bench) -> None:
    metrics = bench.run / "metrics"
    theirs = [segments.final(metrics, OTHER, 1, 9), segments.temporary(metrics, OTHER, 10, 19)]
    theirs.append(theirs[0].with_name(theirs[0].name + ".covered"))
    for path in theirs:
        path.write_bytes(b"theirs")
    bench.add(MERGE_ABOVE + 1)
    while not bench.seals.settle():
        bench.work()
    bench.seals.saved(bench.next)
    bench.reopen()
    bench.seals.saved(bench.next)
    bench.seals.sweep(time.monotonic() + 2 * GRACE, force=True)
    assert all(path.read_bytes() == b"theirs" for path in theirs)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["write", "seal", "drop", "save", "sweep", "merge", "crash"]), max_size=16))
def test_nothing_is_lost_or_doubled_wherever_the_daemon_dies(steps: list[str]) -> None:
    with quick_folder() as folder:
        bench = Bench(folder)
        written = 0
        for step in steps:
            written += EACH * (step == "write")
            _take(step, bench)
            assert bench.values() == [float(number) for number in range(written)]


def _take(step: str, bench: Bench) -> None:
    if step == "write":
        bench.add()
    elif step == "seal":
        bench.seals.tick(time.monotonic() + 60)
        bench.work()
    elif step == "drop":  # the worker has written its file, and the daemon dies before that has a name
        bench.seals.tick(time.monotonic() + 60)
        for job, _ in bench.jobs:
            sealing.seal(job)
        bench.reopen()
    elif step == "save":
        bench.seals.saved(bench.next - 1)
    elif step == "sweep":
        bench.seals.sweep(time.monotonic() + 2 * GRACE)
    elif step == "merge":
        bench.seals.settle()
        bench.work()
    else:
        assert bench.reopen() == bench.next


def test_recovery_takes_over_what_it_finds(bench: Bench) -> None:
    bench.add(3)
    bench.seals.tick(0.0)
    job, done = bench.jobs.popleft()
    done(sealing.seal(job), None)  # the first is sealed
    sealing.seal(bench.jobs.popleft()[0])  # the second was being: a temporary file is left
    left = list((bench.run / "metrics").glob(".*.tmp"))
    assert len(left) == 1
    empty = Journal(bench.run / "journal", HOST, bench.next)
    empty.close()
    assert bench.reopen() == bench.next
    assert not left[0].exists()
    assert not empty.path.exists(), "a journal of which nothing counts was kept"
    assert bench.seals.open == 2
    bench.seals.tick(0.0)
    bench.work()
    bench.seals.saved(bench.next - 1)
    assert bench.seals.sweep(0.0, force=True)
    assert bench.values() == [float(step) for step in range(3 * EACH)]


def test_what_a_journal_holds_behind_the_last_record_that_counts_is_not_sealed(bench: Bench) -> None:
    bench.write()
    Journal(bench.run / "journal", HOST, bench.next).close()  # a failed write began it: nothing in it counts either
    bench.seals = bench.new()
    assert bench.seals.recover(bench.journals(), following=3) == 3
    assert len(bench.journals()) == 1
    bench.seals.tick(0.0)
    bench.work()
    (found,) = segments.segments(bench.run / "metrics")
    assert (found.lo, found.hi) == (1, 2)


def test_numbers_go_on_behind_what_only_segments_hold(bench: Bench) -> None:
    bench.add()
    bench.seals.tick(0.0)
    bench.work()
    bench.seals.saved(1 + EACH)
    bench.seals.sweep(0.0, force=True)
    assert bench.reopen() == bench.next


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(lambda _: None)
    yield made
    made.stop()


def test_a_worker_that_dies_costs_nothing(bench: Bench, pool: Pool) -> None:
    answers: deque[tuple[Done, Any]] = deque()

    def submit(job: dict[str, Any], done: Done) -> None:
        pool.submit(job, lambda *answer: answers.append((done, answer)))

    bench.seals = Seals(bench.run, HOST, submit)
    for _ in range(2):
        bench.add()
        bench.seals.tick(0.0)
        done, answer = until(lambda: answers and answers.popleft(), "no answer came from the worker")
        done(*answer)
        for worker in workers():
            worker.kill()
            worker.wait()
    assert (bench.seals.open, bench.seals.trouble) == (0, "")
    assert bench.values() == [float(step) for step in range(2 * EACH)]
