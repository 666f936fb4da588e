"""Datasets and pretrained models on the command line: shown, verified, and seen while they are worked on."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import PROGRAMS, call, runicorn, shown
from tests.conftest import Daemon, Home
from tests.programs import train, wait

from runicorn.cli import inputs
from runid import cli
from runid.store import blobs, runs

LOGS = """
import sys
import runicorn as rn
with rn.init("cv", run_id=sys.argv[2]) as run:
    run.log_dataset("photos", sys.argv[1], save=True)
    run.log_dataset("squad", "hf://squad", context="eval")
    run.log_pretrained("bert", path_or_uri="bert-base", source_type="huggingface")
    run.log_pretrained("lost", path_or_uri="/nowhere/model.pt")
"""

WHOSE = "Run r1 refers to it."


def archive(*arguments: str) -> list[str]:
    """What `runicorn fsck` finds wrong with the archive."""
    done = subprocess.run(
        [PROGRAMS / "runicorn", "fsck", "--json", *arguments], capture_output=True, text=True, check=False
    )
    found = json.loads(done.stdout)["found"]
    return [f"{one['file']}: {one['found']}" for one in found if one["file"].startswith("archive/")]


def logged(root: Path, data: Path, name: str) -> Path:
    """The folder of a run with datasets and models, once all is done."""
    train(LOGS, str(data), name)
    folder = root / "runs/cv" / name

    def done() -> bool:
        run = runs.read_run(folder)
        return not any("progress" in entry for entry in (*run.datasets, *run.pretrained))

    wait(done, f"what {folder} has asked for is not done")
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        (tmp_path / name).write_text(name * 1000)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def test_show_lists_them(root: Path, data: Path) -> None:
    folder = logged(root, data, "shown")
    told = shown(folder)
    run = runs.read_run(folder)
    assert (told["datasets"], told["pretrained"]) == (run.datasets, run.pretrained)
    lines = [line.split() for line in runicorn("show", folder).splitlines()]
    at = lines.index(["datasets"])
    fingerprint = str(run.datasets[0]["fingerprint"])[:12]
    assert lines[at + 1 : at + 4] == [
        ["name", "context", "where", "files", "size", "archived"],
        ["photos", "train", str(data), "2", "6.0", "kB", f"{fingerprint},", "1", "skipped"],
        ["squad", "eval", "hf://squad", "-", "-", "no"],
    ]
    at = lines.index(["pretrained"])
    assert lines[at + 2][:3] == ["bert", "huggingface", "bert-base"]
    assert lines[at + 3][-5:] == ["No", "such", "file", "or", "directory."]


def test_what_is_worked_on_shows_how_far_it_is() -> None:
    entry: dict[str, Any] = {"name": "d", "context": "train", "uri": "/d", "saved": False, "fingerprint": None}
    for progress, told in (
        ({}, "no, waits"),
        ({"files": 1, "bytes": 2_000_000, "total_bytes": 9_000_000}, "no, 2.0 MB of 9.0 MB"),
    ):
        (_, line) = inputs.table([entry | {"progress": progress}], "context", "uri")
        assert told in line
    assert inputs.table([], "context", "uri") == []


def test_status_shows_how_far_it_is() -> None:
    work = [
        {"kind": "dataset", "name": "photos", "progress": {"files": 3, "bytes": 2_000_000, "total_bytes": 9_000_000}},
        {"kind": "pretrained", "name": "bert", "progress": None},
        {"kind": "watch", "name": None, "progress": None},
    ]
    run = {"path": "cv", "run": "r1", "writers": 1, "used": {}, "trouble": "", "work": work, "pending": 25}
    counts = dict.fromkeys(("writers", "orphans", "unsealed", "rss_bytes", "cpu_seconds", "dropped", "lost_bytes"), 0)
    told = cli._told({"version": "1", "pid": 1, "host": "h", "runs": [run], **counts}).splitlines()
    assert told[-4:] == [
        "    dataset photos: 3 files, 2 of 9 MB",
        "    pretrained bert: waits for its turn, or has just begun",
        "    watch: until its writer ends",
        "    and 22 more",
    ]


def test_fsck_verifies_blobs_and_manifests_and_what_is_set_aside_is_archived_anew(
    home: Home, daemon: Daemon, data: Path
) -> None:
    folder = logged(home.root, data, "r1")
    (entry, _) = runs.read_run(folder).datasets
    found = blobs.read_manifest(home.root, entry["fingerprint"])
    assert found is not None
    paths = {name: home.root / blobs.blob_path(sha256) for name, sha256, _ in blobs.files_of(found)}
    daemon.stop()
    assert archive() == []
    for path in paths.values():
        path.chmod(0o644)
    paths["one"].write_bytes(b"x" * 3000)
    paths["two"].write_bytes(b"torn")
    left = home.root / "archive/blobs/.01234567.tmp"
    left.touch()
    os.utime(left, (1e9, 1e9))
    assert set(archive()) == {
        f"{left.relative_to(home.root)}: A daemon that was killed left it while it archived a file.",
        f"{blobs.blob_path(paths['one'].name)}: Its bytes are not what was archived. It is 'one' of {data}. {WHOSE}",
        f"{blobs.blob_path(paths['two'].name)}: It has 4 bytes, not 3000. It is 'two' of {data}. {WHOSE}",
    }
    assert call("runicorn", "fsck", "--repair", code=1)[0].count("Mended: it is set aside") == 2
    assert {line.partition(": ")[2] for line in archive()} == {
        f"It is missing. It is {name!r} of {data}. {WHOSE}" for name in paths
    }
    assert not left.exists()
    assert paths["one"].with_name(f"{paths['one'].name}.damaged").read_bytes() == b"x" * 3000
    daemon.start()
    logged(home.root, data, "r2")
    daemon.stop()
    assert archive() == []
    manifest = home.root / entry["manifest_path"]
    manifest.chmod(0o644)
    manifest.write_text("{}")
    assert archive("r1") == [f"{entry['manifest_path']}: It does not hold what its fingerprint says. {WHOSE}"]
    manifest.unlink()
    assert archive("r1") == [f"{entry['manifest_path']}: It is missing. {WHOSE}"]
