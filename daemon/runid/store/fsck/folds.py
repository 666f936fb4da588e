"""writers/<host>.json: what the hosts have put down, and whether the points that they tell of are there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from runid.errors import DamagedError
from runid.store import files, outputs, refold, runs
from runid.store.fold import Fold
from runid.store.fsck import texts
from runid.store.fsck.finding import Finding, Look
from runid.store.reader import Reader


def check(look: Look) -> Iterator[Finding]:
    """Every host's fold; only its checksum while the run is busy."""
    for host in runs.hosts(look.folder):
        name = f"writers/{host}.json"
        path = look.folder / name
        look.seen(path.stat().st_size if path.exists() else 0)
        try:
            fold = runs.saved_fold(look.folder, host) if look.busy else runs.read_fold(look.folder, host, [])
        except DamagedError as error:
            _, how = refold.refold(look.folder, host)
            what = str(error).replace(str(path), "It", 1)
            yield Finding(name, what, f"it is made again. {how}", partial(_remake, look.folder, host))
            continue
        if not look.busy:
            yield from _missing(look, fold)


def _remake(folder: Path, host: str) -> None:
    fold, _ = refold.refold(folder, host)
    texts.write(folder, fold)
    outputs.save(folder, fold)
    path = folder / "writers" / f"{host}.json"
    files.set_aside(path)
    path.parent.mkdir(exist_ok=True)
    files.replace_json(path, fold.saved())


def _missing(look: Look, fold: Fold) -> Iterator[Finding]:
    """Points that the host has counted, and that are in no file of it."""
    held = Counter(look.rows.get(fold.host, Counter()))
    for tail in Reader(look.folder, fold.host, []).read(lambda view: view.tails):
        held.update({metric: sum(len(part.value) for part in tail.parts(metric)) for metric in tail.metrics})
    damaged = any(one.host == fold.host and one not in look.whole for one in runs.sealed(look.folder))
    short = {name: stat.count - held[name] for name, stat in fold.metrics.items() if stat.count > held[name]}
    if short and not damaged and not any(writer.lost_bytes for writer in fold.writers.values()):
        few = ", ".join(f"{count} of {name}" for name, count in list(short.items())[:3])
        what = f"{sum(short.values())} points that {fold.host} has counted are in no segment and no journal: {few}"
        yield Finding("metrics", what + (" …." if len(short) > 3 else "."), "bring the files back from a copy")
