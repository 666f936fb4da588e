"""`alert`: a line, a text, and a message that the daemon sends to each webhook, of whose address no file tells."""

import enum
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import runicorn
from tests.conftest import Daemon, Home
from tests.programs import ended, finish, only, said, start, text, wait
from tests.webhooks import SECRET, Server, serving

import runicorn as rn
from runicorn import settings
from runicorn.notices import Notices
from runid import endpoint, places
from runid.store import runs


@pytest.fixture(name="server")
def _server() -> Iterator[Server]:
    with serving() as made:
        yield made


def kept(folder: Path) -> list[dict[str, Any]]:
    """A run's alerts, once all of them are decided."""

    def decided() -> list[dict[str, Any]] | None:
        found = runs.read_run(folder).alerts
        return found if found and all(alert["delivered"] is not None for alert in found) else None

    found: list[dict[str, Any]] = wait(decided, f"an alert of {folder} is not decided")
    return found


class Level(enum.Enum):
    INFO = "INFO"


def test_what_an_alert_leaves(run: rn.Run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(settings.QUIET, "0")
    run.log({"loss": 1.0}, step=12)
    run.alert("loss is hot", "it rose\nfor an hour", "ERROR")
    rn.alert("hello", level=Level.INFO)
    run.alert(title="quite so")
    assert capsys.readouterr().err.splitlines() == [
        "[runicorn ERROR] loss is hot: it rose for an hour (step 12)",
        "[runicorn INFO] hello (step 12)",
        "[runicorn WARN] quite so (step 12)",
    ]
    run.finish()
    first, *others = kept(run.run_dir)
    assert first.items() >= {
        "rank": 0, "step": 12, "level": "error", "title": "loss is hot", "text": "it rose\nfor an hour",
        "webhooks": 0, "delivered": 0, "problem": None,
    }.items()  # fmt: skip
    assert [(alert["level"], alert["title"], alert["text"]) for alert in others] == [
        ("info", "hello", None),
        ("warn", "quite so", None),
    ]
    stored = rn.Api().run(run.id)
    assert stored.alerts == [first, *others]
    wait(lambda: said(run.run_dir / "alerts.json") == {"alerts": stored.alerts}, "alerts.json says something else")
    assert text(runs.read_run(run.run_dir)) == [
        "ERROR | loss is hot: it rose",
        "ERROR | for an hour (step 12)",
        "INFO | hello (step 12)",
        "WARN | quite so (step 12)",
    ]
    assert "loss is hot" in runicorn("show", run.id)


@pytest.mark.parametrize("level", ["warning", "", None, 3, "warn "])
def test_a_level_that_is_none_is_refused_before_anything_is_written(run: rn.Run, level: object) -> None:
    with pytest.raises(ValueError, match="level must be 'info', 'warn' or 'error', got"):
        run.alert("x", level=level)  # type: ignore[arg-type]
    run.finish()
    assert runs.read_run(run.run_dir).alerts == []
    assert runs.read_run(run.run_dir).text() == ""


def test_odd_titles_and_long_texts(run: rn.Run) -> None:
    run.alert(3, "y" * 30_000)  # type: ignore[arg-type]
    run.alert("\ud800" + "x" * 600)
    run.finish()
    odd, long = kept(run.run_dir)
    assert (odd["title"], len(odd["text"]), odd["text"][-2:]) == ("3", 20_000, "y…")
    assert (len(long["title"]), long["title"][-2:]) == (500, "x…")


def test_after_the_end_it_is_a_notice(run: rn.Run, capsys: pytest.CaptureFixture[str]) -> None:
    run.finish()
    run.alert("too late")
    assert "too late" not in capsys.readouterr().err
    assert runs.read_run(run.run_dir).alerts == []


def test_webhooks_get_it_and_no_file_says_where_they_are(
    home: Home, daemon: Daemon, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.WEBHOOK_URL, f"{server.url}/first, {server.url}/second")
    monkeypatch.setenv(settings.WEBHOOK_LEVEL, "warn")
    server.answers = [(503, {})]  # and then 200
    with rn.init("alerts", capture_env=True) as run:
        run.alert("not important", level="info")
        run.alert("hot", "text", "warn")
        assert run.flush()
        small, hot = kept(run.run_dir)
        assert (small["webhooks"], hot["webhooks"], hot["delivered"], hot["problem"]) == (0, 2, 2, None)
        everywhere = [home.root, home.runtime, home.folder]
    ended(home.root)
    assert sorted(path for path, _, _ in server.heard) == sorted(
        [f"/{SECRET}/first", f"/{SECRET}/second", server.heard[0][0]]
    )
    assert {body["title"] for _, _, body in server.heard} == {"hot"}
    assert server.heard[0][2].items() >= {"project": "alerts", "run": run.id, "level": "warn", "step": 0}.items()
    files = [path for folder in everywhere for path in folder.rglob("*") if path.is_file()]
    assert {"alerts.json", "runid.log", "environment.json"} <= {path.name for path in files}
    assert not [path for path in files if SECRET.encode() in path.read_bytes()]
    for told in ("cmdline", "environ"):
        assert SECRET.encode() not in Path(f"/proc/{daemon.pid}/{told}").read_bytes()
    assert SECRET not in str(daemon.status())


def test_no_daemon_that_a_run_starts_has_the_address_in_its_environment(
    home: Home, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.WEBHOOK_URL, server.url)
    with rn.init("alerts") as run:
        run.alert("hot")
        folder = run.run_dir
        found = endpoint.find(places.runtime_dir())
        assert found is not None
        assert SECRET.encode() not in Path(f"/proc/{found.pid}/environ").read_bytes()
    assert kept(folder)[0]["delivered"] == 1
    assert home.root in folder.parents


RANK = """
import runicorn as rn
run = rn.init("ranks")
run.log(loss=1.0)
run.alert(f"rank {run.rank} is here", level="info")
run.finish()
"""


def test_several_ranks_raise_alerts(home: Home, daemon: Daemon, server: Server) -> None:  # noqa: ARG001
    job = os.environ | {"TORCHELASTIC_RUN_ID": "j", "MASTER_ADDR": "h", "MASTER_PORT": "1", "WORLD_SIZE": "2"}
    job |= {settings.WEBHOOK_URL: server.url}
    for process in [start(RANK, env=job | {"RANK": str(rank)}) for rank in range(2)]:
        finish(process)
    run = ended(home.root, "ranks/*", writers=2)
    assert sorted((alert["rank"], alert["title"], alert["delivered"]) for alert in kept(run.folder)) == [
        (0, "rank 0 is here", 1),
        (1, "rank 1 is here", 1),
    ]
    assert sorted(body["title"] for _, _, body in server.heard) == ["rank 0 is here", "rank 1 is here"]


def test_a_daemon_that_is_killed_before_it_was_sent(
    home: Home, daemon: Daemon, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.WEBHOOK_URL, server.url)
    server.answers = [(503, {"Retry-After": "300"})]
    with rn.init("alerts") as run:
        run.alert("hot")
        wait(lambda: server.heard, "nothing was sent")
        daemon.kill()
        run.log(loss=1.0)
        assert kept(run.run_dir)[0]["delivered"] == 1
    assert [body["title"] for _, _, body in server.heard] == ["hot", "hot"]
    ended(home.root)


DIES = """
import os, signal
import runicorn as rn
run = rn.init("dies")
run.alert("last words")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_last_words_of_a_process_that_is_killed_before_the_daemon_heard_of_it(
    home: Home, daemon: Daemon, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.WEBHOOK_URL, server.url)
    os.kill(daemon.pid, signal.SIGSTOP)
    finish(start(DIES), code=-signal.SIGKILL)
    os.kill(daemon.pid, signal.SIGCONT)
    wait(lambda: [body["title"] for _, _, body in server.heard] == ["last words"], "it was not sent")
    run = only(home.root, "dies/*")
    assert kept(run.folder)[0]["delivered"] == 1
    ended(home.root, "dies/*")


def test_settings_of_webhooks(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(settings, "warn_once", Notices().once)
    monkeypatch.delenv(settings.WEBHOOK_URL, raising=False)
    assert (settings.webhooks(), settings.webhook_level()) == ([], "info")
    monkeypatch.setenv(settings.WEBHOOK_URL, f" https://a/b ,ftp://{SECRET}/, HTTP://c,")
    monkeypatch.setenv(settings.WEBHOOK_LEVEL, " Error ")
    assert (settings.webhooks(), settings.webhook_level()) == (["https://a/b", "HTTP://c"], "error")
    monkeypatch.setenv(settings.WEBHOOK_URL, "https://" + "x" * 3000)
    monkeypatch.setenv(settings.WEBHOOK_LEVEL, "loud")
    assert (settings.webhooks(), settings.webhook_level()) == ([], "info")
    assert [line.split()[1] for line in caplog.messages] == [settings.WEBHOOK_URL] * 2 + [settings.WEBHOOK_LEVEL]
    assert SECRET not in caplog.text
