"""Events of real folders: hints that something was written, whatever happens to the folders."""

import threading
from pathlib import Path

import pytest
import watchdog.events
from tests.programs import wait

from runid import fsevents
from runid.fsevents import FolderEvents


@pytest.fixture
def folders() -> FolderEvents:
    return FolderEvents()


def settle(folders: FolderEvents) -> None:
    """Returns when all that was asked for so far is done."""
    done = threading.Event()
    folders._do(done.set)
    assert done.wait(50.0)


def test_a_file_that_is_written_or_renamed_is_told_to_all_who_watch(folders: FolderEvents, tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("one", "two"):
        folders.watch(name, [str(tmp_path)], "/root")
    settle(folders)
    assert not folders.take("one")
    (tmp_path / "deep" / "er" / "a.pt").write_text("x")
    wait(lambda: folders.take("one"), "a file that was written was not told")
    wait(lambda: folders.take("two"), "a file that was written was not told to both")
    folders.unwatch("one")
    settle(folders)
    (tmp_path / "deep" / "er" / "a.pt").rename(tmp_path / "b.pt")
    wait(lambda: folders.take("two"), "a file that was renamed was not told")
    assert not folders.take("one")
    folders.unwatch("two")
    settle(folders)
    assert not folders._watches


def test_a_folder_that_comes_later_is_watched_when_it_is_asked_for_again(folders: FolderEvents, tmp_path: Path) -> None:
    later = tmp_path / "later"
    folders.watch("one", [str(later)], "/root")
    settle(folders)
    later.mkdir()
    folders.watch("one", [str(later)], "/root")
    settle(folders)
    (later / "a.pt").write_text("x")
    wait(lambda: folders.take("one"), "the folder is not watched")
    folders.unwatch("one")
    settle(folders)


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (["/w/.runicorn/meta.json"], False),
        (["/w/.runicorn/.meta.tmp", "/w/.runicorn/meta.json"], False),
        (["/w/.runicorn/meta.json", "/w/stolen.json"], True),
        (["/w/.runicornx"], True),
    ],
)
def test_the_root_s_own_files_are_no_events(folders: FolderEvents, paths: list[str], told: bool) -> None:
    """A scan for each of them would go on for ever: what it finds is written there."""
    folders._names = {"/w": {"one"}}
    folders._happened("/w", "/w/.runicorn", watchdog.events.FileMovedEvent(paths[0], paths[-1]))
    assert folders.take("one") is told


def test_too_many_folders_and_no_more_watches_are_no_events_and_no_harm(
    folders: FolderEvents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "many" / "a").mkdir(parents=True)
    (tmp_path / "one").mkdir()
    monkeypatch.setattr(fsevents, "MOST_FOLDERS", 1)
    folders.watch("many", [str(tmp_path / "many")], "/root")
    settle(folders)
    assert folders._watches == {str(tmp_path / "many"): None}

    def exhausted(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("watchdog.observers.api.BaseObserver.schedule", exhausted)
    folders.watch("one", [str(tmp_path / "one")], "/root")
    settle(folders)
    assert folders._watches[str(tmp_path / "one")] is None
    folders.unwatch("many")
    folders.unwatch("one")
    settle(folders)
    assert not folders._watches


def test_a_folder_that_hangs_stalls_hints_only(
    folders: FolderEvents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    monkeypatch.setattr(fsevents, "_few_folders", lambda _: go.wait(50.0))
    folders.watch("one", [str(tmp_path)], "/root")
    assert not folders.take("one")
    folders.unwatch("one")
    go.set()
    settle(folders)
    assert not folders._watches
