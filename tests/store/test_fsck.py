"""fsck: a real daemon's root, damaged in every way there is: read as far as it is whole, said, and mended."""

import hashlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Daemon
from tests.programs import PATIENCE, start, train, wait

from runid.errors import DamageWarning
from runid.store import catalog, fsck, journal, points, runs, sealing, segments
from runid.store.fsck import root as roots
from runid.store.fsck.finding import Finding, Look
from runid.store.reader import Reader, View
from runid.store.series import Ask, series

TRAINING = """
import math, sys
import runicorn as rn
run = rn.init("cv/a", run_id=sys.argv[1], config={"lr": 0.1, "net": {"depth": 5}}, tags=["t"],
              capture_env=True)
run.log_config(args={"epochs": 3}, config_files=[rn.notices.__file__])
run.set_primary_metric("loss", "min")
for step in range(1, 41):
    run.log({"loss": 1 / step, "odd": math.nan if step % 7 == 0 else -step}, stage="warm" if step < 9 else None)
for step in range(1100 * (sys.argv[1] == "one")):
    run.log({"many": math.sin(step)}, step=step)
run.log({"note": {"deep": [1, 2]}})
run.log_text("a line\\nand another")
assert run.flush(20.0)
print("logged", flush=True)
if len(sys.argv) > 2:
    input()
run.summary({"accuracy": 0.5})
run.finish()
"""

_made: dict[str, Path] = {}


@dataclass
class Root:
    """A root that a daemon wrote: `three` has three segments, `one` has one, and `live` was being written to."""

    folder: Path
    host: str

    def run(self, name: str) -> Path:
        return self.folder / "runs" / "cv" / "a" / name

    def file(self, run: str, pattern: str) -> Path:
        """The first file of a run that matches."""
        return min(self.run(run).glob(pattern))


def make(daemon: Daemon, root: Path, kept: Path) -> None:
    """Two roots: `fresh`, as a crash of the machine leaves it, and `old`, whose journals are sealed and gone."""
    run = root / "runs" / "cv" / "a"
    for name, count in (("three", 1), ("three", 2), ("three", 3), ("one", 1)):
        train(TRAINING, name)
        wait(partial(is_sealed, run / name, count), "the run was not sealed")
    wait(lambda: {line["status"] for line in catalog.read(root)} == {"finished"}, "the catalog lags")
    live = start(TRAINING, "live", "stay")
    assert live.stdout is not None
    live.stdout.readline()
    wait(partial(copied, daemon, root, kept / "fresh"), "what was logged was not saved")
    live.communicate("\n", timeout=PATIENCE)
    wait(partial(is_sealed, run / "live", 1), "the run was not sealed")
    wait(lambda: {line["status"] for line in catalog.read(root)} == {"finished"}, "the catalog lags")
    daemon.stop()
    shutil.copytree(root, kept / "old")


def is_sealed(folder: Path, count: int) -> bool:
    return len(runs.sealed(folder)) == count


def copied(daemon: Daemon, root: Path, copy: Path) -> bool:
    """Copies the root as it is at one moment, if all that was logged is in the files made from the journals."""
    shutil.rmtree(copy, ignore_errors=True)
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        shutil.copytree(root, copy)
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    return not [found for folder in runs.find_runs(copy) for found in fsck.check(Look(folder))]


@pytest.fixture
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if "kept" not in _made:
        home, daemon = request.getfixturevalue("home"), request.getfixturevalue("daemon")
        kept = tmp_path_factory.mktemp("kept")
        make(daemon, home.root, kept)
        _made["kept"] = kept
    return _made["kept"]


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Callable[[str], Root]:
    def copy(name: str) -> Root:
        shutil.copytree(made / name, tmp_path / name, symlinks=True)
        folder = tmp_path / name
        (log,) = (folder / "catalog").glob("*.log")
        return Root(folder, log.stem)

    return copy


def everything(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """What readers give of a run, and what they say is damaged."""
    run = runs.read_run(folder)
    table = run.points()
    told = {
        "points": list(map(str, table.to_pylist())),
        "one metric": list(map(str, points.points(folder, "loss", run.problems).to_pylist())),
        "charts": [
            str(Reader(folder, problems=run.problems).read(partial(chart, metric)).to_pylist())
            for metric in ("loss", "many")
        ],
        "text": run.text(),
        "objects": run.objects(),
        **{
            name: getattr(run, name) for name in ("id", "meta", "writers", "status", "exit_reason", "config", "summary")
        },
        **{name: getattr(run, name) for name in ("args", "config_files", "environment")},
        "metrics": str(run.metrics),  # NaN
    }
    return told, run.problems


def chart(metric: str, view: View) -> Any:
    return series(view, Ask(metric, 50)).drop_columns(["mean"])  # a sum in another order is rounded otherwise


def hashes(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def checked(folder: Path) -> list[Finding]:
    """What a check finds; it writes nothing."""
    before = hashes(folder)
    found = fsck.check(Look(folder))
    assert hashes(folder) == before
    return found


def mendable(found: list[Finding]) -> list[str]:
    return [finding.file for finding in found if finding.mend is not None]


# -- what is damaged --------------------------------------------------------------------------------------------------


def flip(path: Path, at: float = 0.5) -> None:
    data = bytearray(path.read_bytes())
    data[min(int(len(data) * at), len(data) - 1)] ^= 0x5A
    path.write_bytes(data)


def spoil(path: Path) -> None:
    """Flips a byte of a segment's values."""
    value = pq.read_metadata(path).row_group(0).column(7)
    data = bytearray(path.read_bytes())
    data[value.data_page_offset + value.total_compressed_size - 3] ^= 0x5A
    path.write_bytes(data)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def remove(path: Path) -> None:
    path.unlink()


def half_merge(step: int) -> Callable[[Path], None]:
    """Leaves a merge as a crash behind one of its four steps does."""

    def stop(path: Path) -> None:
        folder, mine = path.parent, segments.segments(path.parent)
        host, lo, hi = mine[0].host, mine[0].lo, mine[-1].hi
        job = {"segments": [str(one.path) for one in mine], "folder": str(folder), "host": host, "lo": lo, "hi": hi}
        made = Path(sealing.merge(job)["tmp"])
        if step == 0:
            return
        (folder / f"{host}-{lo:012d}-{hi:012d}.merging.parquet").write_text("no Parquet")
        for old in mine[: step if step < 3 else None]:
            old.path.rename(f"{old.path}.covered")
        if step == 4:
            made.rename(segments.final(folder, host, lo, hi))

    return stop


def merged_and_damaged(path: Path) -> None:
    folder, mine = path.parent, segments.segments(path.parent)
    host, lo, hi = mine[0].host, mine[0].lo, mine[-1].hi
    job = {"segments": [str(one.path) for one in mine], "folder": str(folder), "host": host, "lo": lo, "hi": hi}
    segments.commit_merge(Path(sealing.merge(job)["tmp"]), folder, host, lo, hi, [one.path for one in mine])
    flip(segments.final(folder, host, lo, hi), 0.2)


MENDED = [
    ("fresh", "one", "metrics/*.parquet", flip),
    ("fresh", "one", "metrics/*.parquet", cut),
    ("fresh", "three", "metrics/*.parquet", remove),
    ("fresh", "three", "metrics/*.parquet", half_merge(0)),
    ("old", "three", "metrics/*.parquet", half_merge(1)),
    ("old", "three", "metrics/*.parquet", half_merge(2)),
    ("old", "three", "metrics/*.parquet", half_merge(3)),
    ("old", "three", "metrics/*.parquet", half_merge(4)),
    ("old", "three", "metrics/*.parquet", merged_and_damaged),
    ("old", "one", "pyramid/*.parquet", flip),
    ("old", "one", "pyramid/*.parquet", remove),
    ("fresh", "one", "journal/*.journal", flip),
    ("fresh", "one", "journal/*.journal", cut),
    ("fresh", "one", "writers/*.json", flip),
    ("fresh", "one", "writers/*.json", cut),
    ("fresh", "live", "writers/*.json", remove),
    ("fresh", "live", "logs.txt", flip),
    ("fresh", "live", "logs.txt", cut),
    ("fresh", "live", "objects/*.jsonl", remove),
    *(
        ("old", "three", f"{name}.json", how)
        for name in ("meta", "status", "summary", "assets", "environment")
        for how in (cut, remove)
    ),
]


@pytest.mark.parametrize(("which", "name", "pattern", "damage"), MENDED)
def test_what_can_be_mended_is(
    root: Callable[[str], Root], which: str, name: str, pattern: str, damage: Callable[[Path], None]
) -> None:
    kept = root(which)
    folder = kept.run(name)
    before, problems = everything(folder)
    whole = hashes(kept.folder)
    assert problems == []
    assert checked(folder) == []

    damage(kept.file(name, pattern))
    damaged = hashes(kept.folder)
    now, problems = everything(folder)
    found = checked(folder)
    if which == "old" or now != before:
        assert found
    assert problems or {**now, "meta": 0} == {**before, "meta": 0}, "readers say what is not whole"

    mended = fsck.repair(Look(folder))
    assert {finding.file for finding in found} <= {finding.file for finding in mended}
    assert everything(folder) == (before, [])
    assert checked(folder) == fsck.repair(Look(folder)) == []

    after = hashes(kept.folder)
    untouched = {path for path in whole if whole[path] == damaged.get(path)}
    moved = {path for path in untouched if path not in after}
    assert not [path for path in untouched - moved if after[path] != whole[path]]
    assert not [path for path in moved if not path.endswith((".covered", ".tmp"))]
    assert all(damaged[path] in after.values() for path in damaged if not path.endswith((".tmp", ".merging.parquet"))
               and ".covered" not in path and "parquet" not in path)  # fmt: skip


# -- what is lost -----------------------------------------------------------------------------------------------------


def test_a_damaged_segment_that_nothing_else_holds_costs_its_points_only(root: Callable[[str], Root]) -> None:
    kept = root("old")
    folder = kept.run("three")
    whole, _ = everything(folder)
    path = runs.sealed(folder)[1].path
    spoil(path)
    now, problems = everything(folder)
    assert len(now["points"]) == 160
    assert set(now["points"]) < set(whole["points"])
    assert len(problems) == 1
    assert "80 of its 80 points are missing: of records" in problems[0]
    with pytest.warns(DamageWarning, match="is damaged"):
        assert points.points(folder).num_rows == 160
    before = hashes(kept.folder)
    assert [finding.file for finding in checked(folder)] == [f"metrics/{path.name}"]
    assert mendable(checked(folder)) == []
    assert fsck.repair(Look(folder)) == []
    assert hashes(kept.folder) == before


def test_a_removed_segment_is_missed(root: Callable[[str], Root]) -> None:
    folder = root("old").run("three")
    runs.sealed(folder)[1].path.unlink()
    (found,) = checked(folder)
    assert "80 points that" in found.what
    assert "40 of loss, 40 of odd" in found.what


@pytest.mark.parametrize("kind", [journal.WRITER, journal.BATCH, journal.HEARTBEAT])
def test_a_record_that_is_lost_is_counted_and_those_behind_it_are_kept(root: Callable[[str], Root], kind: int) -> None:
    kept = root("fresh")
    folder = kept.run("live")
    path = kept.file("live", "journal/*.journal")
    good = list(journal.read(path, 1))
    more = journal.packed(len(good) + 1, journal.HEARTBEAT, bytes(16), 0, b"\xcb" + bytes(8))
    path.write_bytes(path.read_bytes() + more)
    lost = next(record for record in good if record.kind == kind) if kind != journal.HEARTBEAT else None
    whole, _ = everything(folder)
    if lost is None:  # the magic
        flip(path, 0.0)
    else:
        data = path.read_bytes()
        at = data.index(journal.packed(lost.number, lost.kind, lost.writer, lost.offset, lost.body))
        path.write_bytes(data[: at + 20] + b"?" + data[at + 21 :])
    now, problems = everything(folder)
    assert bool(problems) == (kind == journal.BATCH) or kind == journal.WRITER
    assert set(now["points"]) <= set(whole["points"])
    assert mendable(checked(folder)) == [f"journal/{path.name}"]
    fsck.repair(Look(folder))
    mended, problems = everything(folder)
    assert problems == []
    assert mended["points"] == now["points"]
    assert checked(folder) == []
    assert [record.number for record in journal.read(path, 1)] == list(range(1, len(good) + 2))
    assert (mended["writers"][0]["lost_bytes"] > 0) == (kind == journal.BATCH)


def test_a_fold_that_no_journal_holds_is_put_together(root: Callable[[str], Root]) -> None:
    kept = root("old")
    folder = kept.run("three")
    whole, _ = everything(folder)
    kept.file("three", "writers/*.json").unlink()
    now, problems = everything(folder)
    assert len(problems) == 1
    for name in ("points", "text", "objects", "config", "summary", "status", "metrics", "meta"):
        assert now[name] == whole[name], name
    assert [(one["rank"], one["number"], one["status"]) for one in now["writers"]] == [
        (one["rank"], one["number"], one["status"]) for one in whole["writers"]
    ]
    assert mendable(checked(folder)) == [f"writers/{kept.host}.json"]
    fsck.repair(Look(folder))
    assert checked(folder) == []
    assert everything(folder) == (now, [])


def test_a_busy_run_is_looked_at_and_left_alone(root: Callable[[str], Root]) -> None:
    kept = root("old")
    folder = kept.run("three")
    half_merge(2)(kept.file("three", "metrics/*.parquet"))
    (folder / "status.json").unlink()
    flip(kept.file("three", "writers/*.json"))
    before = hashes(folder)
    look = Look(folder, busy="it lives")
    (found,) = fsck.check(look)
    assert (found.file, found.how, found.mend) == (f"writers/{kept.host}.json", "it lives", None)
    assert fsck.repair(look) == []
    assert hashes(folder) == before


# -- the root ---------------------------------------------------------------------------------------------------------


def catalogued(root: Path) -> dict[str, Any]:
    return {line["run"]: {name: line[name] for name in line if name != "time"} for line in catalog.read(root)}


def lose_catalog(root: Root) -> None:
    shutil.rmtree(root.folder / "catalog")


def cut_catalog(root: Root) -> None:
    path = root.folder / "catalog" / f"{root.host}.log"
    path.write_bytes(path.read_bytes().partition(b"\n")[0][:200])


def change_catalog(root: Root) -> None:
    path = root.folder / "catalog" / f"{root.host}.log"
    path.write_bytes(path.read_bytes().replace(b'"finished"', b'"finishec"'))


@pytest.mark.parametrize("damage", [lose_catalog, cut_catalog, change_catalog])
def test_the_catalog_is_made_again_from_the_runs(root: Callable[[str], Root], damage: Callable[[Root], None]) -> None:
    kept = root("old")
    folders = list(runs.find_runs(kept.folder))
    whole = catalogued(kept.folder)
    assert len(whole) == 3
    assert list(roots.check(kept.folder, folders)) == []
    damage(kept)
    (found,) = roots.check(kept.folder, folders, "mender")
    assert found.mend is not None
    before = hashes(kept.folder)
    found.mend()
    assert catalogued(kept.folder) == whole
    assert list(roots.check(kept.folder, folders)) == []
    assert hashes(kept.folder) == before | {"catalog/mender.log": hashes(kept.folder)["catalog/mender.log"]}


def test_a_run_that_nobody_has_ended_is_catalogued_once(root: Callable[[str], Root]) -> None:
    """Its writer and its daemon were killed, and its outbox is gone."""
    kept = root("fresh")
    folders = [kept.run("live")]
    assert runs.read_run(folders[0]).status == "running"
    for found in roots.check(kept.folder, folders, "mender"):  # a daemon's line may lag, by two seconds
        assert found.mend is not None
        found.mend()
    assert list(roots.check(kept.folder, folders)) == []


def test_a_lost_marker_is_made_again(root: Callable[[str], Root]) -> None:
    kept = root("old").folder
    (kept / runs.MARKER).unlink()
    (found,) = roots.check(kept, [])
    assert found.mend is not None
    found.mend()
    assert list(roots.check(kept, [])) == []


# -- any damage -------------------------------------------------------------------------------------------------------


def damageable(kept: Path) -> list[tuple[str, str]]:
    found = [("old", "three"), ("fresh", "one"), ("fresh", "live")]
    return [
        (f"{which}/runs/cv/a/{name}", path.relative_to(kept / which / "runs/cv/a" / name).as_posix())
        for which, name in found
        for path in sorted((kept / which / "runs/cv/a" / name).rglob("*"))
        if path.is_file() and path.stat().st_size
    ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_found_or_does_not_matter(made: Path, data: st.DataObject) -> None:
    which, name = data.draw(st.sampled_from(damageable(made)))
    size = (made / which / name).stat().st_size
    at = data.draw(st.integers(0, size - 1))
    change = data.draw(st.one_of(st.none(), st.integers(1, 255)))
    with tempfile.TemporaryDirectory() as scratch:
        kept = Path(scratch) / "root"
        folder = kept / "runs" / "cv" / "a" / Path(which).name
        shutil.copytree(made / which, folder)
        shutil.copy(made / which.partition("/")[0] / runs.MARKER, kept)
        whole, _ = everything(folder)
        path = folder / name
        held = path.read_bytes()
        path.write_bytes(held[:at] if change is None else held[:at] + bytes([held[at] ^ change]) + held[at + 1 :])

        now, problems = everything(folder)
        found = checked(folder)
        assert now == whole or (found and problems)
        fsck.repair(Look(folder))
        after, _ = everything(folder)
        readable = set(now["points"]) & set(whole["points"])
        assert readable <= set(after["points"]), "a repair lost points"
        left = checked(folder)
        assert mendable(left) == []
        assert fsck.repair(Look(folder)) == []
        assert after == whole or found
