"""Segments: what a journal held, sorted; and at every moment of every commit each point once, to us and to DuckDB."""

import json
import math
import os
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import msgpack
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.programs import wait

from runid import events
from runid.errors import FormatError
from runid.store import journal, sealing, segments
from runid.store.journal import Journal
from runid.store.points import points

HOST = "node-7-a1b2c3"
VALUES = st.floats() | st.integers(-(1 << 63), (1 << 64) - 1) | st.sampled_from([True, None, "text", [1]])
STEPS = st.integers(0, 1) | st.integers(-(1 << 63), (1 << 63) - 1)
LOGGED = st.tuples(
    st.integers(0, 2),
    STEPS,
    st.sampled_from([None, "train", "val"]),
    st.dictionaries(st.sampled_from(["loss", "acc", "lr", "größe"]), VALUES, max_size=4),
)

Logged = tuple[int, int, str | None, dict[str, Any]]
Merged = tuple[Path, int, int, list[Path]]
Row = tuple[str, str | None, int, int, int, int, str]


class Run:
    """A run's folder, written record by record as a keeper does, and what its points must be."""

    def __init__(self, folder: Path, host: str = HOST, batch: int = 3) -> None:
        self.folder, self.host, self.batch = folder, host, batch
        self.metrics = folder / "metrics"
        self.next = 1
        self.rows: list[Row] = []
        self.clock = 1_700_000_000_000_000
        self.offsets: dict[int, int] = {}
        for name in ("journal", "metrics"):
            (folder / name).mkdir(exist_ok=True)

    def journal(self, logged: list[Logged], lo: int | None = None) -> Journal:
        """A new journal that holds this; writer n has number n + 1 and rank 10 - n."""
        new = Journal(self.folder / "journal", self.host, lo or self.next)
        for writer in range(3):
            body = msgpack.packb({"number": writer + 1, "rank": 10 - writer})
            new.append(journal.WRITER, key(writer), self.offsets.get(writer, 0), body)
        for writer in range(3):
            mine = [self._event(one) for one in logged if one[0] == writer]
            for start in range(0, len(mine), self.batch):
                body = b"".join(mine[start : start + self.batch])
                new.append(journal.BATCH, key(writer), self.offsets.get(writer, 0), body)
                self.offsets[writer] = self.offsets.get(writer, 0) + len(body)
        new.close()
        self.next = new.next
        return new

    def _event(self, logged: Logged) -> bytes:
        writer, step, stage, values = logged
        self.clock += 1_001
        event = [events.POINTS, self.clock / 1e6, step, stage, values]
        for metric, value in events.points(event):
            self.rows.append((metric, stage, 10 - writer, writer + 1, step, self.clock, repr(value)))
        return events.pack(event)

    def seal(self, of: Journal) -> dict[str, Any]:
        """Seals a whole journal, without a commit."""
        job = {"name": "seal", "journal": str(of.path), "folder": str(self.metrics), "run_id": "20260101_000000_abcdef"}
        return sealing.seal(job | {"host": self.host, "lo": of.lo, "hi": of.next - 1})

    def sealed(self, logged: list[Logged]) -> Path:
        """A new journal, sealed, committed and removed."""
        done = self.journal(logged)
        self.commit(done, self.seal(done))
        done.path.unlink()
        return segments.final(self.metrics, self.host, done.lo, done.next - 1)

    def commit(self, of: Journal, result: dict[str, Any]) -> None:
        segments.commit(Path(result["tmp"]), self.metrics, self.host, of.lo, of.next - 1)

    def merge(self, first: int = 0, last: int | None = None) -> Merged:
        """The host's segments, or some of them, merged, without a commit."""
        mine = [segment for segment in segments.segments(self.metrics) if segment.host == self.host][first:last]
        lo, hi, paths = mine[0].lo, mine[-1].hi, [segment.path for segment in mine]
        job = {"name": "merge", "segments": [str(path) for path in paths], "folder": str(self.metrics)}
        result = sealing.merge(job | {"host": self.host, "lo": lo, "hi": hi})
        return Path(result["tmp"]), lo, hi, paths

    def commit_merge(self, merged: Merged) -> None:
        tmp, lo, hi, paths = merged
        segments.commit_merge(tmp, self.metrics, self.host, lo, hi, paths)

    def expected(self) -> list[Row]:
        """The points by metric, rank, step, writer and order of logging: a stable sort of what was logged."""
        return sorted(self.rows, key=lambda row: (row[0], row[2], row[4], row[3]))

    def by_containment(self) -> list[Row]:
        return rows(points(self.folder))

    def counted_by_duckdb(self) -> int | None:
        """The points in the plain glob; None for an error."""
        try:
            return int(query(f"select count(*) from '{self.metrics / '*.parquet'}'")[0][0])
        except duckdb.Error:
            return None

    def counted_by_others(self) -> int | None:
        """The points in the plain glob, by DuckDB and by pyarrow; None if both give an error."""
        counted: int | None
        try:
            counted = ds.dataset(sorted(map(str, self.metrics.glob("*.parquet")))).count_rows()
        except (OSError, pa.ArrowInvalid):
            counted = None
        assert self.counted_by_duckdb() == counted
        return counted


def key(writer: int) -> bytes:
    return bytes([writer]) * 16


def query(sql: str) -> list[tuple[Any, ...]]:
    """What DuckDB answers."""
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def rows(table: Any) -> list[Row]:
    """The rows of a table, comparable: the time in µs, the value as text, so that NaN equals NaN."""
    table = table.set_column(table.schema.get_field_index("time"), "time", table["time"].cast("int64"))
    columns = ("metric", "stage", "rank", "writer", "step", "time", "value")
    return [(*row[:6], repr(row[6])) for row in zip(*(table[name].to_pylist() for name in columns), strict=True)]


def steps(writer: int, first: int, last: int) -> list[Logged]:
    return [(writer, step, None, {"loss": float(step), "acc": step / 2}) for step in range(first, last)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


@contextmanager
def in_pieces() -> Iterator[None]:
    """Row groups and merges of a few rows, without a million points."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runid.store.rows._ROW_GROUP", 4)
        patch.setattr(sealing, "_MERGE_ROWS", 7)
        yield


# -- what stands in a segment ---------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@example([(0, 1, None, {"loss": 0.0}), (0, -(1 << 63), None, {"loss": 0.0})])
@given(st.lists(LOGGED, max_size=25))
def test_a_segment_holds_the_journals_points_in_order(logged: list[Logged]) -> None:
    with tempfile.TemporaryDirectory() as folder, in_pieces():
        run = Run(Path(folder))
        done = run.journal(logged)
        result = run.seal(done)
        assert (result["rows"], result["bad"]) == (len(run.rows), 0)
        if not run.rows:
            assert result["tmp"] is None
            assert os.listdir(run.metrics) == []
            return
        assert result["bytes"] == os.path.getsize(result["tmp"])
        assert rows(pq.read_table(result["tmp"])) == run.expected()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(LOGGED, min_size=1, max_size=12), min_size=2, max_size=4))
def test_a_merge_is_what_one_journal_would_have_made(journals: list[list[Logged]]) -> None:
    with tempfile.TemporaryDirectory() as folder, in_pieces():
        run = Run(Path(folder))
        for logged in journals:
            run.sealed([*logged, (0, 0, None, {"loss": 1.0})])
        merged = run.merge()
        assert rows(pq.read_table(merged[0])) == run.expected()
        run.commit_merge(merged)
        assert run.by_containment() == run.expected()
        assert run.counted_by_others() == len(run.rows)


def test_at_one_step_the_order_of_logging_counts_whatever_was_logged_beside(run: Run) -> None:
    logged: list[Logged] = [
        (0, 5, None, {"loss": 3.0}),
        (0, 5, "train", {"acc": 0.0, "loss": 1.0}),
        (0, 5, None, {"loss": 2.0}),
        (0, 4, None, {"loss": 9.0, "acc": 0.0}),
    ]
    path = run.sealed(logged)
    assert query(f"select value from '{path}' where metric = 'loss'") == [(9.0,), (3.0,), (1.0,), (2.0,)]


def test_anybody_can_read_a_segment(run: Run) -> None:
    logged: list[Logged] = [(writer, step, "train", {"loss": 0.5 + step}) for writer in (0, 1) for step in range(50)]
    path = run.sealed(logged)
    described = query(f"describe select * from '{path}'")
    assert [column[:2] for column in described] == [
        ("run_id", "VARCHAR"),
        ("metric", "VARCHAR"),
        ("stage", "VARCHAR"),
        ("rank", "INTEGER"),
        ("writer", "INTEGER"),
        ("step", "BIGINT"),
        ("time", "TIMESTAMP WITH TIME ZONE"),
        ("value", "DOUBLE"),
    ]
    found = query(f"select run_id, rank, count(*), sum(value) from '{path}' group by all order by rank")
    assert found == [("20260101_000000_abcdef", rank, 50, 25.0 + sum(range(50))) for rank in (9, 10)]
    columns = {column["path_in_schema"]: column for column in _columns(path)}
    assert {column["compression"] for column in columns.values()} == {"ZSTD"}
    encodings = {
        **dict.fromkeys(("run_id", "metric", "stage", "rank", "writer"), "RLE_DICTIONARY"),
        **dict.fromkeys(("step", "time"), "DELTA_BINARY_PACKED"),
        "value": "BYTE_STREAM_SPLIT",
    }
    assert all(encoding in columns[name]["encodings"] for name, encoding in encodings.items())


def _columns(path: Path) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = pq.read_metadata(path).row_group(0).to_dict()["columns"]
    return columns


def test_the_footer_says_how_far_each_writer_is_held(run: Run) -> None:
    first = run.sealed(steps(0, 0, 5) + steps(1, 0, 2))
    held = dict(run.offsets)
    second = run.sealed(steps(1, 2, 9))
    footer = _footer(first)
    told = {name: footer.pop(name) for name in ("rows", "bytes", "crc", "footer")}
    pages = first.read_bytes()[: told["bytes"]]
    assert (told["rows"], told["bytes"]) == (pq.read_metadata(first).num_rows, len(pages))
    assert told["crc"] == zlib.crc32(pages)
    assert first.stat().st_size == told["bytes"] + pq.read_metadata(first).serialized_size + 8
    assert footer == {
        "format": 1,
        "run_id": "20260101_000000_abcdef",
        "host": HOST,
        "lo": 1,
        "hi": 6,
        "writers": {
            key(0).hex(): {"number": 1, "rank": 10, "offset": held[0]},
            key(1).hex(): {"number": 2, "rank": 9, "offset": held[1]},
        },
    }
    assert list(_footer(second)["writers"]) == [key(1).hex()]
    merged = run.merge()
    footer = _footer(merged[0])
    assert (footer["lo"], footer["hi"]) == (1, run.next - 1)
    assert {writer: one["offset"] for writer, one in footer["writers"].items()} == {
        key(writer).hex(): offset for writer, offset in run.offsets.items()
    }


def _footer(path: Path) -> dict[str, Any]:
    footer: dict[str, Any] = json.loads(pq.read_metadata(path).metadata[b"runicorn"])
    return footer


def test_a_hole_moves_the_offset_in_the_footer(run: Run) -> None:
    new = Journal(run.folder / "journal", HOST, 1)
    new.append(journal.WRITER, key(0), 0, msgpack.packb({"number": 1, "rank": 0}))
    body = events.pack([events.POINTS, 1.0, 1, None, {"loss": 1.0}])
    new.append(journal.BATCH, key(0), 0, body)
    new.append(journal.HOLE, key(0), len(body), msgpack.packb({"to": 9000}))
    new.close()
    assert _footer(Path(run.seal(new)["tmp"]))["writers"][key(0).hex()]["offset"] == 9000


def test_a_batch_that_cannot_be_read_is_counted_and_the_rest_is_sealed(run: Run) -> None:
    new = Journal(run.folder / "journal", HOST, 1)
    good = events.pack([events.POINTS, 1.0, 1, None, {"loss": 1.0}])
    new.append(journal.WRITER, key(0), 0, msgpack.packb({"number": 1}))
    new.append(journal.BATCH, key(0), 0, b"\xc1 no msgpack")
    new.append(journal.BATCH, key(0), 12, good)
    new.append(journal.BATCH, key(1), 0, good)  # nobody said who that is
    new.close()
    result = run.seal(new)
    assert (result["rows"], result["bad"]) == (1, 2)


def test_records_before_the_first_are_left_out_but_say_who_the_writers_are(run: Run) -> None:
    run.batch = 1
    new = run.journal(steps(0, 0, 4))
    job = {"name": "seal", "journal": str(new.path), "folder": str(run.metrics), "run_id": "r", "host": HOST}
    result = sealing.seal(job | {"lo": 5, "hi": 6})
    assert sorted(pq.read_table(result["tmp"])["step"].to_pylist()) == [1, 1, 2, 2]
    assert Path(result["tmp"]) == segments.temporary(run.metrics, HOST, 5, 6)


def test_a_journal_that_ends_too_early_is_not_sealed(run: Run) -> None:
    new = run.journal(steps(0, 0, 9))
    new.path.write_bytes(new.path.read_bytes()[:-1])
    with pytest.raises(FormatError, match=f"ends at record {new.next - 2}, not at {new.next - 1}"):
        run.seal(new)
    assert os.listdir(run.metrics) == []


def test_a_stale_temporary_file_is_replaced(run: Run) -> None:
    new = run.journal(steps(0, 0, 9))
    segments.temporary(run.metrics, HOST, new.lo, new.next - 1).write_bytes(b"from a worker that died")
    run.commit(new, run.seal(new))
    new.path.unlink()
    assert run.by_containment() == run.expected()
    assert len(os.listdir(run.metrics)) == 1


def test_many_metrics_do_not_repeat_their_names_in_every_row_group(run: Run) -> None:
    values = {f"layer.{number:05d}.weight/gradient/norm": math.sin(number) for number in range(5000)}
    run.sealed([(0, step, None, values) for step in range(60)])
    (path,) = run.metrics.iterdir()
    groups = pq.read_metadata(path).num_row_groups
    assert groups == 3
    names = sum(pq.read_metadata(path).row_group(group).column(1).total_uncompressed_size for group in range(groups))
    assert names < 1.5 * 60 * len(values) * 2 + 1.5 * sum(map(len, values))


# -- names and containment ------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.data())
def test_together_segments_hold_every_record_once(lengths: list[int], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, lo, ranges = Path(name), 1, []
        for length in lengths:
            ranges.append((lo, lo + length - 1))
            lo += length
        current = list(ranges)
        for _ in range(data.draw(st.integers(0, 4))):
            start = data.draw(st.integers(0, len(current) - 1))
            stop = data.draw(st.integers(start + 1, len(current)))
            current[start:stop] = [(current[start][0], current[stop - 1][1])]
            ranges.append(current[start])
        for first, last in ranges:
            path = segments.final(folder, HOST, first, last)
            path.with_name(path.name + data.draw(st.sampled_from(["", ".covered"]))).touch()
        segments.final(folder, "other", 1, 1000).touch()
        found = [(one.lo, one.hi) for one in segments.segments(folder) if one.host == HOST]
        assert found == current


def test_only_segments_are_listed(tmp_path: Path) -> None:
    for name in (
        "users-own.parquet",
        "h-1-2.parquet",
        "h-000000000001-000000000002.parquet.tmp",
        ".h-000000000001-000000000002.parquet.tmp",
        "h-000000000001-000000000002.merging.parquet",
        "h-000000000001-000000000002.parquet.covered.bak",
    ):
        (tmp_path / name).touch()
    assert segments.segments(tmp_path) == []
    assert segments.segments(tmp_path / "missing") == []
    segments.recover(tmp_path / "missing", "h")


# -- commits --------------------------------------------------------------------------------------------------------


class Stop(BaseException):
    """The daemon ends here."""


def stopped_before(call: int, step: Callable[[], None]) -> bool:
    """Runs a step, and ends it in front of its n-th change to a file or folder; True if it came that far."""
    left = call

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def change(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise Stop
            return real(*arguments, **named)

        return change

    with pytest.MonkeyPatch.context() as patch:
        for name in ("rename", "unlink", "fsync"):
            patch.setattr(os, name, counted(getattr(os, name)))
        try:
            step()
        except Stop:
            return True
    return False


def test_wherever_a_commit_of_a_merge_ends_no_reader_counts_wrong(tmp_path: Path) -> None:
    moments = set()
    for call in range(100):
        run = Run(_fresh(tmp_path, call))
        for first in (0, 5, 10):
            run.sealed(steps(0, first, first + 5) + steps(1, first, first + 5))
        merged = run.merge()
        stopped = stopped_before(call, partial(run.commit_merge, merged))
        moments.add((merged[0].exists(), len(list(run.metrics.glob("*.covered"))), run.counted_by_others() is None))
        _check_and_recover(run)
        if not stopped:
            break
    # Not begun; prepared; each of the three .covered; renamed; done.
    begun = {*((True, covered, True) for covered in range(4)), (False, 3, True), (False, 3, False)}
    assert moments == {(True, 0, False), *begun}


def test_wherever_a_recovery_ends_the_next_one_puts_it_right(tmp_path: Path) -> None:
    for call in range(100):
        run = Run(_fresh(tmp_path, call))
        for first in (0, 5):
            run.sealed(steps(0, first, first + 5))
        run.commit_merge(run.merge())
        run.sealed(steps(0, 10, 15))
        merged = run.merge()
        # In front of the rename of the temporary file: all that was merged is .covered.
        assert stopped_before(5, partial(run.commit_merge, merged))
        assert run.counted_by_others() is None
        stopped = stopped_before(call, partial(segments.recover, run.metrics, HOST))
        _check_and_recover(run)
        assert len(segments.covered(run.metrics, HOST)) == 2, "the first merge's segments came back"
        if not stopped:
            break


def _fresh(parent: Path, number: int) -> Path:
    folder = parent / str(number)
    folder.mkdir()
    return folder


def _check_and_recover(run: Run) -> None:
    assert run.counted_by_others() in (None, len(run.rows))
    assert run.by_containment() == run.expected()
    segments.recover(run.metrics, HOST)
    assert run.counted_by_others() == len(run.rows)
    assert run.by_containment() == run.expected()
    assert not [name for name in os.listdir(run.metrics) if name.endswith((".tmp", ".merging.parquet"))]


def test_no_reader_counts_wrong_while_segments_are_merged(run: Run) -> None:
    for first in range(24):
        run.sealed(steps(0, first, first + 1))

    counts: list[int | None] = []

    def merge_in_pairs() -> None:
        for pair in [*range(12), *range(6), *range(3)]:
            merged = run.merge(pair, pair + 2)
            segments.announce(run.metrics, run.host, merged[1], merged[2])
            before = len(counts)
            wait(lambda: len(counts) > before, "nobody reads any more")  # noqa: B023  who has listed before is done then
            run.commit_merge(merged)

    merging = threading.Thread(target=merge_in_pairs)
    merging.start()
    while merging.is_alive():
        counts.append(run.counted_by_duckdb())
        assert run.by_containment() == run.expected()
    merging.join()
    assert set(counts) <= {None, len(run.rows)}
    assert len(list(run.metrics.glob("*.parquet"))) == 3
    assert run.counted_by_others() == len(run.rows)


def test_a_merge_that_fails_leaves_the_old_segments(run: Run) -> None:
    for first in (0, 5):
        run.sealed(steps(0, first, first + 5))
    merged = run.merge()
    merged[0].unlink()
    with pytest.raises(FileNotFoundError):
        run.commit_merge(merged)
    assert run.counted_by_others() == len(run.rows)
    assert run.by_containment() == run.expected()


def test_a_merge_never_hides_what_it_does_not_hold(run: Run) -> None:
    for first in (0, 5, 10):
        run.sealed(steps(0, first, first + 5))
    tmp, lo, hi, paths = run.merge()
    before = sorted(os.listdir(run.metrics))
    with pytest.raises(ValueError, match=paths[1].name):
        segments.commit_merge(tmp, run.metrics, HOST, lo, hi, [paths[0], paths[2]])
    assert sorted(os.listdir(run.metrics)) == before


def test_a_segment_that_comes_again_is_dropped(run: Run) -> None:
    first = run.journal(steps(0, 0, 5))
    run.commit(first, run.seal(first))
    run.sealed(steps(0, 5, 9))
    run.commit(first, run.seal(first))
    assert run.counted_by_others() == len(run.rows)
    run.commit_merge(run.merge())
    run.commit(first, run.seal(first))
    assert run.counted_by_others() == len(run.rows)
    assert run.by_containment() == run.expected()


def test_a_larger_segment_of_the_same_records_takes_their_place(run: Run) -> None:
    run.batch = 1
    whole = run.journal(steps(0, 0, 8))
    job = {"name": "seal", "journal": str(whole.path), "folder": str(run.metrics), "run_id": "r", "host": HOST}
    part = sealing.seal(job | {"lo": 1, "hi": 6})
    segments.commit(Path(part["tmp"]), run.metrics, HOST, 1, 6)
    assert run.by_containment() == run.expected()
    run.commit(whole, run.seal(whole))
    assert run.counted_by_others() == len(run.rows)
    assert run.by_containment() == run.expected()


def test_only_the_hosts_own_leavings_are_removed(run: Run) -> None:
    mine, theirs = (segments.temporary(run.metrics, host, 1, 2) for host in (HOST, "node-7"))
    for path in (mine, theirs):
        path.touch()
    segments.recover(run.metrics, HOST)
    assert os.listdir(run.metrics) == [theirs.name]
