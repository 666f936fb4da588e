"""A writer that speaks the wire itself: its batches are made ahead, so that what is measured is the daemon alone.

    python -m benches.client RUN_ID STEPS single|double

Sends STEPS steps of five floats and prints how many bytes they were, and the seconds until all of it was safe, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import zmq

from benches.home import BenchError
from benches.series import series, times
from runid import endpoint, events, places, wire
from runid.outbox import Outbox

_PATIENCE = 60_000


def main() -> None:
    """Sends one stream."""
    run_id, steps, precision = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    stream = list(batches(steps, precision == "double"))
    client = Client(Path(os.environ["RUNICORN_DIR"]), run_id)
    seconds = client.send(stream)
    client.close()
    print(json.dumps({"bytes": sum(map(len, stream)), "seconds": seconds}))


def batches(steps: int, double: bool) -> Iterator[bytes]:
    """A writer's events from its first word to its last, in batches as full as they may be."""
    batch = bytearray()
    for event in _events(steps, double):
        packed = events.pack(event)
        if len(batch) + len(packed) > events.BATCH_BYTES:
            yield bytes(batch)
            batch.clear()
        batch += packed
    yield bytes(batch)


def _events(steps: int, double: bool) -> Iterator[events.Event]:
    began = time.time()
    yield [events.START, began, {"pid": os.getpid()}]
    for step, (now, values) in enumerate(zip(times(steps, began), series(steps, double), strict=True)):
        yield [events.POINTS, now, step, None, values]
    yield [events.FINISH, began + steps, "finished", None]


class Client:
    """One writer of one run, known to the daemon by a real outbox, in which nothing lies."""

    def __init__(self, root: Path, run_id: str) -> None:
        """Says hello. Raises BenchError when the daemon does not welcome it."""
        found = endpoint.find(places.runtime_dir())
        if found is None:
            raise BenchError("No daemon serves.")
        writer = os.urandom(16)
        self._outbox = Outbox({"writer": writer, "root": str(root), "path": "ingest", "run_id": run_id})
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 1000)
        self._socket.connect(found.endpoint)
        self._say(wire.Hello(writer, str(root), "ingest", run_id, str(self._outbox.folder)))
        welcome = self._hear()
        if not isinstance(welcome, wire.Welcome):
            raise BenchError(f"The daemon answered {welcome} to a hello.")
        self._session, self._window = welcome.session, welcome.window

    def send(self, stream: list[bytes]) -> float:
        """Sends all batches, as fast as the window lets it, and gives the seconds until all of it is safe."""
        began = time.perf_counter()
        sent = received = safe = 0
        for body in stream:
            self._say(wire.Batch(self._session, sent, body))
            sent += len(body)
            while sent - received >= self._window:
                received, safe = self._held()
        while received < sent:
            received, safe = self._held()
        self._say(wire.Where(self._session, sync=True))
        while safe < sent:
            received, safe = self._held()
        return time.perf_counter() - began

    def close(self) -> None:
        """Says goodbye, and removes the outbox."""
        self._say(wire.Bye(self._session))
        self._socket.close()
        self._context.term()
        self._outbox.close()

    def _held(self) -> tuple[int, int]:
        said = self._hear()
        if not isinstance(said, wire.Ack):
            raise BenchError(f"The daemon said {said} instead of what it holds.")
        return said.received, said.safe

    def _say(self, message: wire.Message) -> None:
        self._socket.send_multipart(wire.encode(message))

    def _hear(self) -> wire.Message:
        if not self._socket.poll(_PATIENCE):
            raise BenchError("The daemon has been silent for a minute.")
        return wire.decode(self._socket.recv_multipart())


if __name__ == "__main__":
    main()
