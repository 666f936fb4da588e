"""A real viewer on a temporary root, and how it is asked."""

import contextlib
import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from tests.conftest import Home
from tests.shared import clear, shared_home

from runicorn.viewer import frames

__all__ = ["clear", "shared_home"]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Viewer:
    """A viewer that runs."""

    url: str
    token: str
    root: Path
    pid: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=60)
        with contextlib.closing(connection):
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read())

    def get(self, path: str, **parameters: object) -> Any:
        query = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in parameters.items())
        answer = self.ask(f"/api/v1/{path}?{query}")
        assert answer.status == 200, answer.body
        return answer.json

    def series(self, *items: dict[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        answer = self.ask("/api/v1/series", "POST", json.dumps({"items": items}).encode())
        assert answer.status == 200, answer.body
        return frames.unpack(answer.body)


@pytest.fixture
def viewer(home: Home) -> Iterator[Viewer]:
    """A viewer of the home's root."""
    with shown(home.root) as made:
        yield made


@pytest.fixture(scope="module")
def shared_viewer(shared_home: Home) -> Iterator[Viewer]:
    """A viewer for all tests of a module, where isolation is not the point."""
    with shown(shared_home.root) as made:
        yield made


@contextlib.contextmanager
def shown(*roots: Path, host: str = "127.0.0.1", port: int = 0) -> Iterator[Viewer]:
    """A viewer of these roots, which are made where they are missing, as a process."""
    for root in roots:
        root.mkdir(exist_ok=True)
    storage = [part for root in roots for part in ("--storage", str(root))]
    command = [sys.executable, "-m", "runicorn", "viewer", "--no-browser", "--port", str(port), "--host", host]
    with subprocess.Popen([*command, *storage], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url, _, token = line.split()[-1].partition("?token=")
        try:
            yield Viewer(url, token, roots[0], process.pid)
        finally:
            process.terminate()
            process.stdout.read()
    assert process.returncode in (0, -15)
