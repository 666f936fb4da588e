"""Runs whose files are written here, where it matters who logged what when."""

from pathlib import Path

import msgpack

from runid import events
from runid.store import files, journal
from runid.store.journal import Journal


def logged(
    folder: Path, start: float, *found: events.Event, host: str = "one", rank: int = 0, batches: int = 1
) -> Path:
    """The folder of a run in which a host's writer, begun at `start`, logged these events, in so many batches.

    The host "one" is the run's owner.
    """
    (folder / "journal").mkdir(parents=True, exist_ok=True)
    files.create_json(folder / "meta.json", {"id": folder.name, "path": "p", "host": "one"})
    writer = host.encode().ljust(16)
    made = Journal(folder / "journal", host, 1)
    made.append(journal.WRITER, writer, 0, msgpack.packb({"number": 1, "rank": rank, "started": start}))
    bodies = [b"".join(map(events.pack, found[index::batches])) for index in range(batches)]
    for index, body in enumerate(bodies):
        made.append(journal.BATCH, writer, sum(map(len, bodies[:index])), body)
    made.close()
    return folder
