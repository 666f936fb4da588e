"""The viewer as a server of this process: finds a port, says where it is, opens the browser."""

from __future__ import annotations

import contextlib
import secrets
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path

import uvicorn
from starlette.datastructures import State

from runicorn.viewer import memory
from runicorn.viewer.app import application
from runicorn.viewer.guard import LOOPBACK
from runid import places, secret, viewers
from runid.errors import RunicornError

PORT = 23300
_TRIED = 20
_EVERYWHERE = ("0.0.0.0", "::")  # no address that a browser could open


@dataclass(frozen=True)
class Address:
    """Where the viewer listens."""

    host: str
    port: int
    token: str

    @property
    def url(self) -> str:
        """What is opened in the browser; the token is in it, and moves into a cookie there."""
        host = socket.gethostname() if self.host in _EVERYWHERE else self.host
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}/?token={self.token}"


def serve(roots: Sequence[Path], host: str, port: int | None, browser: bool, say: Callable[[Address], None]) -> None:
    """Serves until it is interrupted.

    `port`: None for 23300, or the next one that is free. `say` is called when it answers. Raises OSError where it
    cannot listen there.
    """
    sys.meta_path.insert(0, _NoPandas())
    memory.limit()
    listening = _listen(host, port)
    at = listening.getsockname()[1]
    address = Address(host, at, _token(f"viewer {host}:{at}"))
    closed = host not in LOOPBACK and host != "::1"
    app = application(roots, address.token, closed)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=1, server_header=False
    )

    def closing() -> None:
        app.state.closing.set()
        if host in LOOPBACK:
            with contextlib.suppress(RunicornError, OSError):
                viewers.withdraw(places.runtime_dir(), at)

    server = _Server(config, closing)
    threading.Thread(target=_prepare, args=(app.state,), daemon=True).start()
    if host in LOOPBACK:
        with contextlib.suppress(RunicornError, OSError):
            viewers.announce(places.runtime_dir(), at, f"http://{host}:{at}", list(roots))
    say(address)
    if browser:
        webbrowser.open(address.url)
    server.run(sockets=[listening])


def _prepare(state: State) -> None:
    """Loads what the first page will ask for, while the browser opens it."""
    state.load()
    for library in state.libraries:
        with contextlib.suppress(RunicornError, OSError):
            library.find()


class _NoPandas(MetaPathFinder):
    """pyarrow loads pandas where it is installed: half a second before the first chart, and 40 MB, for nothing."""

    def find_spec(self, name: str, *_: object) -> None:
        """See MetaPathFinder."""
        if name == "pandas":
            raise ModuleNotFoundError("The viewer does without pandas.", name=name)


class _Server(uvicorn.Server):
    """Ends the streams of live.py when it is to end: they would never do so by themselves."""

    def __init__(self, config: uvicorn.Config, closing: Callable[[], None]) -> None:
        super().__init__(config)
        self._closing = closing

    def handle_exit(self, sig: int, frame: object) -> None:
        """A signal has come."""
        self._closing()
        super().handle_exit(sig, frame)  # type: ignore[arg-type]


def _token(purpose: str) -> str:
    """The same each time, so that pages which are open go on when a viewer is started again at the same port."""
    try:
        return secret.token(places.runtime_dir(), purpose)
    except (RunicornError, OSError):  # nothing can be kept
        return secrets.token_urlsafe(18)


def _listen(host: str, port: int | None) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = range(PORT, PORT + _TRIED) if port is None else [port]
    for number in wanted:
        # With the protocol's name, asyncio sends answers at once; without, each waits 40 ms for an acknowledgement.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, number))
            listening.listen(128)
        except OSError:
            listening.close()
            if number == wanted[-1]:
                raise
        else:
            return listening
    raise AssertionError("there is always a port to try")
