"""Reading points: each acknowledged one once, wherever it is, also while it is on its way."""

import threading
from pathlib import Path
from typing import Any

import msgpack
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from runid import events
from runid.errors import FormatError
from runid.store import journal, reader, sealing, segments
from runid.store.journal import Journal
from runid.store.points import points

WRITER = b"w" * 16
HOST = "node-7-a1b2c3"


def logged(step: int, value: float | None = None, metric: str = "loss") -> bytes:
    return events.pack([events.POINTS, 1.5e9 + step, step, None, {metric: float(step) if value is None else value}])


def begin(run: Path, lo: int, host: str = HOST, number: int = 1, rank: int = 0) -> Journal:
    """A new journal that knows the writer: its first batch is record lo + 1."""
    for name in ("journal", "metrics"):
        (run / name).mkdir(exist_ok=True)
    new = Journal(run / "journal", host, lo)
    new.append(journal.WRITER, WRITER, 0, msgpack.packb({"number": number, "rank": rank}))
    return new


def keep(run: Path, steps: range, lo: int = 1, **who: Any) -> Journal:
    """A journal with one batch per step."""
    new = begin(run, lo, **who)
    for step in steps:
        new.append(journal.BATCH, WRITER, 0, logged(step))
    new.close()
    return new


def seal(run: Path, path: Path, lo: int, hi: int, host: str = HOST) -> Path:
    """Makes and commits a segment."""
    job = {"name": "seal", "journal": str(path), "folder": str(run / "metrics"), "run_id": "r", "host": host}
    result = sealing.seal(job | {"lo": lo, "hi": hi})
    segments.commit(Path(result["tmp"]), run / "metrics", host, lo, hi)
    return segments.final(run / "metrics", host, lo, hi)


def steps(run: Path, metric: str | None = None) -> list[int]:
    found: list[int] = points(run, metric)["step"].to_pylist()
    return found


def test_a_run_without_points_is_an_empty_table(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        table = points(folder)
        assert table.num_rows == 0
        assert table.column_names == ["metric", "stage", "rank", "writer", "step", "time", "value"]


def test_points_come_from_the_journal_before_and_from_the_segment_after_sealing(tmp_path: Path) -> None:
    kept = keep(tmp_path, range(10))
    before = points(tmp_path)
    assert before["step"].to_pylist() == list(range(10))
    seal(tmp_path, kept.path, 1, kept.next - 1)
    assert points(tmp_path).equals(before)
    kept.path.unlink()
    assert points(tmp_path).equals(before)


def test_a_journal_that_is_sealed_in_part_gives_the_rest(tmp_path: Path) -> None:
    kept = keep(tmp_path, range(10))
    seal(tmp_path, kept.path, 1, 4)
    assert steps(tmp_path) == list(range(10))
    seal(tmp_path, kept.path, 7, 8)
    assert steps(tmp_path) == list(range(10))


def test_what_stands_behind_the_next_journals_first_record_does_not_count(tmp_path: Path) -> None:
    # Records 7 … 11 of the first were never acknowledged: the second holds them again, in other batches.
    first = keep(tmp_path, range(10))
    second = begin(tmp_path, 7)
    second.append(journal.BATCH, WRITER, 0, b"".join(map(logged, range(5, 12))))
    second.close()
    assert steps(tmp_path) == list(range(12))
    seal(tmp_path, second.path, 7, 8)
    assert steps(tmp_path) == list(range(12))
    seal(tmp_path, first.path, 1, 6)
    assert steps(tmp_path) == list(range(12))


def test_a_journal_that_begins_while_the_folders_are_listed_is_not_overlooked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(tmp_path, range(10))

    def seal_then_list(folder: Path) -> list[segments.Segment]:
        # Between the two listings: records 7 … of the first journal give way to the second's, which is sealed.
        monkeypatch.undo()
        second = begin(tmp_path, 7)
        second.append(journal.BATCH, WRITER, 0, b"".join(map(logged, range(5, 12))))
        second.close()
        seal(tmp_path, second.path, 7, 8)
        return segments.segments(folder)

    monkeypatch.setattr(reader, "segments", seal_then_list)
    assert steps(tmp_path) == list(range(12))


def test_hosts_have_records_of_their_own(tmp_path: Path) -> None:
    here = keep(tmp_path, range(6), host="here", number=1, rank=0)
    keep(tmp_path, range(4), host="there", number=2, rank=1)
    seal(tmp_path, here.path, 1, here.next - 1, host="here")
    table = points(tmp_path)
    assert list(zip(table["rank"].to_pylist(), table["step"].to_pylist(), strict=True)) == [
        *((0, step) for step in range(6)),
        *((1, step) for step in range(4)),
    ]


def test_one_metric_of_many(tmp_path: Path) -> None:
    new = begin(tmp_path, 1)
    for metric in "abc":
        new.append(journal.BATCH, WRITER, 0, b"".join(logged(step, metric=metric) for step in range(5)))
    seal(tmp_path, new.path, 1, 4)
    for metric in "bcd":
        new.append(journal.BATCH, WRITER, 0, b"".join(logged(step, metric=metric) for step in range(5, 8)))
    new.close()
    assert steps(tmp_path, "a") == list(range(5))
    assert steps(tmp_path, "b") == list(range(8))
    assert steps(tmp_path, "d") == [5, 6, 7]
    assert steps(tmp_path, "e") == []
    assert set(points(tmp_path, "c")["metric"].to_pylist()) == {"c"}


def test_at_one_step_the_order_of_logging_counts_across_files(tmp_path: Path) -> None:
    new = begin(tmp_path, 1)
    for value in (3.0, 1.0, 2.0):
        new.append(journal.BATCH, WRITER, 0, logged(7, value))
    seal(tmp_path, new.path, 1, 3)
    new.close()
    assert points(tmp_path)["value"].to_pylist() == [3.0, 1.0, 2.0]


def test_the_table_can_be_worked_with(tmp_path: Path) -> None:
    keep(tmp_path, range(10))
    table = points(tmp_path)
    late = table.filter((pc.field("metric") == "loss") & (pc.field("step") > 6))
    assert late["value"].to_pylist() == [7.0, 8.0, 9.0]
    assert table["time"][1].as_py().timestamp() == 1.5e9 + 1
    assert table.schema.field("time").type == pa.timestamp("us", "UTC")


def test_a_reader_sees_every_point_once_while_journals_are_sealed_merged_and_removed(tmp_path: Path) -> None:
    # Harsher than a keeper: no grace time at all.
    acknowledged = 0

    def write() -> None:
        nonlocal acknowledged
        lo = 1
        for number in range(40):
            new = begin(tmp_path, lo)
            for step in range(10 * number, 10 * number + 10):
                new.append(journal.BATCH, WRITER, 0, logged(step))
                acknowledged = step + 1
            new.close()
            lo = new.next
            seal(tmp_path, new.path, new.lo, new.next - 1)
            new.path.unlink()
            if number % 8 == 7:
                merge(tmp_path)

    writing = threading.Thread(target=write)
    writing.start()
    reads = 0
    while writing.is_alive():
        at_least = acknowledged
        found = steps(tmp_path)
        assert found == list(range(len(found)))
        assert len(found) >= at_least
        reads += 1
    writing.join()
    assert steps(tmp_path) == list(range(400))
    assert reads > 1


def merge(run: Path) -> None:
    """Merges all segments and removes those it is made from."""
    folder = run / "metrics"
    mine = segments.segments(folder)
    lo, hi, paths = mine[0].lo, mine[-1].hi, [segment.path for segment in mine]
    job = {"name": "merge", "segments": [str(path) for path in paths], "folder": str(folder), "host": HOST}
    result = sealing.merge(job | {"lo": lo, "hi": hi})
    segments.commit_merge(Path(result["tmp"]), folder, HOST, lo, hi, paths)
    for path in segments.covered(folder, HOST):
        path.unlink()


def test_files_that_are_never_there_end_in_an_error(tmp_path: Path) -> None:
    keep(tmp_path, range(3))
    gone = tmp_path / "metrics" / segments.final(tmp_path, HOST, 1, 2).name
    gone.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FormatError, match=gone.name):
        points(tmp_path)
