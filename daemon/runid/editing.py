"""Edits: what people change of a run from the viewer or the command line, which may be over long since."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from runid import wire
from runid.errors import FormatError
from runid.keeper import Keeper
from runid.store import edits, publishing, runs


def edit(folder: Path, host: str, keeper: Keeper | None, said: wire.Edit) -> dict[str, Any]:
    """Writes an edit of the run in a folder down, and its common files anew; gives its line for the catalog.

    `keeper`: what looks after the run, while something does. Raises OSError, FormatError, and what a keeper raises.
    """
    edits.checked(said.changes)
    if not runs.hosts(folder):
        raise FormatError(f"There is no run {said.run_id} under the path {said.path!r} in {said.root} to be edited.")
    edits.write(folder, host, said.changes, time.time())
    if keeper is not None:
        return keeper.save()
    run = runs.read_run(folder)
    if run.status != "running":  # else its owner makes them
        publishing.publish(run)
    return publishing.catalog_entry(run, run.folds[0])
