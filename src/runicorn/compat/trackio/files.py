"""Files that belong to a run."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from runicorn.compat.trackio import active, notices


def save(glob_str: str, project: str | None = None) -> str:
    """Has the files that match archived with the active run, as its datasets of the context "file".

    `glob_str`: below the working folder, or absolute; `**` is any folders. Files of the storage root are left out.
    Returns at once, the daemon copies them a moment later, each content once for all runs; gives the folder where they
    are kept. `project` is the run's.

    Raises ValueError when no file matches, RuntimeError without a run.
    """
    run = active.run("save()")
    notices.without_effect("save", project=(project, None if project is None else run.project))
    root = run._native.storage_root.resolve()
    matches = sorted(path for path in glob.glob(os.fspath(glob_str), recursive=True) if os.path.isfile(path))
    found = [path for path in matches if not Path(path).resolve().is_relative_to(root)]
    if not found:
        raise ValueError(f"No file matches {glob_str!r} in {os.getcwd()}.")
    for path in found:
        run._native.log_dataset(os.path.relpath(path), os.path.abspath(path), context="file", save=True)
    return str(run._native.storage_root / "archive")
