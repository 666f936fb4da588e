"""`runicorn tail`: the last lines of a run's text, those of a live run too, and each line once while it is followed."""

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import PROGRAMS, call, on_terminal, refused, runicorn, settled
from tests.cli.handmade import logged
from tests.clients import Trainer, trainer
from tests.conftest import Daemon, Home
from tests.programs import PATIENCE, train

from runid import events

TEXT = """
import runicorn as rn
with rn.init("text", run_id="r1") as run:
    for step in range(20):
        run.log_text(f"line {step}")
    run.log_text("\\x1b[31mred\\x1b[0m\\ttab \\x1b[2J\\x07 [bold]no markup")
"""


def said(text: str) -> list[str]:
    """Lines without their times."""
    return [line.partition(" | TEXT | ")[2] for line in text.splitlines()]


def following(*arguments: str | Path, **popen: Any) -> subprocess.Popen[str]:
    """`runicorn tail -f`, which runs on."""
    command = [PROGRAMS / "runicorn", "tail", "-f", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **popen)


def heard(process: subprocess.Popen[str], count: int) -> list[str]:
    """The next lines of it."""
    assert process.stdout is not None
    return said("".join(process.stdout.readline() for _ in range(count)))


def logs(live: Trainer, *lines: str) -> None:
    """The run logs these lines, and they are safe."""
    for line in lines:
        live.do(f"run.log_text({line!r})")
    assert live.flush()


@pytest.mark.usefixtures("daemon")
def test_the_last_lines() -> None:
    train(TEXT)
    assert said(runicorn("tail", "r1"))[:-1] == [f"line {step}" for step in range(11, 20)]
    assert said(runicorn("tail", "r1", "-n", "2"))[0] == "line 19"
    assert len(said(runicorn("tail", "r1", "-n", "1000"))) == 21
    assert runicorn("tail", "r1", "-n", "0") == ""
    assert "Did you mean r1" in refused("tail", "r11")


@pytest.mark.usefixtures("daemon")
def test_text_has_colours_on_a_terminal_and_steers_it_nowhere() -> None:
    train(TEXT)
    there = on_terminal(100, "runicorn", "tail", "r1", "-n", "1")
    assert "\x1b[31mred\x1b[0m\ttab \ufffd[2J\ufffd [bold]no markup\x1b[0m\n" in there
    assert said(runicorn("tail", "r1", "-n", "1")) == ["red\ttab \ufffd[2J\ufffd [bold]no markup"]
    line = json.loads(runicorn("tail", "r1", "-n", "1", "--json"))
    assert line["line"].endswith("\x1b[31mred\x1b[0m\ttab \x1b[2J\x07 [bold]no markup")


def test_a_live_run_shows_what_flush_has_returned_for(home: Home, daemon: Daemon) -> None:
    with trainer(home, "live") as live:
        logs(live, "one", "two")
        assert said(runicorn("tail", "r1")) == ["one", "two"]
        logs(live, "three")
        daemon.kill()
        assert said(runicorn("tail", "r1")) == ["one", "two", "three"]
        live.do("run.finish()")


def test_following_gives_each_line_once_and_ends_with_the_run(home: Home, daemon: Daemon) -> None:
    with trainer(home, "live") as live:
        logs(live, "one", "two")
        with following("r1", "-n", "1") as follower:
            assert heard(follower, 1) == ["two"]
            logs(live, "three")
            assert heard(follower, 1) == ["three"]
            daemon.kill()
            logs(live, *(f"line {number}" for number in range(50)))
            assert heard(follower, 50) == [f"line {number}" for number in range(50)]
            live.do("run.log_text('the end')")
            live.do("run.finish()")
            out, _ = follower.communicate(timeout=PATIENCE)
            assert said(out) == ["the end"]
            assert follower.returncode == 0


@pytest.mark.usefixtures("daemon")
def test_an_interrupt_ends_it_without_a_word(home: Home) -> None:
    with trainer(home, "live") as live:
        logs(live, "one")
        with following("r1") as follower:
            assert heard(follower, 1) == ["one"]
            follower.send_signal(signal.SIGINT)
            out, _ = follower.communicate(timeout=PATIENCE)
            assert (out, follower.returncode) == ("", 130)
        live.do("run.finish()")


@pytest.mark.usefixtures("daemon")
def test_a_run_that_has_ended_is_not_waited_for(home: Home) -> None:
    train(TEXT)
    settled(home.root / "runs" / "text" / "r1")
    assert len(said(runicorn("tail", "-f", "r1"))) == 10
    assert re.search(r"-1 is not in the range", call("runicorn", "tail", "r1", "-n", "-1", code=2)[1])


@pytest.mark.usefixtures("home")
def test_each_host_has_its_name_above_its_lines(tmp_path: Path) -> None:
    def text(line: str) -> events.Event:
        return [events.TEXT, 1_000.0, "TEXT", line]

    logged(tmp_path / "r1", 1_000.0, text("of the owner"), text("its last"))
    assert said(runicorn("tail", tmp_path / "r1", "-n", "1")) == ["its last"]
    logged(tmp_path / "r1", 1_000.0, text("of another"), host="a\x1b[2Jb")
    out = runicorn("tail", tmp_path / "r1", "-n", "1").splitlines()
    assert (out[0], out[2]) == ("==> one <==", "==> a\ufffd[2Jb <==")
    assert said("\n".join((out[1], out[3]))) == ["its last", "of another"]


@pytest.mark.usefixtures("home")
def test_what_is_whole_is_shown_where_a_fold_is_damaged(tmp_path: Path) -> None:
    folder = logged(tmp_path / "r1", 1_000.0, [events.TEXT, 1_000.0, "TEXT", "whole"])
    path = folder / "writers" / "one.json"
    path.parent.mkdir()
    path.write_text("{")
    out, err = call("runicorn", "tail", folder)
    assert said(out) == ["whole"]
    assert err.startswith(f"Warning: {path} cannot be read.")


@pytest.mark.usefixtures("home")
def test_later_damage_is_told_while_it_is_followed(tmp_path: Path) -> None:
    def text(line: str) -> events.Event:
        return [events.TEXT, 1_000.0, "TEXT", line]

    folder = logged(tmp_path / "r1", 1_000.0, text("of the owner"))
    with following(folder, stderr=subprocess.PIPE) as follower:
        assert heard(follower, 1) == ["of the owner"]
        (folder / "writers").mkdir()
        (folder / "writers" / "later.json").write_text("{")
        assert follower.stderr is not None
        assert follower.stderr.readline().startswith(f"Warning: {folder / 'writers' / 'later.json'} cannot be read.")
        follower.send_signal(signal.SIGINT)
        assert follower.communicate(timeout=PATIENCE) == ("", "")
