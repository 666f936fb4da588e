"""The pages as files: the server has them, compressed where that is understood, and says so where they are missing."""

import asyncio
import gzip
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pytest
from starlette.types import Message

from runicorn.viewer.app import application


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def get(static: Path, path: str, encoding: str = "gzip", query: str = "") -> Answer:
    """What the application answers, without a server."""
    said: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()  # whoever asked stays
        raise AssertionError

    async def send(message: Message) -> None:
        said.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"accept-encoding", encoding.encode())]
    scope = {"type": "http", "method": "GET", "headers": headers, "query_string": query.encode(), "root_path": ""}
    scope |= {"path": unquote(path), "raw_path": path.encode()}
    asyncio.run(application([static.parent], "token", static=static)(scope, receive, send))
    told = {name.decode(): value.decode() for name, value in said[0]["headers"]}
    return Answer(said[0]["status"], told, b"".join(message.get("body", b"") for message in said[1:]))


@pytest.fixture
def static(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    folder.mkdir()
    for name in ("index", "run", "run-media", "embed", "settings"):
        (folder / f"{name}.html").write_text(f"<title>{name}</title>")
    (folder / "main-A1.js").write_text("1")
    (folder / "main-A1.js.gz").write_bytes(gzip.compress(b"1"))
    (folder / "plain-B2.css").write_text("a{}")
    (tmp_path / "secret.js").write_text("no")
    return folder


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "index"),
        ("/run/a", "run"),
        ("/run/a/logs", "run"),
        ("/run/a/media", "run-media"),
        ("/embed", "embed"),
        ("/settings", "settings"),
    ],
)
def test_each_page_has_its_file(static: Path, path: str, name: str) -> None:
    answer = get(static, path)
    assert answer.body == f"<title>{name}</title>".encode()
    assert answer.headers["cache-control"] == "no-cache"
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/run/%zz", "/run/a%", "/run/%ff/logs", "/nowhere"])
def test_an_address_that_no_browser_reads_has_no_page(static: Path, path: str) -> None:
    answer = get(static, path)
    assert (answer.status, b"There is no such page" in answer.body) == (404, True)


def test_the_browser_is_told_what_the_runs_are_shown_with(static: Path) -> None:
    assert "</api/v1/runs?usual=8&lo=0&hi=100>; rel=preload; as=fetch; crossorigin" in get(static, "/").headers["link"]
    assert "</api/v1/tree?root=%3E>;" in get(static, "/", query="root=%3E").headers["link"]
    chosen = get(static, "/", query="q=lr").headers["link"]
    assert "/runs" not in chosen
    assert "/tree" in chosen
    assert get(static, "/run/a").headers["link"] == "</api/v1/runs/a>; rel=preload; as=fetch; crossorigin"
    odd = get(static, "/run/%0d%0aA: b,%3E/logs", query="root=2").headers
    assert odd["link"].startswith("</api/v1/runs/%0D%0AA%3A%20b%2C%3E?root=2>;")
    assert "link" not in get(static, "/settings").headers


def test_files_come_compressed_and_are_kept_for_ever(static: Path) -> None:
    answer = get(static, "/static/main-A1.js")
    assert (answer.headers["content-encoding"], gzip.decompress(answer.body)) == ("gzip", b"1")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/javascript")
    plain = get(static, "/static/main-A1.js", "identity")
    assert ("content-encoding" in plain.headers, plain.body) == (False, b"1")
    assert get(static, "/static/plain-B2.css").body == b"a{}"


@pytest.mark.parametrize("name", ["none.js", "index.html", "main-A1.js.gz", "..%2Fsecret.js", "%2e%2e/secret.js"])
def test_there_are_no_other_files(static: Path, name: str) -> None:
    assert get(static, f"/static/{name}").status == 404


def test_pages_that_are_not_built_say_how_to_build_them(tmp_path: Path) -> None:
    answer = get(tmp_path / "none", "/")
    assert answer.status == 503
    assert b"npm --prefix" in answer.body
    assert b"pip install ." in answer.body
