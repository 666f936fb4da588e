"""A writer that speaks the wire itself: its batches are made ahead, so that what is measured is the daemon alone."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import zmq

from benches.clock import METRICS
from benches.home import BenchError
from runid import endpoint, events, wire
from runid.outbox import Outbox

_PATIENCE = 60_000


def batches(count: int, start: float) -> list[bytes]:
    """`count` events of five points each, in batches as full as they may be, and the writer's last word."""
    stream = [events.pack([events.START, start, {"pid": os.getpid()}])]
    stream += [events.pack([events.POINTS, start + step / 1000, step, None, METRICS]) for step in range(count)]
    stream.append(events.pack([events.FINISH, start + count / 1000, "finished", None]))
    found: list[bytes] = []
    batch = bytearray()
    for event in stream:
        if len(batch) + len(event) > events.BATCH_BYTES:
            found.append(bytes(batch))
            batch.clear()
        batch += event
    return [*found, bytes(batch)]


class Client:
    """One writer of one run, known to the daemon by a real outbox, in which nothing lies."""

    def __init__(self, runtime: Path, root: Path, run_id: str) -> None:
        """Says hello. Raises BenchError when the daemon does not welcome it."""
        writer = os.urandom(16)
        info: dict[str, Any] = {
            "writer": writer,
            "root": str(root),
            "path": "ingest",
            "run_id": run_id,
            "pid": os.getpid(),
        }
        found = endpoint.find(runtime)
        if found is None:
            raise BenchError(f"No daemon serves {runtime}.")
        self._outbox = Outbox(info)
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 1000)
        self._socket.connect(found.endpoint)
        hello = wire.Hello(writer, str(root), "ingest", run_id, str(self._outbox.folder), info=info)
        self._say(hello)
        welcome = self._hear()
        if not isinstance(welcome, wire.Welcome):
            raise BenchError(f"The daemon answered {welcome} to a hello.")
        self._welcome = welcome

    def send(self, stream: list[bytes]) -> float:
        """Sends all batches, as fast as the window lets it, and gives the seconds until all of it is safe."""
        began = time.perf_counter()
        session, sent, received, safe = self._welcome.session, 0, 0, 0
        for body in stream:
            self._say(wire.Batch(session, sent, body))
            sent += len(body)
            while sent - received >= self._welcome.window:
                received, safe = self._ack()
        while received < sent:
            received, safe = self._ack()
        self._say(wire.Where(session, sync=True))
        while safe < sent:
            received, safe = self._ack()
        return time.perf_counter() - began

    def close(self) -> None:
        """Says goodbye, and removes the outbox."""
        self._say(wire.Bye(self._welcome.session))
        self._socket.close()
        self._context.term()
        self._outbox.close()

    def _ack(self) -> tuple[int, int]:
        said = self._hear()
        if not isinstance(said, wire.Ack):
            raise BenchError(f"The daemon said {said} instead of what it holds.")
        return said.received, said.safe

    def _say(self, message: wire.Message) -> None:
        self._socket.send_multipart(wire.encode(message))

    def _hear(self) -> Any:
        if not self._socket.poll(_PATIENCE):
            raise BenchError("The daemon has been silent for a minute.")
        return wire.decode(self._socket.recv_multipart())
