"""A run's text, followed: whatever of it is in the file already, whoever reads it when."""

from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runid import events
from runid.store import files, journal, runs
from runid.store.fold import LOGS
from runid.store.journal import Journal
from runid.store.texts import TextFollower

NOW = 1_700_000_000.0
WRITER = b"a" * 16


class Host:
    """A host that logs text into a run, and puts its fold down now and then."""

    def __init__(self, folder: Path, name: str = "one", owner: bool = True) -> None:
        self._folder, self._name = folder, name
        self._text = runs.text_path(folder, name, owner)
        self._offset = 0
        self._next = 1
        self._journal = Journal(folder / "journal", name, 1)
        self._keep(journal.WRITER, msgpack.packb({"number": 1, "rank": 0, "started": NOW}))

    def log(self, text: str) -> None:
        body = events.pack([events.TEXT, NOW, "TEXT", text])
        self._keep(journal.BATCH, body)
        self._offset += len(body)

    def save(self) -> None:
        """Text goes to its file, and what is behind the last record of it is lost with the daemon, or not."""
        fold = runs.read_fold(self._folder, self._name)
        data = "".join(fold.pending[LOGS]).encode(errors="replace")
        fold.lengths[LOGS] = files.append(self._text, data, files.cut(self._text, fold.lengths[LOGS]))
        fold.pending[LOGS].clear()
        files.replace_json(self._folder / "writers" / f"{self._name}.json", fold.saved())

    def lag(self) -> None:
        """A daemon was killed after it had written to the file, and before it could say so."""
        self._text.parent.mkdir(exist_ok=True)
        with open(self._text, "ab") as file:
            file.write(b"23:59:59.000 | TEXT | never said\n")

    def new_journal(self) -> None:
        self._keep(journal.HEARTBEAT, msgpack.packb(NOW))
        self._journal.close()
        self._journal = Journal(self._folder / "journal", self._name, self._next)

    def seal(self) -> None:
        """All journals are gone but a new one."""
        self.new_journal()
        self.save()
        for lo, path in journal.journals(self._folder / "journal")[self._name]:
            if lo < self._next:
                path.unlink()

    def close(self) -> None:
        self._journal.close()

    def _keep(self, kind: int, body: bytes) -> None:
        self._journal.append(kind, WRITER, self._offset, body)
        self._next += 1


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


def made(base: Path) -> Path:
    """A run's folder without anything in it."""
    folder = base / str(len(list(base.iterdir())))
    for name in ("writers", "journal", "logs", "metrics", "objects"):
        (folder / name).mkdir(parents=True)
    files.create_json(folder / "meta.json", {"id": "r1", "path": "p", "host": "one"})
    return folder


def texts(news: list[tuple[str, list[str]]], host: str = "one") -> list[str]:
    return [line.partition(" | TEXT | ")[2] for name, lines in news if name == host for line in lines]


@given(
    st.lists(st.sampled_from(["log", "log", "log", "long", "save", "lag", "new_journal", "seal", "look"])),
    st.integers(0, 8),
)
def test_each_line_is_given_once_from_the_last_ones_on(base: Path, steps: list[str], last: int) -> None:
    folder = made(base)
    host = Host(folder)
    follower, found, logged, known = None, [], [], 0
    for number, step in enumerate([*steps, "look"]):
        if step in ("log", "long"):
            logged.append(f"é line {number}" + "x" * (100_000 if step == "long" else 0))
            host.log(logged[-1])
        elif step == "look":
            if follower is None:
                follower, known = TextFollower(folder, last), len(logged)
            found += texts(follower.news())
        else:
            getattr(host, step)()
    host.close()
    assert found == logged[max(0, known - last) :]


def test_a_run_whose_journals_are_gone(base: Path) -> None:
    folder = made(base)
    host = Host(folder)
    host.log("one")
    host.log("two")
    host.seal()
    host.close()
    (left,) = journal.journals(folder / "journal")["one"]
    left[1].unlink()
    follower = TextFollower(folder, 1)
    assert texts(follower.news()) == ["two"]
    assert follower.news() == []


def test_damage_costs_what_is_damaged_and_is_told(base: Path) -> None:
    folder = made(base)
    host = Host(folder)
    for line in ("one", "two", "three"):
        host.log(line)
    host.close()
    ((_, path),) = journal.journals(folder / "journal")["one"]
    path.write_bytes(path.read_bytes().replace(b"two", b"tvo"))
    follower = TextFollower(folder, 10)
    assert texts(follower.news()) == ["one", "three"]
    assert follower.news() == []
    assert follower.problems == [f"{path} is damaged: its records 3 to 3 are missing."]


@pytest.mark.parametrize("damage", ["{", None])
def test_a_fold_that_is_damaged_or_gone_costs_no_text_while_journals_tell_it(base: Path, damage: str | None) -> None:
    folder = made(base)
    host = Host(folder)
    host.log("one")
    host.save()
    host.log("two")
    harm(folder / "writers" / "one.json", damage)
    follower = TextFollower(folder, 10)
    assert texts(follower.news()) == ["one", "two"]
    host.log("three")
    assert texts(follower.news()) == ["three"]
    host.close()
    assert follower.problems == runs.read_run(folder).problems
    assert len(follower.problems) == (damage is not None)


@pytest.mark.parametrize("damage", ["{", None])
def test_a_fold_that_is_damaged_or_gone_leaves_the_text_that_is_in_the_file(base: Path, damage: str | None) -> None:
    folder = made(base)
    host = Host(folder)
    host.log("one")
    host.log("two")
    host.seal()
    host.close()
    path = folder / "writers" / "one.json"
    harm(path, damage)
    follower = TextFollower(folder, 1)
    assert texts(follower.news()) == ["two"]
    assert follower.news() == []
    (problem,) = follower.problems
    assert problem.startswith(f"{path} ")
    assert follower.problems == runs.read_run(folder).problems


def harm(path: Path, damage: str | None) -> None:
    """The file has this in it, or is gone."""
    if damage is None:
        path.unlink()
    else:
        path.write_text(damage)


def test_a_file_that_was_cut_is_told(base: Path) -> None:
    folder = made(base)
    host = Host(folder)
    host.log("one")
    host.log("two")
    host.save()
    host.close()
    files.cut(folder / "logs.txt", 10)
    follower = TextFollower(folder, 10)
    follower.news()
    (problem,) = follower.problems
    assert problem.startswith(f"{folder / 'logs.txt'} is damaged: ")
    (folder / "logs.txt").unlink()
    assert texts(TextFollower(folder, 10).news()) == []


def test_hosts_are_told_apart_and_a_later_one_is_seen(base: Path) -> None:
    folder = made(base)
    one = Host(folder)
    one.log("of the owner")
    follower = TextFollower(folder, 1)
    assert texts(follower.news()) == ["of the owner"]
    two = Host(folder, "another", owner=False)
    two.log("its first")
    two.log("its second")
    two.save()
    one.log("again")
    news = follower.news()
    assert [host for host, _ in news] == ["one", "another"]
    assert texts(news, "another") == ["its first", "its second"]
    assert not follower.ended
    assert follower.news() == []
    one.close()
    two.close()
