"""One try to send an alert: what each sort of webhook gets, what can go wrong, and that no answer names the address."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.webhooks import SECRET, Server, serving

from runid import __version__
from runid.jobs import webhook

ALERT = {
    "level": "warn",
    "title": "loss <!channel> & more",
    "text": "it is nan",
    "project": "cv/resnet50",
    "run": "r1",
    "step": 7,
    "timestamp": 1_800_000_000.25,
    "url": "http://127.0.0.1:23300/run/r1",
}


@pytest.fixture(name="server")
def _server() -> Iterator[Server]:
    with serving() as made:
        yield made


def send(url: str) -> dict[str, Any]:
    answer = webhook.send({"url": url, "alert": ALERT}, None)
    assert SECRET not in repr(answer)
    assert "127.0.0.1" not in repr(answer)
    return answer


def test_any_webhook_gets_plain_json(server: Server) -> None:
    assert send(server.url) == {"sent": True}
    [(path, headers, body)] = server.heard
    assert path == f"/{SECRET}"
    assert (headers["Content-Type"], headers["User-Agent"]) == ("application/json", f"runicorn/{__version__}")
    assert body == ALERT | {"timestamp": "2027-01-15T08:00:00.250000+00:00"}


def test_what_slack_gets() -> None:
    body = webhook.body("https://hooks.slack.com/services/T/B/x", ALERT)
    assert body["text"] == "[WARN] loss &lt;!channel&gt; &amp; more"
    header, text, context = body["blocks"]
    assert header["text"] == {"type": "plain_text", "text": ALERT["title"], "emoji": False}
    assert text["text"] == {"type": "plain_text", "text": "it is nan", "emoji": False}
    assert context["elements"][0]["text"] == "WARN · cv/resnet50/r1 · step 7"
    bare = webhook.body("https://hooks.slack.com/x", ALERT | {"text": None, "title": ""})
    assert [block["type"] for block in bare["blocks"]] == ["header", "context"], "Slack refuses an empty section"
    assert bare["blocks"][0]["text"]["text"] == "alert"
    long = webhook.body("https://hooks.slack.com/x", ALERT | {"title": "x" * 500, "text": "y" * 20_000})
    assert [len(block["text"]["text"]) for block in long["blocks"][:2]] == [150, 3000]


def test_what_discord_gets() -> None:
    body = webhook.body("https://discord.com/api/webhooks/1/x", ALERT | {"level": "error"})
    [embed] = body["embeds"]
    assert (embed["title"], embed["description"], embed["color"]) == (ALERT["title"], "it is nan", 0xE74C3C)
    assert embed["footer"]["text"] == "ERROR · cv/resnet50/r1 · step 7"
    assert body["allowed_mentions"] == {"parse": []}
    [long] = webhook.body("https://discordapp.com/api/webhooks/1/x", ALERT | {"title": "x" * 500, "text": None})[
        "embeds"
    ]
    assert (len(long["title"]), long["description"]) == (256, "")


@pytest.mark.parametrize(
    "url", ["https://discord.com/else", "https://hooks.slack.com.example.org/", "https://x.org/api/"]
)
def test_hosts_that_look_alike_get_plain_json(url: str) -> None:
    assert webhook.body(url, ALERT)["project"] == "cv/resnet50"


@pytest.mark.parametrize(
    ("status", "headers", "again", "wait"),
    [
        (500, {}, True, None),
        (503, {"Retry-After": "2.5"}, True, 2.5),
        (429, {"Retry-After": "999999"}, True, 300.0),
        (429, {"Retry-After": "soon"}, True, None),
        (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, True, 0.0),
        (429, {"Retry-After": "Wed, 21 Oct 2195 07:28:00 GMT"}, True, 300.0),
        (404, {}, False, None),
    ],
)
def test_what_is_refused(server: Server, status: int, headers: dict[str, str], again: bool, wait: float | None) -> None:
    server.answers = [(status, headers)]
    assert send(server.url) == {"sent": False, "why": f"it answered {status}", "again": again, "wait": wait}
    assert len(server.heard) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_goes_where_it_is_sent_on_the_same_host_and_takes_the_alert_along(server: Server, status: int) -> None:
    server.answers = [(status, {"Location": "/moved"})]
    assert send(server.url) == {"sent": True}
    assert [path for path, _, _ in server.heard] == [f"/{SECRET}", "/moved"]
    assert server.heard[0][2] == server.heard[1][2]


@pytest.mark.parametrize(
    "place", ["http://localhost:{port}/", "//localhost:{port}/x", "file:///etc/passwd", "ftp://127.0.0.1/"]
)
def test_it_does_not_go_to_another_host(server: Server, place: str) -> None:
    server.answers = [(307, {"Location": place.format(port=server.server_port)})]
    answer = send(server.url)
    assert (answer["sent"], answer["again"]) == (False, False)
    assert len(server.heard) == 1


def test_it_does_not_go_round_in_circles(server: Server) -> None:
    server.answers = [(307, {"Location": "/again"})] * 30
    assert send(server.url)["sent"] is False
    assert len(server.heard) < 30


def test_nobody_is_there() -> None:
    with socket.socket() as taken:  # and not listening
        taken.bind(("127.0.0.1", 0))
        answer = send(f"http://127.0.0.1:{taken.getsockname()[1]}/{SECRET}")
    assert answer == {"sent": False, "why": "Connection refused", "again": True, "wait": None}


def test_somebody_is_there_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "_TIMEOUT", 0.05)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        answer = send(f"http://127.0.0.1:{deaf.getsockname()[1]}/{SECRET}")
    assert (answer["why"], answer["again"]) == ("it gave no answer within 0 s", True)


def test_somebody_is_there_and_speaks_something_else() -> None:
    def speak(listening: socket.socket) -> None:
        with listening.accept()[0] as other:
            other.recv(65536)
            other.sendall(b"SSH-2.0-x\r\n")

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=speak, args=(listening,))
        thread.start()
        port = listening.getsockname()[1]
        answer = send(f"http://127.0.0.1:{port}/{SECRET}")
        thread.join()
    assert (answer["why"], answer["again"]) == ("what it answered is no HTTP (BadStatusLine)", True)


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{SECRET}@127.0.0.1/x",
        f"http://127.0.0.1:port/{SECRET}",
        f"file:///{SECRET}",
        f"http:///{SECRET}",
        f"http://[::{SECRET}",
    ],
)
def test_addresses_that_lead_nowhere(url: str) -> None:
    why = "its address is none that can be reached"
    assert send(url) == {"sent": False, "why": why, "again": False, "wait": None}


def test_a_host_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, f"no {SECRET}.invalid")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    answer = send(f"http://{SECRET}.invalid/")
    assert (answer["why"], answer["again"]) == ("its host could not be found", True)


def test_no_secure_connection(server: Server) -> None:
    answer = send(server.url.replace("http:", "https:"))
    assert (answer["why"], answer["again"]) == ("no secure connection to it could be made", True)
