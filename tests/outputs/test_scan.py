"""One scan after the other: what is found, when it is taken for whole, and that nothing is archived twice."""

import json
import os
import socket
import time
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

import pytest
from tests.outputs.conftest import Scanner

from runid.outputs import archive, walk
from runid.outputs.patterns import Patterns
from runid.store.copying import copy


def test_an_entry(scanner: Scanner) -> None:
    path = scanner.write("deep/best.pt", "weights")
    before = int(time.time())
    result = scanner.scan()
    [entry] = result["archived_entries"]
    assert (result["scanned"], result["archived"], result["changed"], result["more"]) == (1, 1, 1, False)
    assert before <= entry.pop("archived_at") <= time.time()
    assert entry == {
        "key": "out/deep/best.pt",
        "name": "best.pt",
        "kind": "file",
        "path": "./out/deep/best.pt",
        "saved": True,
        "archive_path": f"archive/outputs/rolling/p/r1/{sha1(b'out/deep/best.pt').hexdigest()}_best.pt",
        "fingerprint_kind": "sha256",
        "fingerprint": sha256(b"weights").hexdigest(),
        "mode": "rolling",
        "size_bytes": 7,
        "step": 7,
        "stamp": f"7:{path.stat().st_mtime_ns}",
    }
    assert (scanner.root / entry["archive_path"]).read_text() == "weights"


def test_runs_of_one_id_and_different_paths_have_copies_of_their_own(scanner: Scanner) -> None:
    scanner.write("a.pt", "one's")
    [one] = scanner.scan()["archived_entries"]
    scanner.forget()
    scanner.write("a.pt", "the other's")
    other = scanner.scan(run_dir=str(scanner.root / "runs" / "q" / "r1"), entries=[])["archived_entries"][0]
    assert (scanner.root / one["archive_path"]).read_text() == "one's"
    assert (scanner.root / other["archive_path"]).read_text() == "the other's"


def test_of_a_run_s_folder_what_is_its_user_s_is_an_output(scanner: Scanner) -> None:
    """What is ours in it changes with each copy, and so would never come to rest."""
    for name in ("meta.json", "logs.txt", "assets.json", "writers/one.json", "assets/one.json", "media/1.png"):
        scanner.write(f"p/r1/{name}")
    scanner.write("p/r1/outputs/one.json")
    scanner.write("p/r1/report.json")
    scanner.write("p/meta.json")
    scanner.scan(patterns=["*", "assets/"])
    assert set(scanner.kept()) == {f"out/p/{name}" for name in ("r1/outputs/one.json", "r1/report.json", "meta.json")}


def test_a_folder_outside_the_workspace_has_an_absolute_key(scanner: Scanner, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "a.pt").write_text("x")
    [entry] = scanner.scan(output_dirs=[str(tmp_path / "far")])["archived_entries"]
    assert entry["key"] == entry["path"] == str(tmp_path / "far" / "a.pt")


def test_rolling_replaces_and_versions_are_added(scanner: Scanner) -> None:
    for content in ("one", "two", "two", "three"):
        scanner.write("a.pt", content)
        scanner.scan(mode="rolling")
        scanner.scan(mode="overwrite_versions")
    entries = {mode: [one for one in scanner.entries if one["mode"] == mode] for mode in archive.MODES}
    assert [len(found) for found in entries.values()] == [1, 3]
    assert scanner.kept()["out/a.pt"] == ["three", "one", "two", "three"]
    assert len(scanner.copies()) == 4
    called = sha1(b"out/a.pt").hexdigest()
    version = entries["overwrite_versions"][0]
    assert version["archive_path"] == f"archive/outputs/versions/p/r1/{called}/{version['fingerprint'][:16]}_a.pt"


def test_stable_is_what_several_scans_in_a_row_saw(scanner: Scanner) -> None:
    scanner.write("a.pt", "1")
    assert scanner.scan(stable_required=3)["archived"] == 0
    assert scanner.scan(stable_required=3)["archived"] == 0
    scanner.write("a.pt", "22")
    assert [scanner.scan(stable_required=3)["archived"] for _ in range(4)] == [0, 0, 1, 0]
    assert scanner.kept() == {"out/a.pt": ["22"]}


def test_a_scan_that_goes_on_is_no_sighting_of_its_own(scanner: Scanner) -> None:
    scanner.write("a.pt")
    assert [scanner.scan(stable_required=2, counts=False)["archived"] for _ in range(3)] == [0, 0, 0]
    assert scanner.scan(stable_required=2)["archived"] == 1


def test_stable_is_what_is_old_enough_too(scanner: Scanner) -> None:
    scanner.write("new.pt")
    scanner.write("old.pt", age=7200.0)
    scanner.scan(min_age_sec=3600.0)
    scanner.scan(min_age_sec=3600.0)
    assert list(scanner.kept()) == ["out/old.pt"]


def test_a_file_from_the_future_gets_old_all_the_same(scanner: Scanner) -> None:
    """The clock of a file server may be ahead of ours."""
    scanner.write("a.pt", age=-86400.0)
    assert scanner.scan(min_age_sec=1e-9)["archived"] == 0
    assert scanner.scan(min_age_sec=1e-9)["archived"] == 1


def test_what_is_there_at_the_end_is_archived_as_it_is(scanner: Scanner) -> None:
    scanner.write("a.pt")
    scanner.write("a.log")
    scanner.scan(stable_required=9, log_snapshot_interval_sec=999.0)
    scanner.write("a.log", "longer")
    result = scanner.scan(stable_required=9, min_age_sec=999.0, log_snapshot_interval_sec=999.0, final=True)
    assert result["archived"] == 2
    assert scanner.kept() == {"out/a.pt": ["x"], "out/a.log": ["longer"]}


def test_what_a_killed_process_may_have_torn_replaces_no_whole_copy(scanner: Scanner) -> None:
    scanner.write("best.pt", "whole")
    scanner.write("old.pt", "before", age=60.0)
    scanner.scan()
    best = scanner.write("best.pt", "hal")
    scanner.write("old.pt", "behind", age=30.0)
    scanner.write("new.pt", "n")
    heard = best.stat().st_mtime - 10.0
    result = scanner.scan(final=True, killed=heard)
    assert scanner.kept() == {"out/best.pt": ["whole"], "out/old.pt": ["behind"], "out/new.pt": ["n"]}
    assert [entry["key"] for entry in result["archived_entries"] if entry.get("may_be_torn")] == ["out/new.pt"]
    (failed,) = result["failed"]
    assert (failed["key"], failed["saved"]) == ("out/best.pt", False)
    assert "may be torn: the copy before is kept" in failed["last_error"]
    # As a version it takes nothing away.
    scanner.scan(final=True, killed=heard, mode="overwrite_versions")
    assert "hal" in scanner.kept()["out/best.pt"]


def test_unchanged_files_are_neither_hashed_nor_copied_again(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    """0.7.2 hashed and copied every stable file in every scan: 200 MB took 0.4 to 1 s each time."""
    scanner.write("a.pt")
    scanner.write("ckpt/a.bin")
    scanner.scan(patterns=["*.pt", "ckpt/"])

    def never(*_: object, **__: object) -> None:
        raise AssertionError("an unchanged file was opened")

    monkeypatch.setattr("runid.outputs.archive.copy", never)
    assert scanner.scan(patterns=["*.pt", "ckpt/"])["state"] is None
    scanner.forget()
    result = scanner.scan(patterns=["*.pt", "ckpt/"])
    assert (result["scanned"], result["archived"]) == (2, 0)


def test_the_same_content_is_archived_once_whatever_its_time(scanner: Scanner) -> None:
    path = scanner.write("a.pt")
    scanner.scan(mode="overwrite_versions")
    os.utime(path, (1, 1))
    assert scanner.scan(mode="overwrite_versions")["archived"] == 0
    scanner.write("a.pt", "other")
    scanner.scan(mode="overwrite_versions")
    scanner.write("a.pt", "x")
    assert scanner.scan(mode="overwrite_versions")["archived"] == 0
    scanner.forget()
    assert scanner.scan(mode="overwrite_versions")["archived"] == 0
    assert scanner.kept() == {"out/a.pt": ["x", "other"]}


def test_logs_are_snapshots_at_an_interval(scanner: Scanner) -> None:
    scanner.write("run.log", "one\n")
    [entry] = scanner.scan(mode="overwrite_versions", stable_required=9, log_snapshot_interval_sec=999.0)[
        "archived_entries"
    ]
    assert (entry["mode"], entry["fingerprint_kind"]) == ("rolling", "stat")
    assert json.loads(entry["fingerprint"]).keys() == {"mtime", "size"}
    scanner.write("run.log", "one\ntwo\n")
    assert scanner.scan(log_snapshot_interval_sec=999.0)["archived"] == 0
    scanner.forget()
    assert scanner.scan(log_snapshot_interval_sec=999.0)["archived"] == 0
    assert scanner.scan(log_snapshot_interval_sec=0.0)["archived"] == 1
    assert scanner.scan(log_snapshot_interval_sec=0.0)["archived"] == 0
    assert scanner.kept() == {"out/run.log": ["one\ntwo\n"]}


# -- folders as units -------------------------------------------------------------------------------------------------


def shards(scanner: Scanner, content: str, count: int = 8) -> None:
    for number in range(count):
        scanner.write(f"ckpt/rank{number}/shard.pt", f"{content} {number}")


def tree(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_is_one_output(scanner: Scanner) -> None:
    shards(scanner, "first")
    os.symlink("rank0/shard.pt", scanner.out / "ckpt" / "latest")
    result = scanner.scan(patterns=["ckpt/", "*.pt"])
    [entry] = result["archived_entries"]
    assert (result["scanned"], entry["key"], entry["kind"]) == (1, "out/ckpt", "dir")
    assert (entry["fingerprint_kind"], entry["size_bytes"]) == ("sha256_manifest", 8 * 7)
    archived = scanner.root / entry["archive_path"]
    assert archived.name.endswith("_ckpt")
    assert os.readlink(archived / "latest") == "rank0/shard.pt"
    found = tree(archived)
    assert found.pop(".complete") == ""
    assert found == tree(scanner.out / "ckpt")


def test_a_folder_s_change_is_seen_in_the_files_below_it(scanner: Scanner) -> None:
    """0.7.2 looked at the time of the folder itself, which a change of a file in it does not touch."""
    shards(scanner, "first")
    scanner.scan(patterns=["ckpt/"])
    before = (scanner.out / "ckpt").stat().st_mtime_ns
    scanner.write("ckpt/rank3/shard.pt", "second")
    assert (scanner.out / "ckpt").stat().st_mtime_ns == before
    assert scanner.scan(patterns=["ckpt/"], stable_required=2)["archived"] == 0
    assert scanner.scan(patterns=["ckpt/"], stable_required=2)["archived"] == 1
    [entry] = scanner.entries
    assert (scanner.root / entry["archive_path"] / "rank3" / "shard.pt").read_text() == "second"
    assert len(scanner.copies()) == 9


def test_versions_of_a_folder(scanner: Scanner) -> None:
    for content in ("first", "other"):
        shards(scanner, content, 2)
        scanner.scan(patterns=["ckpt/"], mode="overwrite_versions")
    found = [tree(scanner.root / entry["archive_path"]) for entry in scanner.entries]
    assert [sorted(one.values()) for one in found] == [["", "first 0", "first 1"], ["", "other 0", "other 1"]]


def test_a_folder_that_is_written_while_it_is_copied_waits(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    shards(scanner, "first")
    real, written = copy, iter(["second"])

    def writes(source: str, target: Path, **how: Any) -> Any:
        for content in written:
            scanner.write("ckpt/rank0/shard.pt", content)
        return real(source, target, **how)

    monkeypatch.setattr(archive, "copy", writes)
    result = scanner.scan(patterns=["ckpt/"])
    assert (result["archived"], result["failed"], scanner.copies()) == (0, [], [])
    assert scanner.scan(patterns=["ckpt/"])["archived"] == 1


def test_a_folder_s_own_complete_file_stays_its_own(scanner: Scanner, tmp_path: Path) -> None:
    scanner.write("ckpt/a.pt")
    os.symlink(tmp_path / "elsewhere", scanner.out / "ckpt" / ".complete")
    [entry] = scanner.scan(patterns=["ckpt/"])["archived_entries"]
    assert os.readlink(scanner.root / entry["archive_path"] / ".complete") == str(tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def test_readers_of_a_folder_s_copy_never_see_half_of_it(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is exchanged for the new one in one step; where the file system cannot do that, in two."""
    shards(scanner, "first", 2)
    [entry] = scanner.scan(patterns=["ckpt/"])["archived_entries"]
    archived = scanner.root / entry["archive_path"]
    opened = os.open(archived, os.O_RDONLY)
    shards(scanner, "other", 2)
    scanner.scan(patterns=["ckpt/"])
    assert os.stat(archived).st_ino != os.fstat(opened).st_ino
    os.close(opened)
    monkeypatch.setattr(archive, "_exchange", lambda *_: False)
    shards(scanner, "third", 2)
    scanner.scan(patterns=["ckpt/"])
    assert sorted(tree(archived).values()) == ["", "third 0", "third 1"]


# -- what is no output ------------------------------------------------------------------------------------------------


def test_links_pipes_and_sockets_are_passed_over_and_never_wait(scanner: Scanner, tmp_path: Path) -> None:
    secret = tmp_path / "secret.pt"
    secret.write_text("secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.pt").write_text("secret")
    os.symlink(secret, scanner.out / "link.pt")
    os.symlink(tmp_path / "folder", scanner.out / "folder")
    os.symlink(tmp_path / "folder", scanner.out / "ckpt")
    os.mkfifo(scanner.out / "pipe.pt")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(scanner.out / "socket.pt"))
        result = scanner.scan(patterns=["*.pt", "ckpt/"])
    assert (result["scanned"], result["failed"], scanner.copies()) == (0, [], [])


def test_a_file_that_becomes_a_link_meanwhile_is_not_followed(scanner: Scanner, tmp_path: Path) -> None:
    path = scanner.write("a.pt")
    [found] = walk.find(str(scanner.out), Patterns(), lambda *_: None)
    path.unlink()
    os.symlink(tmp_path / "elsewhere", path)
    (tmp_path / "elsewhere").write_text("secret")
    made = archive.Archive(scanner.root, scanner.root / "runs" / "p" / "r1", "one")
    with pytest.raises(OSError, match="symbolic link"), made.copied(found, "rolling", log=False):
        pass


def test_a_storage_root_inside_is_not_archived(scanner: Scanner) -> None:
    scanner.write(".runicorn/runs/p/r/meta.json")
    scanner.write(".runicorn/.runicorn-root")
    scanner.write("a.json")
    assert scanner.scan()["scanned"] == 1


def test_missing_folders_are_skipped_and_one_that_is_given_twice_counts_once(scanner: Scanner) -> None:
    scanner.write("deep/a.pt")
    folders = [str(scanner.out), str(scanner.out / "deep"), str(scanner.workspace / "nothing")]
    result = scanner.scan(output_dirs=folders)
    assert (result["scanned"], result["archived"], result["failed"]) == (1, 1, [])


def test_a_root_that_has_gone_is_not_made_anew(scanner: Scanner) -> None:
    scanner.write("a.pt")
    (scanner.root / ".runicorn-root").unlink()
    scanner.root.rmdir()
    assert [entry["last_error"] for entry in scanner.scan()["failed"]] == ["No such file or directory"]
    assert not scanner.root.exists()


def test_names_that_are_no_text_and_long_ones(scanner: Scanner) -> None:
    os.makedirs(os.fsencode(scanner.out) + b"/\xff")
    name = os.fsencode(scanner.out) + b"/\xff/" + b"x" * 252 + b".pt"
    with open(name, "w") as file:
        file.write("odd")
    [entry] = scanner.scan()["archived_entries"]
    assert entry["key"].startswith("out/\ufffd/xxx")
    assert scanner.scan()["archived"] == 0
    assert list(scanner.kept().values()) == [["odd"]]


# -- what goes wrong --------------------------------------------------------------------------------------------------


def test_an_error_is_told_of_the_one_output_and_taken_back_when_it_is_over(
    scanner: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """0.7.2 swallowed errors into a state file that nobody reads."""
    scanner.write("a.pt")
    scanner.write("b.pt")
    real = copy

    def full(source: str, target: Path, **how: Any) -> Any:
        if source.endswith("b.pt"):
            raise OSError(28, "No space left on device")
        return real(source, target, **how)

    with monkeypatch.context() as patch:
        patch.setattr(archive, "copy", full)
        result = scanner.scan()
        assert result["archived"] == 1
        assert scanner.scan()["failed"] == []
        [good, bad] = scanner.entries
        assert (bad["key"], bad["saved"], bad["last_error"]) == ("out/b.pt", False, "No space left on device")
        assert good["saved"]
    assert scanner.scan()["archived"] == 0, "it is not tried again at once"
    assert scanner.scan(final=True)["archived"] == 1
    assert [entry.get("last_error") for entry in scanner.entries] == [None, None]


def test_an_error_is_shown_beside_the_copy_that_there_is(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    path = scanner.write("a.pt")
    scanner.scan()
    scanner.write("a.pt", "new")

    def full(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(archive, "copy", full)
    scanner.scan()
    scanner.forget()
    [entry] = scanner.entries
    assert (entry["saved"], entry["last_error"]) == (True, "Input/output error")
    path.unlink()
    scanner.scan()
    assert "last_error" not in scanner.entries[0]


def test_a_folder_that_cannot_be_read_is_told(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    scanner.write("deep/a.pt")
    real = os.scandir

    def denied(path: str) -> Any:
        if path.endswith("deep"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr("os.scandir", denied)
        assert [entry["key"] for entry in scanner.scan()["failed"]] == ["out/deep"]
        assert scanner.scan()["failed"] == []
    assert scanner.scan()["mended"] == ["out/deep"]
    assert scanner.kept() == {"out/deep/a.pt": ["x"]}


def test_a_copy_that_a_killed_worker_left_is_removed_by_the_next_daemon_s(scanner: Scanner) -> None:
    folder = scanner.root / "archive" / "outputs" / "rolling" / "p" / "r1"
    (folder / ".one-0123.tmp").mkdir(parents=True)
    (folder / ".one-0123.tmp" / "half").write_text("half")
    (folder / ".two-0123.tmp").write_text("another host's")
    scanner.scan()
    assert [path.name for path in folder.iterdir()] == [".two-0123.tmp"]
    (folder / ".two-0123.tmp").unlink()


def test_what_is_not_seen_for_long_is_forgotten_and_its_copies_are_not(scanner: Scanner) -> None:
    gone, kept = scanner.write("gone.pt"), scanner.write("kept.pt")
    scanner.scan(patterns=["kept.pt"], mode="overwrite_versions")
    scanner.scan(stable_required=9, mode="overwrite_versions")
    gone.unlink()
    kept.unlink()
    assert b"gone.pt" in (scanner.state or b"")
    scanner.scan(state_gc_after_sec=0.0)
    assert b"gone.pt" not in (scanner.state or b"")
    assert scanner.kept() == {"out/kept.pt": ["x"]}
    scanner.write("kept.pt")
    assert scanner.scan(mode="overwrite_versions")["archived"] == 0


def test_more_than_a_record_may_say_is_said_in_several(scanner: Scanner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runid.jobs.scan._RECORD_BYTES", 1000)
    for number in range(12):
        scanner.write(f"{number}.pt", str(number))
    results = [scanner.scan()]
    while results[-1]["more"]:
        results.append(scanner.scan(counts=False))
    assert [result["scanned"] for result in results] == [12] * len(results)
    assert sum(result["archived"] for result in results) == len(scanner.kept()) == 12
    assert len(results) > 2
