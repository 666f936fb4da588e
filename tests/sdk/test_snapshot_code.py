"""`init(snapshot_code=True)`: what the daemon keeps of the code, once for equal code, and what it says otherwise."""

import os
import random
import subprocess
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import runicorn
from tests.conftest import Daemon, Home
from tests.programs import ended, said, train, wait

import runicorn as rn
from runid.jobs import code as job
from runid.snapshot import taking
from runid.snapshot.walk import Limits


@pytest.fixture(name="code")
def _code(tmp_path: Path) -> Path:
    """A workspace of one file, whose content no other test has."""
    (tmp_path / "train.py").write_text(f"# {tmp_path}\n")
    return tmp_path


def take(code: Path, path: str = "code", **arguments: Any) -> rn.Run:
    """A run that snapshots its code, finished."""
    run = rn.init(path, snapshot_code=True, workspace_root=code, **arguments)
    run.log(loss=1.0)
    run.finish()
    return run


def kept(run: rn.Run) -> dict[str, Any]:
    """What became of its snapshot, once that is known."""
    found: dict[str, Any] = wait(lambda: rn.Api().run(run.id).code, "nothing became of the snapshot")
    return found


def blobs(root: Path) -> set[Path]:
    return {path for path in (root / "archive" / "blobs").rglob("*") if path.is_file()}


def test_what_is_kept(root: Path, code: Path) -> None:
    (code / "data").mkdir()
    (code / "data" / "big.bin").touch()
    (code / ".rnignore").write_text("/data/\n")
    os.mkfifo(code / "fifo")
    run = take(code)
    found = kept(run)
    created = found.pop("created_at")
    blob = root / found["archive_path"]
    assert found == {
        "saved": True, "workspace_root": str(code), "format": "zip",
        "archive_path": f"archive/blobs/{blob.name[:2]}/{blob.name}",
        "fingerprint_kind": "sha256", "fingerprint": blob.name,
        "file_count": 1, "total_bytes": (code / "train.py").stat().st_size,
        "changed": [], "changed_count": 0, "skipped": {"fifo": "a FIFO"}, "skipped_count": 1,
    }  # fmt: skip
    assert type(created) is int
    with zipfile.ZipFile(blob) as archive:
        assert archive.namelist() == ["train.py"]
        assert archive.read("train.py") == (code / "train.py").read_bytes()
    folder = ended(root, f"*/{run.id}").folder
    told = wait(lambda: said(folder / "assets.json").get("code", {}).get("snapshot"), "assets.json does not say it")
    assert told == found | {"created_at": created}
    assert f"1 file, {told['total_bytes']} B, in {told['archive_path']}" in runicorn("show", run.id)


def test_git_is_told_with_what_differs(root: Path, code: Path) -> None:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    for command in (
        ("init", "-q", "-b", "topic"),
        ("add", "."),
        (*identity, "commit", "-q", "-m", "first"),
        ("remote", "add", "origin", "https://me:hunter2@example.org/it.git"),
    ):
        subprocess.run(["git", *command], cwd=code, check=True)
    (code / "train.py").write_text("changed\n")
    (code / "new.py").touch()
    run = take(code)
    found = kept(run)["git"]
    diff = found.pop("diff")
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=code, check=True, capture_output=True, text=True)
    assert found == {
        "commit": head.stdout.strip(), "branch": "topic", "remote": "https://***@example.org/it.git",
        "has_changes": True, "changed_files_count": 2, "untracked": ["new.py"], "untracked_count": 1,
    }  # fmt: skip
    said = (root / diff["archive_path"]).read_text()
    assert "+changed" in said
    assert (diff["total_bytes"], diff["truncated"]) == (len(said), False)
    assert f"commit {found['commit'][:12]} of topic, changed since" in runicorn("show", run.id)


def test_unchanged_code_is_stored_once_by_runs_one_after_the_other_and_side_by_side(root: Path, code: Path) -> None:
    first = kept(take(code))
    before = {path: path.stat().st_mtime_ns for path in blobs(root)}
    runs = [rn.init(f"side-{number}", snapshot_code=True, workspace_root=code) for number in range(2)]
    for run in runs:
        run.finish()
    assert {kept(run)["archive_path"] for run in (*runs, take(code))} == {first["archive_path"]}
    assert {path: path.stat().st_mtime_ns for path in blobs(root)} == before


def test_a_daemon_killed_during_the_snapshot_keeps_it_once(home: Home, daemon: Daemon, code: Path) -> None:
    (code / "weights.py").write_bytes(random.Random(0).randbytes(40_000_000))  # seconds of work
    run = take(code)
    place = home.root / "archive" / "blobs"
    wait(lambda: list(place.glob(".*.tmp")), "the snapshot does not begin")
    daemon.kill()
    assert not [path for path in blobs(home.root) if not path.name.startswith(".")]
    daemon.start()
    found = kept(run)
    assert blobs(home.root) == {home.root / found["archive_path"]}
    with zipfile.ZipFile(home.root / found["archive_path"]) as archive:
        assert archive.testzip() is None
    assert found["changed"] == []


def test_what_is_too_large_leaves_the_run_and_says_so(root: Path, code: Path) -> None:
    with open(code / "checkpoint.py", "wb") as file:
        file.truncate(501 << 20)
    run = take(code)
    found = kept(run)
    assert not found["saved"]
    assert found["reason"].startswith("code snapshot too large: total bytes exceeded: ")
    assert "checkpoint.py" in found["reason"]
    assert rn.Api().run(run.id).status == "finished"
    assert f"WARNING | The code was not kept: {found['reason']}\n" in rn.Api().run(run.id).text()
    assert "not kept: code snapshot too large" in runicorn("show", run.id)
    assert not list((root / "archive" / "blobs").glob(".*"))


@pytest.mark.parametrize("force", [False, True])
def test_force_snapshot_lifts_the_limits(
    tmp_path_factory: pytest.TempPathFactory, code: Path, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    root = tmp_path_factory.mktemp("root")
    given: list[Limits] = []
    take = taking.take

    def record(workspace: Path, out: Path, limits: Limits, since: float) -> taking.Taken:
        given.append(limits)
        return take(workspace, out, limits, since=since)

    monkeypatch.setattr(taking, "take", record)
    asked = {"workspace_root": str(code), "force": force, "time": time.time()}
    assert job.snapshot({"id": "0" * 16, "root": str(root), "ask": asked}, lambda _: None)["saved"]
    assert given == [Limits(200_000, 500 << 20, force)]


def test_a_workspace_that_is_not_there_is_said(root: Path, code: Path) -> None:  # noqa: ARG001  it has a daemon
    found = kept(take(code / "nowhere", force_snapshot=True))
    assert not found["saved"]
    assert found["reason"] == f"There is no code to snapshot, the workspace does not exist: {code / 'nowhere'}."


def test_the_default_workspace_is_the_checkout_and_its_own_root_is_not_swallowed(
    code: Path, home: Home, daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert daemon.pid
    subprocess.run(["git", "init", "-q"], cwd=code, check=True)
    (code / "sub").mkdir()
    monkeypatch.chdir(code / "sub")
    monkeypatch.delenv("RUNICORN_DIR")
    sizes = set()
    for _ in range(2):
        run = rn.init(snapshot_code=True)
        assert run.storage_root == code / "sub" / ".runicorn"
        run.finish()
        found = kept(run)
        assert found["workspace_root"] == str(code)
        sizes.add((found["file_count"], found["fingerprint"]))
    assert len(sizes) == 1
    assert not home.root.exists()


def test_of_the_ranks_of_a_job_the_first_one_asks(root: Path, code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = {"TORCHELASTIC_RUN_ID": "a", "MASTER_ADDR": "h", "MASTER_PORT": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1"}
    for name, value in job.items():
        monkeypatch.setenv(name, value)
    before = blobs(root)
    ids = set()
    for rank in (1, 0):
        monkeypatch.setenv("RANK", str(rank))
        run = rn.init("ranks", snapshot_code=True, workspace_root=code, run_id="of-ranks")
        run.finish()
        ids.add(run.rank)
        assert rn.Api().run(run.id).code == {} or rank == 0
    assert ids == {0, 1}
    assert kept(run)["saved"]
    assert len(blobs(root) - before) == 1


ASKS = """
import sys
import runicorn as rn
with rn.init("asks", snapshot_code=True, workspace_root=sys.argv[1]) as run:
    run.log(loss=1.0)
print(sorted({"pathspec", "zipfile", "subprocess"} & set(sys.modules)))
"""


def test_the_training_process_asks_and_does_nothing_of_it(root: Path, code: Path) -> None:
    assert train(ASKS, str(code)) == "[]\n"
    assert wait(lambda: ended(root, "asks/*").code, "nothing became of the snapshot")["saved"]
