"""The errors of Runicorn. Each is a sentence: what happened, to what, what was kept, what to do.

RunicornError
 ├─ ProtocolError      a message or an event that cannot be read
 ├─ FormatError        a file in a root or an outbox that cannot be read
 │   └─ DamagedError   a file in a root that was whole once: `runicorn fsck` says what can be done
 ├─ DaemonError        the daemon cannot be found, started or spoken to
 ├─ NotFoundError      a root, a run or a metric that is not there
 ├─ FolderError        a folder that must be private to the user is not
 └─ QueryError         a query that cannot be understood

DamageWarning          what could not be read of a run, where nobody asked for a list of it
"""


class RunicornError(Exception):
    """Base of all errors that Runicorn raises for reasons of its own."""


class ProtocolError(RunicornError):
    """A message or an event that cannot be read."""


class FormatError(RunicornError):
    """A file in a root or an outbox that cannot be read."""


class DamagedError(FormatError):
    """A file in a root that was whole once and is not any more."""


class DaemonError(RunicornError):
    """The daemon cannot be found, started or spoken to."""


class NotFoundError(RunicornError, LookupError):
    """A root, a run or a metric that is not there."""


class FolderError(RunicornError):
    """A folder that must be private to the user is not."""


class QueryError(RunicornError, ValueError):
    """A query that cannot be understood; `start` and `end` tell what of its text is wrong."""

    def __init__(self, sentence: str, start: int, end: int) -> None:
        super().__init__(sentence)
        self.start = start
        self.end = end


class DamageWarning(UserWarning):
    """A part of a run is damaged; what is whole was read."""
