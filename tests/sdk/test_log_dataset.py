"""`log_dataset` and `log_pretrained`: what becomes of them, and none of the mistakes of the program before this one."""

import hashlib
import json
import logging
import os
import select
import shutil
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.conftest import Daemon, Home
from tests.programs import finish, points, said, start, wait

import runicorn as rn
from runid.store import blobs, files, runs

FILES = {"a/1": b"one", "a/2": b"two" * 1000, "b": b"three"}


def settled(folder: Path) -> dict[str, Any]:
    """assets.json of a run that has finished, as soon as nothing is pending."""

    def done() -> dict[str, Any] | None:
        run, assets = runs.read_run(folder), said(folder / "assets.json")
        told = json.loads(files.dumps({"datasets": run.datasets, "pretrained": run.pretrained}))
        pending = any("progress" in entry for entries in told.values() for entry in entries)
        return assets if not pending and assets == assets | told else None

    found: dict[str, Any] = wait(done, f"what {folder} has asked for is not done")
    return found


def stored(root: Path) -> list[bytes]:
    """The contents of all blobs of a root; fails the test for one that is not what it is named by."""
    paths = list((root / "archive/blobs").glob("*/*"))
    assert [path.name for path in paths] == [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    return sorted(path.read_bytes() for path in paths)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a few files."""
    for name, contents in FILES.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(contents)
    return tmp_path / "data"


def test_a_dataset_and_a_model_are_archived_and_stand_in_assets_json(run: rn.Run, root: Path, data: Path) -> None:
    run.log_dataset("train set", data, save=True, description="mine")
    rn.log_dataset("eval set", str(data), context="eval")
    run.log_pretrained("model", path_or_uri=data / "b", save=True, source_type="local")
    run.finish()
    assets = settled(run.run_dir)
    archived, looked = assets["datasets"]
    assert archived == {
        "name": "train set", "context": "train", "uri": str(data), "description": "mine", "path": str(data),
        "saved": True, "fingerprint_kind": "sha256_manifest", "fingerprint": archived["fingerprint"],
        "archive_path": archived["manifest_path"], "manifest_path": blobs.manifest_path(archived["fingerprint"]),
        "file_count": 3, "total_size_bytes": 3008,
    }  # fmt: skip
    assert (looked["context"], looked["saved"], looked["fingerprint"]["file_count"]) == ("eval", False, 3)
    sha256 = hashlib.sha256(b"three").hexdigest()
    (model,) = assets["pretrained"]
    assert model == {
        "name": "model", "source_type": "local", "path_or_uri": str(data / "b"), "description": None,
        "path": str(data / "b"), "saved": True, "fingerprint_kind": "sha256", "fingerprint": sha256,
        "archive_path": blobs.blob_path(sha256), "file_count": 1, "total_size_bytes": 5,
    }  # fmt: skip
    assert set(FILES.values()) <= set(stored(root))
    again = rn.Api().run(run.id)
    assert (again.datasets, again.pretrained) == (assets["datasets"], assets["pretrained"])


def test_asset_paths_are_relative_so_a_root_can_be_moved(run: rn.Run, root: Path, data: Path, tmp_path: Path) -> None:
    run.log_dataset("d", data, save=True)
    run.finish()
    (entry,) = settled(run.run_dir)["datasets"]
    shutil.copytree(root / "archive", tmp_path / "moved/archive")
    manifest = json.loads((tmp_path / "moved" / entry["manifest_path"]).read_bytes())
    for name, about in manifest["files"].items():
        assert (tmp_path / "moved" / blobs.blob_path(about["sha256"])).read_bytes() == FILES[name]


@pytest.mark.parametrize("uri", ["hf://foo/bar", "s3://bucket//twice/", "HTTPS://x/?y=//z", {"hub": {"id": "foo/bar"}}])
def test_uris_are_kept_verbatim(run: rn.Run, uri: Any) -> None:
    run.log_dataset("d", uri)
    run.log_pretrained("m", path_or_uri=uri, save=True)
    run.finish()
    assets = settled(run.run_dir)
    (dataset,), (model,) = assets["datasets"], assets["pretrained"]
    assert (dataset["uri"], dataset["path"], dataset["saved"], dataset["fingerprint"]) == (uri, None, False, None)
    assert "error" not in dataset
    assert (model["path_or_uri"], model["saved"]) == (uri, False)
    assert model["error"] == "Only a file or folder of this machine can be archived."


def test_a_missing_path_is_not_silently_unsaved(run: rn.Run, tmp_path: Path) -> None:
    run.log_dataset("path", tmp_path / "nowhere")
    run.log_dataset("text", str(tmp_path / "nowhere"), save=True)
    run.log_pretrained("name", path_or_uri="bert-base-uncased", source_type="huggingface")
    run.log_pretrained("saved name", path_or_uri="bert-base-uncased", save=True)
    run.finish()
    assets = settled(run.run_dir)
    for entry in (*assets["datasets"], assets["pretrained"][1]):
        assert entry["saved"] is False
        assert entry["error"].endswith("No such file or directory.")
    assert assets["datasets"][0]["uri"] == str(tmp_path / "nowhere")
    assert "error" not in assets["pretrained"][0], "it is the name of something that lies elsewhere"


def test_a_relative_path_is_the_one_at_the_call(run: rn.Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data.parent)
    run.log_dataset("d", "./data", save=True)
    run.log_dataset("dot", Path("data/../data/a"))
    monkeypatch.chdir("/")
    run.finish()
    saved, dotted = settled(run.run_dir)["datasets"]
    assert (saved["uri"], saved["path"], saved["saved"]) == ("./data", str(data), True)
    assert (dotted["uri"], dotted["path"], dotted["fingerprint"]["file_count"]) == ("data/../data/a", f"{data}/a", 2)


def test_duplicate_names_are_merged(run: rn.Run, data: Path) -> None:
    for _ in range(3):
        run.log_dataset("d", data, save=True)
    run.log_dataset("d", data, context="eval")
    run.finish()
    assert [entry["context"] for entry in settled(run.run_dir)["datasets"]] == ["train", "eval"]


def test_too_large_is_said_and_never_raised(run: rn.Run, data: Path) -> None:
    run.log_dataset("d", data, save=True, max_archive_bytes=3007)
    run.log_dataset("forced", data, save=True, max_archive_files=1, force_save=True)
    run.finish()
    refused, forced = settled(run.run_dir)["datasets"]
    assert (refused["saved"], refused["fingerprint"]["total_size_bytes"]) == (False, 3008)
    assert refused["error"] == (
        "dataset too large to archive; set force_save=True or use save=False: 3 files with 3008 bytes, and 2000000 "
        "files with 3007 bytes may be."
    )
    assert forced["saved"]


def test_save_without_a_path_is_an_error_at_the_call(run: rn.Run) -> None:
    with pytest.raises(ValueError, match=r"^save=True requires path_or_uri$"):
        run.log_pretrained("m", save=True)
    run.log_pretrained("m")
    run.finish()
    assert settled(run.run_dir)["pretrained"][0]["path_or_uri"] is None


class Broken:
    """A path that is none."""

    def __fspath__(self) -> str:
        raise OSError("no path today")


def test_nothing_else_is_raised_but_said_once(run: rn.Run, data: Path, caplog: pytest.LogCaptureFixture) -> None:
    given: Any
    with caplog.at_level(logging.WARNING, "runicorn"):
        for given in (Broken(), Broken(), {"much": "x" * 300_000}):
            run.log_dataset("d", given)
        run.log_dataset("limits", data, max_archive_bytes=given, max_archive_files=float("nan"))  # type: ignore[arg-type]
        run.log_dataset("endless", data, save=True, max_archive_bytes=float("inf"))  # type: ignore[arg-type]
        for given in (None, 3, ["a"], b"bytes", "a\0b"):
            run.log_dataset(given, given, context=given, description=given)
        run.finish()
        run.log_dataset("late", data)
    notices = [record.getMessage() for record in caplog.records]
    assert len(notices) == 5
    for told in ("no path today", "300", "max_archive_bytes is no number", "max_archive_files", "has finished"):
        assert sum(told in notice for notice in notices) >= 1, (told, notices)
    assets = settled(run.run_dir)
    assert {entry["name"] for entry in assets["datasets"] if entry["saved"]} == {"endless"}
    assert len(assets["datasets"]) == 7


CALLS = """
import sys, time
import runicorn as rn
run = rn.init("stopped", run_id=sys.argv[2])
assert run.flush(50.0)
print("ready", flush=True)
input()
run.log_dataset("d", sys.argv[1], save=True)
run.log_pretrained("m", path_or_uri=sys.argv[1], save=True)
for step in range(100):
    run.log({"loss": 1.0}, step=step)
print("logged", flush=True)
input()
run.finish()
"""


def test_no_call_waits_for_the_hashing_and_copying(home: Home, daemon: Daemon, data: Path) -> None:
    trainer = start(CALLS, str(data), "r1")
    assert trainer.stdout is not None
    assert trainer.stdin is not None
    assert trainer.stdout.readline() == "ready\n"
    os.kill(daemon.pid, signal.SIGSTOP)
    try:
        trainer.stdin.write("\n")
        trainer.stdin.flush()
        assert select.select([trainer.stdout], [], [], 50.0)[0], "a call waits for the daemon"
        assert trainer.stdout.readline() == "logged\n"
        assert not (home.root / "archive").exists()
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    finish_with_a_line(trainer)
    assets = settled(home.root / "runs/stopped/r1")
    assert [entry["saved"] for entry in (*assets["datasets"], *assets["pretrained"])] == [True, True]


def finish_with_a_line(trainer: Any) -> None:
    trainer.communicate("\n", timeout=50.0)
    assert trainer.returncode == 0


LOGS = """
import sys
import runicorn as rn
with rn.init("known", run_id=sys.argv[2]) as run:
    for step in range(200):
        run.log({"loss": 1.0}, step=step)
        if step % 50 == 0:
            run.log_dataset("d", sys.argv[1], save=True)
            run.log_dataset("looked at", sys.argv[1])
"""


def test_a_known_fingerprint_locks_nothing(home: Home, daemon: Daemon, data: Path) -> None:
    """Two runs with the same dataset, each of which logs it again and again; then one more."""
    for trainer in [start(LOGS, str(data), name) for name in ("r1", "r2")]:
        finish(trainer)
    finish(start(LOGS, str(data), "r3"))
    for name in ("r1", "r2", "r3"):
        folder = home.root / "runs/known" / name
        archived, looked = settled(folder)["datasets"]
        assert (archived["name"], archived["saved"], looked["name"]) == ("d", True, "looked at")
        assert len(points(runs.read_run(folder))) == 200
    assert stored(home.root) == sorted(FILES.values())
    assert len(list((home.root / "archive/manifests").glob("*/*.json"))) == 1
    assert daemon.status()["pid"] == daemon.pid


def test_ranks_that_log_the_same_are_one_entry(home: Home, daemon: Daemon, data: Path) -> None:
    job = os.environ | {"TORCHELASTIC_RUN_ID": "job", "MASTER_ADDR": "host", "MASTER_PORT": "1"}
    ranks = [start(LOGS, str(data), "r1", env=job | {"RANK": str(rank), "WORLD_SIZE": "2"}) for rank in range(2)]
    for rank in ranks:
        finish(rank)
    assert [entry["name"] for entry in settled(home.root / "runs/known/r1")["datasets"]] == ["d", "looked at"]
    assert stored(home.root) == sorted(FILES.values())
    assert daemon.status()["pid"] == daemon.pid


ARCHIVES = """
import sys
import runicorn as rn
with rn.init("killed", run_id="r1") as run:
    run.log_dataset("d", sys.argv[1], save=True)
"""


def test_a_daemon_killed_while_it_archives_has_it_once_and_whole(home: Home, daemon: Daemon, data: Path) -> None:
    contents = {f"many/{number}": bytes([number % 256]) * (100 + number) for number in range(400)}
    (data / "many").mkdir()
    for name, what in contents.items():
        (data / name).write_bytes(what)
    finish(start(ARCHIVES, str(data)))
    wait(lambda: list((home.root / "archive/blobs").glob("*/*")), "nothing is archived")
    workers = psutil.Process(daemon.pid).children(recursive=True)
    daemon.kill()
    psutil.wait_procs(workers, timeout=50.0)  # they are killed with the daemon
    stored(home.root)
    daemon.start()
    (entry,) = settled(home.root / "runs/killed/r1")["datasets"]
    assert (entry["saved"], entry["file_count"]) == (True, 403)
    assert stored(home.root) == sorted([*FILES.values(), *contents.values()])
    manifest = blobs.read_manifest(home.root, entry["fingerprint"])
    assert manifest is not None
    assert {name: hashlib.sha256(what).hexdigest() for name, what in (FILES | contents).items()} == {
        name: about["sha256"] for name, about in manifest["files"].items()
    }
