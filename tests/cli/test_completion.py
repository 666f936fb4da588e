"""What the shell offers, and what is said about a word that was mistyped."""

import os
from pathlib import Path

import pytest
from tests.cli.commands import call, catalogued, runicorn
from tests.programs import train

RUNS = """
import runicorn as rn
for path, run_id in ("cv/a", "first"), ("cv/b", "fresh"), ("nlp", "other"):
    with rn.init(path, run_id=run_id, alias="alias") as run:
        run.log({"loss": 1.0, "lr": 0.1, "acc": 0.5, "last/" + run_id: 1.0})
"""


@pytest.fixture(scope="module", autouse=True)
def _runs(root: Path) -> None:  # noqa: ARG001  they lie there
    train(RUNS)
    catalogued(3)


def offered(*words: str, shell: str = "bash") -> list[str]:
    """What the shell offers for the last of the words."""
    typed = {
        "COMP_WORDS": " ".join(("runicorn", *words)),
        "COMP_CWORD": words[-1] if shell == "fish" else str(len(words)),
    }
    environment = os.environ | typed | {"_RUNICORN_COMPLETE": f"{shell}_complete"}
    return [line.partition(",")[2] for line in runicorn(env=environment).splitlines() if line]


@pytest.mark.parametrize("command", ["show", "tail", "export-data", "diff"])
def test_runs(command: str) -> None:
    assert offered(command, "f") == ["fresh", "first"]
    assert offered(command, "cv/b/") == ["cv/b/fresh"]
    assert offered(command, "x") == []


def test_a_second_run() -> None:
    assert offered("diff", "first", "o") == ["other"]
    assert offered("plot", "loss", "first", "o") == ["other"]


def test_paths() -> None:
    assert offered("ls", "") == ["cv", "cv/a", "cv/b", "nlp"]
    assert offered("ls", "cv/") == ["cv/a", "cv/b"]


def test_metrics() -> None:
    assert offered("plot", "l") == ["last/first", "last/fresh", "last/other", "loss", "lr"]
    assert offered("export-data", "first", "--metrics", "acc,l") == ["acc,last/first", "acc,loss", "acc,lr"]


def test_commands_and_options() -> None:
    assert "export-data" in offered("")
    assert "--smooth" in offered("plot", "--s")


def test_fish_and_zsh() -> None:
    assert [line.partition("\t")[0] for line in offered("show", "ot", shell="fish")] == ["other"]
    for shell in ("bash", "zsh", "fish"):
        assert "runicorn" in runicorn(env=os.environ | {"_RUNICORN_COMPLETE": f"{shell}_source"})


def test_an_error_offers_nothing(tmp_path: Path) -> None:
    assert offered("show", "--storage", str(tmp_path / "gone"), "f") == []
    assert offered("export-data", "nothing", "--metrics", "l") == []


def test_a_mistyped_command_gets_the_one_that_was_meant() -> None:
    _, err = call("runicorn", "shwo", code=2)
    assert "No such command 'shwo'. Did you mean 'show'?" in err
    _, err = call("runicorn", "tail", "--jsn", "first", code=2)
    assert "Did you mean '--json'?" in err
