"""What is read from git, from whatever checkout, and that nothing in it is started."""

import os
import subprocess
from pathlib import Path

import pytest

from runid import git
from runid.store.runs import MARKER


def run(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Path:
    """A checkout with one commit of two files."""
    folder = tmp_path / "checkout"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "kept.py").write_text("a = 1\n")
    (folder / "image.png").write_bytes(b"\x89PNG\0\0")
    run(folder, "init", "-q", "-b", "topic")
    run(folder, "add", ".")
    run(folder, "commit", "-q", "-m", "first")
    return folder


def test_a_checkout_as_it_was_committed(checkout: Path) -> None:
    head = run(checkout, "rev-parse", "HEAD")
    assert git.checkout(checkout / "sub") == git.Checkout(head, "topic", None, 0, [])
    assert git.diff(checkout, 1000) == (b"", False)


def test_what_is_changed_and_what_is_new(checkout: Path) -> None:
    run(checkout, "remote", "add", "origin", "https://me:hunter2@example.org/it.git")
    (checkout / "sub" / "kept.py").write_text("a = 2\n")
    (checkout / "image.png").write_bytes(b"\x89PNG\1\0")
    (checkout / "new").mkdir()
    for name in ("new/a.py", "naïve b.py", "line\nfeed"):
        (checkout / name).touch()
    run(checkout, "mv", "sub/kept.py", "sub/moved.py")
    found = git.checkout(checkout / "sub")
    assert found is not None
    assert found.remote == "https://***@example.org/it.git"
    assert sorted(found.untracked) == ["line\nfeed", "naïve b.py", "new/"]
    assert found.changed == 6
    said, cut = git.diff(checkout / "sub", 10_000)
    assert not cut
    assert b"Binary files a/image.png and b/image.png differ" in said
    assert b"+a = 2" in said


def test_the_difference_can_be_applied(checkout: Path) -> None:
    (checkout / "sub" / "kept.py").write_text("a = 3\n")
    run(checkout, "config", "diff.noprefix", "true")
    run(checkout, "config", "color.ui", "always")
    said, _ = git.diff(checkout, 10_000)
    run(checkout, "checkout", "-q", ".")
    subprocess.run(["git", "apply"], cwd=checkout, check=True, input=said)
    assert (checkout / "sub" / "kept.py").read_text() == "a = 3\n"


def test_a_difference_that_is_too_long_is_cut_behind_a_line(checkout: Path) -> None:
    (checkout / "sub" / "kept.py").write_text("".join(f"a{number} = 1\n" for number in range(200_000)))
    said, cut = git.diff(checkout, 5000)
    assert cut
    assert 4000 < len(said) <= 5000
    assert said.endswith(b"\n")


def test_our_own_root_is_no_change(checkout: Path) -> None:
    (checkout / ".runicorn").mkdir()
    (checkout / ".runicorn" / MARKER).touch()
    assert git.checkout(checkout) == git.Checkout(run(checkout, "rev-parse", "HEAD"), "topic", None, 0, [])


def test_without_a_commit_and_without_a_branch(checkout: Path, tmp_path: Path) -> None:
    run(checkout, "checkout", "-q", "--detach")
    found = git.checkout(checkout)
    assert found is not None
    assert found.branch is None
    (tmp_path / "empty").mkdir()
    run(tmp_path / "empty", "init", "-q", "-b", "topic")
    assert git.checkout(tmp_path / "empty") == git.Checkout(None, "topic", None, 0, [])
    assert git.diff(tmp_path / "empty", 1000) == (b"", False)


def test_nothing_that_a_checkout_names_is_started_and_nothing_is_written(checkout: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\ncat\n")
    trap.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "diff.external", "diff.x.command", "diff.x.textconv", "core.askpass"):
        run(checkout, "config", name, str(trap))
    run(checkout, "config", "core.hooksPath", str(tmp_path))
    for hook in ("post-index-change", "fsmonitor-watchman"):
        (tmp_path / hook).symlink_to(trap)
    (checkout / ".gitattributes").write_text("*.py diff=x\n")
    (checkout / "sub" / "kept.py").write_text("a = 2\n")
    (tmp_path / "started").unlink(missing_ok=True)
    os.utime(checkout / "image.png", (1e9, 1e9))  # the index would be brought up to date
    before = (checkout / ".git" / "index").read_bytes()
    assert git.checkout(checkout) is not None
    said, _ = git.diff(checkout, 1000)
    assert b"+a = 2" in said
    assert b"image.png" not in said
    assert not (tmp_path / "started").exists()
    assert (checkout / ".git" / "index").read_bytes() == before


def test_another_checkout_in_the_environment_is_not_meant(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert git.checkout(checkout) is not None


def test_outside_of_a_checkout_and_without_git_there_is_nothing(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert git.checkout(tmp_path) is None
    assert git.diff(tmp_path, 1000) == (b"", False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.checkout(checkout) is None
    assert git.diff(checkout, 1000) == (b"", False)


def test_a_git_that_hangs_has_an_end_with_all_it_started(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = tmp_path / "git"
    hangs.write_text("#!/bin/sh\nsleep 1000 &\nsleep 1000\n")
    hangs.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(git, "_TIMEOUT", 0.2)
    assert git.checkout(checkout) is None
