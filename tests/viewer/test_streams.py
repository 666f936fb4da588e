"""Many browsers at once, and some that do not read what they have asked for: all others are answered as before."""

import contextlib
import socket

import psutil
from tests.programs import wait
from tests.viewer.conftest import Viewer

import runicorn as rn

MANY = 100
MEMORY = 50 << 20
"""Bytes that so many streams and slow readers may take together, in which their threads have room."""


def asked(viewer: Viewer, path: str, stack: contextlib.ExitStack) -> socket.socket:
    """A connection on which this was asked for, and nothing has been read."""
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", viewer.port), timeout=60))
    connection.sendall(f"GET /api/v1/{path} HTTP/1.1\r\nHost: {viewer.host}\r\n\r\n".encode())
    return connection


def hears(connection: socket.socket, word: bytes) -> bool:
    """Reads on until this comes."""
    heard = b""
    while word not in heard:
        some = connection.recv(65536)
        assert some, f"the stream has ended: {heard[-300:]!r}"
        heard += some
    return True


def test_a_hundred_streams_and_as_many_who_do_not_read(viewer: Viewer) -> None:
    with rn.init("many", run_id="many") as run, contextlib.ExitStack() as stack:
        run.log({f"metric/{number}": 1.0 for number in range(2000)}, step=0)
        assert run.flush()
        wait(lambda: viewer.get("runs")["found"], "the run is not listed")
        process = psutil.Process(viewer.pid)
        before = process.memory_info().rss
        streams = [asked(viewer, "events?runs=many", stack) for _ in range(MANY)]
        for stream in streams:
            assert hears(stream, b"event: runs")
        slow = [asked(viewer, f"metrics?runs=many&time={number}", stack) for number in range(MANY)]
        run.log({"loss": 1.0}, step=1)
        assert run.flush()
        for stream in streams:
            assert hears(stream, b"event: run\n")
        assert viewer.get("runs")["found"] == 1
        assert process.memory_info().rss - before < MEMORY
        for connection in (*streams, *slow):
            connection.close()
        wait(lambda: not established(process), "connections are kept of browsers that are gone")
        assert viewer.get("runs")["found"] == 1


def established(process: psutil.Process) -> list[object]:
    return [one for one in process.net_connections() if one.status != psutil.CONN_LISTEN]
