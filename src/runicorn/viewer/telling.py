"""What people change goes to the daemon, which alone writes."""

from __future__ import annotations

from runid import endpoint, places, wire
from runid.errors import RunicornError

_PATIENCE = 10.0


def daemon() -> endpoint.Endpoint:
    """The daemon, started where there is none. Raises RunicornError, OSError."""
    return endpoint.start(places.runtime_dir())


def tell(listening: endpoint.Endpoint, message: wire.Message) -> None:
    """Has a change written; returns when it is on the disk. Raises RunicornError where it is refused, OSError."""
    answer = endpoint.ask(listening, message, timeout=_PATIENCE)
    if isinstance(answer, wire.Refused):
        raise RunicornError(answer.reason)
