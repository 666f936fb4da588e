"""meta.json, status.json, summary.json, assets.json: whether they say what the hosts' own files say."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from runid.errors import DamagedError
from runid.store import files, publishing, runs
from runid.store.fsck.finding import Finding, Look


def check(look: Look) -> Iterator[Finding]:
    """While a run lives these files lag; and what is guessed says nothing against them."""
    if look.busy:
        return
    try:
        folds = [runs.read_fold(look.folder, host) for host in runs.hosts(look.folder)]
    except DamagedError:
        return
    run = runs.Run(look.folder, folds)
    if run.problems or not folds:
        return
    for name, value in publishing.published(run).items():
        path = look.folder / name
        said = files.read_json(path)
        if said != value:
            yield Finding(name, _wrong(path, said, value), "it is made again", partial(_publish, path, value))


def _wrong(path: Path, said: dict[str, Any] | None, value: dict[str, Any]) -> str:
    if said is None:
        return "It is damaged: it holds no JSON object." if path.exists() else "It is missing."
    names = [name for name in {**value, **said} if said.get(name) != value.get(name)]
    return f"It does not say what the hosts' own files say: {', '.join(names)}."


def _publish(path: Path, value: dict[str, Any]) -> None:
    files.set_aside(path)
    files.replace_json(path, value)
