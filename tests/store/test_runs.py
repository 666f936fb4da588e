"""A run's folder, read: what its hosts' files say together, how a run is named, and how it ended."""

import json
import os
import zlib
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runid import events, wire
from runid.errors import DamagedError, FormatError
from runid.store import catalog, ending, files, journal, publishing, runs
from runid.store.fold import LOGS, OBJECTS, Fold, Writer
from runid.store.journal import Journal

NOW = 1_700_000_000.0
A, B = b"a" * 16, b"b" * 16


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder, as a keeper makes it."""
    made = runs.run_dir(tmp_path, "cv/resnet", "r1")
    for name in ("writers", "journal", "metrics", "objects"):
        (made / name).mkdir(parents=True)
    files.create_json(made / "meta.json", {"id": "r1", "path": "cv/resnet", "host": "one"})
    return made


def journaled(folder: Path, host: str, writer: bytes, *found: events.Event, lo: int = 1, offset: int = 0) -> Fold:
    """What one writer logged, in a journal of this host; the fold of it."""
    new = Journal(folder / "journal", host, lo)
    new.append(journal.WRITER, writer, offset, msgpack.packb({"number": 1, "rank": 0, "started": NOW}))
    for event in found:
        body = events.pack(event)
        new.append(journal.BATCH, writer, offset, body)
        offset += len(body)
    new.close()
    return runs.read_fold(folder, host)


def saved(folder: Path, fold: Fold) -> Fold:
    """Puts the fold down as a keeper does: with the files made from its records."""
    for what, path in ((LOGS, folder / "logs.txt"), (OBJECTS, runs.objects_path(folder, fold.host))):
        data = "".join(fold.pending[what]).encode()
        fold.lengths[what] = files.append(path, data, fold.lengths[what])
        fold.sums[what] = zlib.crc32(data, fold.sums[what])
        fold.pending[what].clear()
    files.replace_json(folder / "writers" / f"{fold.host}.json", fold.saved())
    return fold


# -- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "path", "run_id"),
    [
        ("relative", "p", "r"),
        ("/a/../b", "p", "r"),
        ("/a/", "p", "r"),
        ("/a\0", "p", "r"),
        ("", "p", "r"),
        ("/a", "..", "r"),
        ("/a", "../b", "r"),
        ("/a", "/b", "r"),
        ("/a", "b/", "r"),
        ("/a", "b//c", "r"),
        ("/a", "b\n", "r"),
        ("/a", "b", ""),
        ("/a", "b", ".."),
        ("/a", "b", "c/d"),
        ("/a", "b", "c\0d"),
        ("/a", "b", "r\n"),
        ("/a", "b", "r" * 129),
        ("/a", "b", ".hidden"),
    ],
)
def test_what_names_no_run_below_a_root_is_refused(root: str, path: str, run_id: str) -> None:
    with pytest.raises(FormatError):
        runs.check(root, path, run_id)


@given(st.text("ab._-/\\\0 ~\n", max_size=9), st.text("ab._-/\\\0 ~\n", max_size=9))
def test_what_is_accepted_lies_below_the_root(path: str, run_id: str) -> None:
    try:
        runs.check("/nowhere", path, run_id)
    except FormatError:
        return
    folder = str(runs.run_dir(Path("/nowhere"), path, run_id))
    assert os.path.normpath(folder) == folder
    assert folder.startswith("/nowhere/runs/")
    assert folder.endswith("/" + run_id)


@pytest.mark.parametrize("path", ["", "exp", "cv/resnet50/baseline", "writers", "a/writers/b", "journal", "metrics"])
def test_runs_are_found_whatever_their_path_is_called(tmp_path: Path, path: str) -> None:
    assert list(runs.find_runs(tmp_path)) == []
    expected = [runs.run_dir(tmp_path, path, run_id) for run_id in ("r1", "r2")]
    for made in expected:
        (made / "writers").mkdir(parents=True)
        files.create_json(made / "meta.json", {})
    assert list(runs.find_runs(tmp_path)) == expected


# -- folds ------------------------------------------------------------------------------------------------------------


def test_a_fold_is_what_was_put_down_and_the_records_behind_it(folder: Path) -> None:
    first = [events.TEXT, NOW, "TEXT", "one"], [events.CONFIG, NOW, {"x": 1}]
    fold = saved(folder, journaled(folder, "one", A, *first))
    journaled(folder, "one", A, [events.CONFIG, NOW, {"y": 2}], lo=fold.through + 1, offset=fold.offset(A))
    found = runs.read_run(folder)
    assert found.config == {"x": 1, "y": 2}
    assert [line.rpartition(" | ")[2] for line in found.text().splitlines()] == ["one"]
    (folder / "journal" / journal.name("one", 1)).unlink()  # sealed, and swept
    assert runs.read_run(folder).config == {"x": 1, "y": 2}


def test_text_and_objects_behind_what_was_put_down_are_not_read_twice(folder: Path) -> None:
    said = [events.TEXT, NOW, "TEXT", "one"], [events.OBJECT, NOW, 1, None, "k", "v"]
    fold = saved(folder, journaled(folder, "one", A, *said))
    more = [events.TEXT, NOW, "TEXT", "two"], [events.OBJECT, NOW, 2, None, "k", "w"]
    journaled(folder, "one", A, *more, lo=fold.through + 1, offset=fold.offset(A))
    with open(folder / "logs.txt", "a") as file:  # the daemon has appended it already, or died while it did
        file.write("two, or a part of")
    found = runs.read_run(folder)
    assert [line.rpartition(" | ")[2] for line in found.text().splitlines()] == ["one", "two"]
    assert [line["value"] for line in found.objects()] == ["v", "w"]


@pytest.mark.parametrize("damaged", ["", "{", "{}", "[]", '{"through": 1}', '{"through": "x"}'])
def test_a_damaged_fold_is_not_taken_for_none(folder: Path, damaged: str) -> None:
    saved(folder, journaled(folder, "one", A, [events.CONFIG, NOW, {"x": 1}]))
    (folder / "writers" / "one.json").write_text(damaged)
    with pytest.raises(DamagedError, match=r"one\.json cannot be read"):
        runs.read_fold(folder, "one")
    found = runs.read_run(folder)
    assert found.config == {"x": 1}, "the journal holds it"
    assert len(found.problems) == 1
    assert "one.json cannot be read" in found.problems[0]


def test_a_folder_that_never_settles_is_an_error_not_a_hang(folder: Path) -> None:
    (folder / "journal" / journal.name("one", 1)).symlink_to(folder / "nowhere")
    with pytest.raises(FormatError, match="changed 20 times"):
        runs.read_fold(folder, "one")


def test_hosts_are_those_that_wrote(folder: Path) -> None:
    for name in (".one.json.tmp", "notes.txt", "README"):
        (folder / "writers" / name).write_text("{}")
    assert runs.hosts(folder) == []
    journaled(folder, "two", A)
    saved(folder, Fold("one"))
    assert runs.hosts(folder) == ["one", "two"]


def test_there_is_no_run_in_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="There is no run in"):
        runs.read_run(tmp_path / "gone")


def test_several_hosts_make_one_run(folder: Path) -> None:
    saved(folder, journaled(folder, "two", B, [events.CONFIG, NOW, {"x": 2, "z": 3}], [events.SUMMARY, NOW, {"s": 2}]))
    journaled(folder, "one", A, [events.CONFIG, NOW, {"x": 1, "y": 1}], [events.META, NOW, {"tags": ["t"], "id": "no"}])
    found = runs.read_run(folder)
    assert found.config == {"x": 1, "y": 1, "z": 3}, "the owner's word counts"
    assert found.summary == {"s": 2}
    assert (found.id, found.meta["tags"]) == ("r1", ["t"]), "an event renamed the run"
    assert len(found.writers) == 2


# -- how it ended -----------------------------------------------------------------------------------------------------


def writer(status: str = "finished", rank: int = 0, **more: Any) -> Writer:
    defaults: dict[str, Any] = {
        "started": NOW,
        "ended": None if status == "running" else NOW + 10.0,
        "number": rank + 1,
    }
    return Writer(f"{rank:032x}", **(defaults | {"rank": rank, "status": status} | more))


KILLED = "was killed by SIGKILL"


@pytest.mark.parametrize(
    ("writers", "status", "sentence"),
    [
        ([], "running", None),
        ([writer("running")], "running", None),
        ([writer()], "finished", None),
        ([writer(), writer("running", 1)], "running", None),
        ([writer("failed", reason="raised ValueError: x", last_step=7)], "failed",
         "the process raised ValueError: x at step 7"),
        ([writer("crashed", reason=KILLED)], "crashed", f"the process {KILLED}"),
        ([writer("interrupted")], "interrupted", "the process was interrupted"),
        ([writer(), writer("crashed", 1, reason=KILLED, last_step=120, world=4)], "crashed",
         f"rank 1 of 4 {KILLED} at step 120; the others finished"),
        ([writer(), writer("failed", 1), writer("crashed", 2, reason=KILLED)], "crashed",
         f"rank 2 of 3 {KILLED}; the others ended otherwise"),
        ([writer("interrupted"), writer("crashed", 1, reason=KILLED)], "crashed",
         f"rank 1 of 2 {KILLED}; the others were interrupted"),
        ([writer("crashed", rank, reason=KILLED) for rank in range(5)], "crashed",
         "; ".join(f"rank {rank} of 5 {KILLED}" for rank in range(3)) + "; 2 more crashed"),
        # a worker that was started again, or a run that was resumed
        ([writer("crashed", reason=KILLED), writer(number=2, started=NOW + 20)], "finished", None),
        ([writer("crashed", reason=KILLED), writer("running", number=2, started=NOW + 20)], "running", None),
        # a crash is noticed late: what counts is when it was heard of last
        ([writer("crashed", last_time=NOW + 5, ended=NOW + 30), writer(number=2, started=NOW + 20)], "finished", None),
        ([writer("crashed", reason=KILLED, last_time=NOW + 25), writer(number=2, started=NOW + 20)], "crashed",
         f"rank 0 of 2 {KILLED}; the others finished"),
        # a forked child is no restart of its parent
        ([writer("crashed", reason=KILLED), writer(number=2, started=NOW + 20, forked=True)], "crashed",
         f"rank 0 of 2 {KILLED}; the others finished"),
        ([writer("crashed", number=number) for number in (1, 2)], "crashed",
         "rank 0 of 2 crashed; rank 0 of 2 crashed"),
    ],
)  # fmt: skip
def test_a_run_ends_as_its_worst_writer_and_says_so(writers: list[Writer], status: str, sentence: str | None) -> None:
    assert ending.state(writers) == (status, sentence)


@given(
    st.lists(st.tuples(st.sampled_from([*events.ENDS, "running"]), st.integers(0, 4), st.integers(0, 3)), max_size=6)
)
def test_the_order_of_writers_does_not_matter(drawn: list[tuple[str, int, int]]) -> None:
    writers = [writer(status, rank, number=number, started=NOW + 10 * late) for number, (status, rank, late) in
               enumerate(drawn)]  # fmt: skip
    assert ending.state(writers)[0] == ending.state(writers[::-1])[0]
    lives = not writers or any(one.status == "running" for one in writers)
    assert (ending.state(writers)[0] == "running") == lives


def test_a_writer_that_two_hosts_served_is_told_by_the_one_that_holds_most() -> None:
    one, two = Fold("one"), Fold("two")
    key = "0" * 32
    one.writers[key] = writer("crashed", offset=100)
    two.writers[key] = writer("finished", offset=200)
    assert [found.status for found in ending.together([one, two])] == ["finished"]
    assert [found.status for found in ending.together([two, one])] == ["finished"]
    one.writers[key] = writer("running", offset=200)
    assert [found.status for found in ending.together([one, two])] == ["finished"], "the end is known"


def test_the_best_metric_is_in_the_summary() -> None:
    fold = Fold("one", summary={"note": "x"}, primary=["acc", "max"], best={"value": 0.9, "step": 7})
    assert runs.summary(fold) == {
        "note": "x",
        "best_metric_value": 0.9,
        "best_metric_name": "acc",
        "best_metric_step": 7,
        "best_metric_mode": "max",
    }


# -- what is published, and what is found -----------------------------------------------------------------------------


def test_the_files_that_people_read(folder: Path) -> None:
    found = [events.START, NOW, {"created_at": NOW}], [events.CONFIG, NOW, {"lr": 0.1}], [events.SUMMARY, NOW, {"s": 1}]
    journaled(folder, "one", A, *found, [events.FINISH, NOW + 9, "finished", None])
    run = runs.read_run(folder)
    publishing.publish(run)
    read = {name: json.loads((folder / f"{name}.json").read_text()) for name in ("meta", "status", "summary", "assets")}
    assert read["status"] == {"status": "finished", "started_at": NOW, "ended_at": NOW + 9, "exit_reason": None}
    assert read["summary"] == {"s": 1}
    assert read["assets"]["config"]["extra"] == {"lr": 0.1}
    assert read["meta"]["id"] == "r1"
    before = {path.name: path.stat().st_ino for path in folder.glob("*.json")}
    publishing.publish(run)
    assert {path.name: path.stat().st_ino for path in folder.glob("*.json")} == before, "written again for nothing"


@pytest.fixture
def root(tmp_path: Path, folder: Path) -> Path:
    """A root with one run of the alias "baseline"."""
    points = [events.POINTS, NOW, 41, None, {"loss": 1.0}]
    fold = journaled(
        folder, "one", A, [events.META, NOW, {"alias": "baseline"}], [events.CONFIG, NOW, {"x": 1}], points
    )
    saved(folder, fold)
    catalog.Catalog(tmp_path, "one").add(publishing.catalog_entry(runs.read_run(folder), fold))
    return tmp_path


def find(root: Path, **asked: str) -> wire.Found:
    return runs.find(root, wire.Find(str(root), **{"path": "cv/resnet", **asked}), set())


def test_a_run_is_found_by_its_id_or_its_alias(root: Path) -> None:
    expected = wire.Found("r1", live=True, step=41, config={"x": 1}, alias="baseline")
    assert find(root, run_id="r1") == expected
    assert find(root, alias="baseline") == expected


@pytest.mark.parametrize(
    "asked", [{"run_id": "r2"}, {"alias": "other"}, {"path": "cv", "run_id": "r1"}, {"path": "cv", "alias": "baseline"}]
)
def test_what_is_not_there_is_not_found(root: Path, asked: dict[str, str]) -> None:
    assert find(root, **asked) == wire.Found()


def test_an_alias_that_is_no_text_is_none(folder: Path, tmp_path: Path) -> None:
    journaled(folder, "one", A, [events.META, NOW, {"alias": 7}])
    answer = find(tmp_path, run_id="r1")
    assert (answer.run_id, answer.alias) == ("r1", None)
    assert wire.decode(wire.encode(answer)) == answer
