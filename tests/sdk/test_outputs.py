"""Outputs, end to end: scanned, watched and archived by a real daemon."""

import logging
import os
from pathlib import Path
from typing import Any

import pytest
from tests import clients
from tests.cli.commands import runicorn
from tests.conftest import Daemon, Home
from tests.programs import said, wait

import runicorn as rn
from runicorn.verbs import outputs as verbs
from runid.store import runs

NOW: dict[str, Any] = {"stable_required": 1, "min_age_sec": 0.0}


def outputs(folder: Path) -> dict[str, dict[str, Any]]:
    """What is archived of a run, by key; of several versions the last."""
    return {entry["key"]: entry for entry in rn.Api(runs.root_of(folder)).run(folder.name).outputs}


def archived(folder: Path, *keys: str) -> dict[str, dict[str, Any]]:
    """The outputs of a run, as soon as these are among them."""
    found: dict[str, dict[str, Any]] = wait(
        lambda: (now := outputs(folder)) and now.keys() >= set(keys) and now, f"{keys} are not archived"
    )
    return found


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for outputs in the workspace."""
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "out"
    made.mkdir()
    return made


@pytest.fixture
def run(root: Path, out: Path) -> rn.Run:  # noqa: ARG001
    return rn.init("outputs", workspace_root=".")


def test_scan_outputs_once(root: Path, run: rn.Run, out: Path) -> None:
    (out / "a.pt").write_text("weights")
    (out / "notes.md").write_text("no output")
    result = run.scan_outputs_once(output_dirs=["./out"], **NOW)
    [entry] = result.pop("archived_entries")
    assert result == {"run_id": run.id, "scanned": 1, "archived": 1, "changed": 1}
    assert (entry["key"], entry["path"], entry["saved"]) == ("out/a.pt", "./out/a.pt", True)
    assert (root / entry["archive_path"]).read_text() == "weights"
    assert rn.Api().run(run.id).outputs == [entry]
    assert rn.scan_outputs_once(output_dirs="out", **NOW) == result | {
        "archived": 0, "changed": 0, "archived_entries": [],
    }  # fmt: skip
    run.finish()
    wait(lambda: said(run.run_dir / "assets.json").get("outputs") == [entry], "assets.json does not list it")
    wait(lambda: said(run.run_dir / "status.json").get("status") == "finished", "status.json lags")
    assert "all is whole" in runicorn("fsck", run.id)


def test_each_call_is_one_sighting(run: rn.Run, out: Path) -> None:
    (out / "a.pt").write_text("1")
    counts = [run.scan_outputs_once(output_dirs=[out], min_age_sec=0.0)["archived"] for _ in range(2)]
    (out / "a.pt").write_text("22")
    counts += [run.scan_outputs_once(output_dirs=[out], min_age_sec=0.0)["archived"] for _ in range(2)]
    assert counts == [0, 1, 0, 1]


def test_versions_that_are_not_kept_leave_no_file(root: Path, run: rn.Run, out: Path) -> None:
    run.set_primary_metric("acc")
    for step, value in enumerate([0.1, 0.9, 0.3, 0.2]):
        run.log({"acc": value}, step=step)
        (out / "a.pt").write_text(f"step {step}")
        run.scan_outputs_once(output_dirs=[out], mode="overwrite_versions", keep_best=1, **NOW)
    entries = rn.Api().run(run.id).outputs
    assert [(root / entry["archive_path"]).read_text() for entry in entries] == ["step 1", "step 3"]
    assert [entry["metric"] for entry in entries] == [
        {"name": "acc", "mode": "max", "value": value} for value in (0.9, 0.2)
    ]
    assert [entry["step"] for entry in entries] == [1, 3]
    assert len(list((root / "archive").rglob(f"*{run.id}/**/*_a.pt"))) == 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"mode": "latest"}, "mode must be 'rolling' or 'overwrite_versions', got 'latest'"),
        ({"keep_last": 0, "mode": "overwrite_versions"}, "keep_last must be a whole number of at least 1"),
        ({"keep_best": 1.5, "mode": "overwrite_versions"}, "keep_best must be a whole number of at least 1"),
        ({"max_bytes": -1}, "max_bytes must be a whole number of at least 1"),
        ({"keep_last": 1}, "are for mode='overwrite_versions'"),
        ({"patterns": ["/"]}, "A pattern must be a text such as"),
        ({"patterns": [5]}, "A pattern must be a text such as"),
        ({"interval_sec": 0}, "interval_sec must be more than 0"),
        ({"stable_required": "many"}, "invalid literal"),
        ({"min_age_sec": float("nan")}, "Seconds must be a number, got nan"),
    ],
)
def test_wrong_arguments_are_errors_before_anything_is_asked(
    run: rn.Run, wrong: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.7.2 took any mode for a third one, which nobody described."""
    monkeypatch.setattr(rn.Run, "_ask", lambda *_: pytest.fail("the daemon was asked"))
    with pytest.raises((TypeError, ValueError), match=sentence):
        run.watch_outputs(output_dirs=["out"], **wrong)
    if "interval_sec" not in wrong:
        with pytest.raises((TypeError, ValueError), match=sentence):
            run.scan_outputs_once(output_dirs=["out"], **wrong)


def test_after_finish_a_scan_is_all_zeros(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    """0.7.2 gave an empty dict, in which nothing can be looked up."""
    run.finish()
    nothing = {"run_id": run.id, "scanned": 0, "archived": 0, "changed": 0, "archived_entries": []}
    assert run.scan_outputs_once(output_dirs=["out"]) == nothing
    run.watch_outputs(output_dirs=["out"])
    run.stop_outputs_watch()
    assert "has finished" in caplog.text


def test_without_an_answer_it_is_all_zeros_and_done_later(
    home: Home, daemon: Daemon, out: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    daemon.stop()
    monkeypatch.setattr(verbs, "_PATIENCE", 0.1)
    run = rn.init("outputs")
    (out / "a.pt").write_text("x")
    result = run.scan_outputs_once(output_dirs=[out], **NOW)
    assert result == {"run_id": run.id, "scanned": 0, "archived": 0, "changed": 0, "archived_entries": []}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "is done all the same" in caplog.text
    daemon.start()
    run.finish()
    archived(home.root / "runs" / "outputs" / run.id, "out/a.pt")


# -- watching ---------------------------------------------------------------------------------------------------------


def test_a_watch_archives_what_comes_and_what_is_written_last(run: rn.Run, out: Path) -> None:
    """0.7.2 did not scan at finish: what was written last was missing."""
    run.watch_outputs(output_dirs=["out", "later"], interval_sec=0.1, min_age_sec=0.0)
    assert run.flush(50.0)
    (out / "first.pt").write_text("first")
    archived(run.run_dir, "out/first.pt")
    (out.parent / "later").mkdir()
    (out.parent / "later" / "second.pt").write_text("second")
    archived(run.run_dir, "later/second.pt")
    run.watch_outputs(output_dirs=["out"], interval_sec=3600.0, stable_required=99)
    (out / "last.pt").write_text("last")
    run.finish()
    archived(run.run_dir, "out/last.pt")


def test_a_watch_is_stopped_with_a_last_look(run: rn.Run, out: Path) -> None:
    rn.watch_outputs(output_dirs=["out"], interval_sec=3600.0, stable_required=99)
    (out / "a.pt").write_text("a")
    rn.stop_outputs_watch()
    rn.stop_outputs_watch()
    archived(run.run_dir, "out/a.pt")
    (out / "b.pt").write_text("b")
    run.finish()
    assert clients.ended(run.run_dir).outputs[-1]["key"] == "out/a.pt"


def test_a_second_watch_replaces_the_first(run: rn.Run, out: Path) -> None:
    """0.7.2 ignored it while the first one was alive."""
    run.watch_outputs(output_dirs=["out"], interval_sec=0.1, min_age_sec=0.0)
    run.watch_outputs(output_dirs=["out"], interval_sec=0.1, min_age_sec=0.0, patterns=["*.new"])
    (out / "a.pt").write_text("old")
    (out / "a.new").write_text("new")
    assert archived(run.run_dir, "out/a.new").keys() == {"out/a.new"}
    run.finish()
    wait(lambda: clients.ended(run.run_dir).folds[0].asked == {}, "the watch does not end")
    assert outputs(run.run_dir).keys() == {"out/a.new"}


def test_a_trainer_that_is_killed_is_scanned_a_last_time(home: Home, daemon: Daemon, out: Path) -> None:  # noqa: ARG001
    with clients.trainer(home, "killed") as trainer:
        trainer.do(f"run.watch_outputs(output_dirs=[{str(out)!r}], interval_sec=3600.0)")
        assert trainer.flush()
        (out / "last.pt").write_text("last")
        trainer.kill()
        archived(trainer.folder, "out/last.pt")
    assert clients.ended(trainer.folder).status == "crashed"


def progress(run: rn.Run, out: Path, line: str) -> None:
    """Returns when the watch has scanned after this."""
    (out / "progress.log").write_text(line)
    key, root = "out/progress.log", run.storage_root

    def seen() -> bool:
        entry = outputs(run.run_dir).get(key)
        return entry is not None and (root / entry["archive_path"]).read_text() == line

    wait(seen, "the watch does not scan")


def write_shards(out: Path, numbers: range) -> None:
    for number in numbers:
        (out / "ckpt" / f"rank{number}").mkdir(parents=True)
        (out / "ckpt" / f"rank{number}" / "shard.pt").write_bytes(bytes([number]) * (6 << 20))


def test_a_checkpoint_of_8_shards_is_archived_once_and_whole(run: rn.Run, out: Path) -> None:
    """It counts as written until it is old; how fast this machine writes does not matter."""
    logs: dict[str, Any] = {"patterns": ["ckpt/", "*.log"], "log_snapshot_interval_sec": 0.0}
    run.watch_outputs(output_dirs=["out"], interval_sec=0.1, min_age_sec=3600.0, **logs)
    for numbers in (range(3), range(3, 6), range(6, 8)):
        write_shards(out, numbers)
        progress(run, out, f"{numbers}")
        progress(run, out, f"{numbers} and again")
        assert "out/ckpt" not in outputs(run.run_dir)
    for path in out.glob("ckpt/*/shard.pt"):
        os.utime(path, (1e9, 1e9))
    entry = archived(run.run_dir, "out/ckpt")["out/ckpt"]
    copy = run.storage_root / entry["archive_path"]
    assert {path.name: (path / "shard.pt").read_bytes() for path in copy.glob("rank*")} == {
        f"rank{number}": bytes([number]) * (6 << 20) for number in range(8)
    }
    assert (copy / ".complete").exists()
    before = copy.stat().st_ino
    progress(run, out, "more")
    run.finish()
    wait(lambda: clients.ended(run.run_dir).folds[0].asked == {}, "the watch does not end")
    assert outputs(run.run_dir)["out/ckpt"] == entry
    assert copy.stat().st_ino == before, "it was archived again"


def test_a_daemon_that_is_killed_in_the_middle_leaves_one_whole_copy(home: Home, daemon: Daemon, out: Path) -> None:
    write_shards(out, range(8))
    run = rn.init("outputs")
    run.watch_outputs(output_dirs=["out"], interval_sec=0.1, patterns=["ckpt/"], **NOW)
    copies = home.root / "archive" / "outputs" / "rolling" / "outputs" / run.id
    wait(lambda: copies.exists() and os.listdir(copies), "nothing is copied")
    daemon.kill()
    entry = archived(run.run_dir, "out/ckpt")["out/ckpt"]
    run.finish()
    wait(lambda: clients.ended(run.run_dir).folds[0].asked == {}, "the watch does not end")
    assert [path.name for path in copies.iterdir()] == [Path(entry["archive_path"]).name]
    assert len(list((home.root / entry["archive_path"]).glob("rank*/shard.pt"))) == 8
    assert outputs(run.run_dir) == {"out/ckpt": entry}


def test_what_is_archived_is_not_archived_again_by_the_next_daemon(home: Home, daemon: Daemon, out: Path) -> None:  # noqa: ARG001
    run = rn.init("outputs")
    (out / "a.pt").write_text("a")
    [entry] = run.scan_outputs_once(output_dirs=[out], **NOW)["archived_entries"]
    assert run.flush(50.0)
    daemon.kill()
    assert run.scan_outputs_once(output_dirs=[out], **NOW)["archived"] == 0
    assert rn.Api().run(run.id).outputs == [entry]
    run.finish()


def test_what_has_no_end_is_the_same_to_the_next_daemon(home: Home, daemon: Daemon, out: Path) -> None:  # noqa: ARG001
    """The fold is JSON, which has no infinity: the watch was refused."""
    run = rn.init("outputs")
    endless = float("inf")
    run.watch_outputs(output_dirs=[out], interval_sec=endless, state_gc_after_sec=endless, max_bytes=10**30)
    folds = run.run_dir / "writers"
    wait(lambda: any(said(path).get("asked") for path in folds.glob("*.json")), "the watch is not put down")
    daemon.kill()
    (out / "a.pt").write_text("the last")
    run.finish()
    assert archived(run.run_dir, "out/a.pt")["out/a.pt"]["saved"]


def test_an_error_is_shown(run: rn.Run, out: Path) -> None:
    """0.7.2 swallowed errors into a state file that nobody reads."""
    (out / "a.pt").write_text("x")
    blocked = run.storage_root / "archive" / "outputs" / "rolling" / "outputs" / run.id
    blocked.parent.mkdir(parents=True, exist_ok=True)
    blocked.write_text("a file is where the folder should be")
    assert run.scan_outputs_once(output_dirs=["out"], **NOW)["archived"] == 0
    [entry] = rn.Api().run(run.id).outputs
    assert (entry["key"], entry["saved"]) == ("out/a.pt", False)
    assert entry["last_error"] in runicorn("show", run.id)
    blocked.unlink()


def test_show_lists_outputs_in_short(run: rn.Run, out: Path) -> None:
    for content in ("one", "second"):
        (out / "a.pt").write_text(content)
        run.scan_outputs_once(output_dirs=["out"], mode="overwrite_versions", **NOW)
    told = [line.split() for line in runicorn("show", run.id).splitlines()]
    assert ["out/a.pt", "2", "6", "B"] in [line[:4] for line in told]


def test_noop_scans_nothing() -> None:
    with rn.enabled(False):
        run = rn.init("off")
        assert run.scan_outputs_once(output_dirs=["out"]) == {"scanned": 0, "archived": 0, "changed": 0}
        run.watch_outputs(output_dirs=["out"])
        run.stop_outputs_watch()
        run.finish()
