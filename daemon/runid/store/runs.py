"""A run's folder, read: what its hosts' files say together, with or without a daemon.

meta.json  status.json  summary.json  assets.json      made by the owner: the host that created meta.json
environment.json                                       the owner's too, where init() was told to capture it
alerts.json                                            the owner's too, where there are any (see runid.store.alerts)
writers/<host>.json                                    each host's own fold (see runid.store.fold)
logs.txt, logs/<host>.txt                              the owner's text, the other hosts' text
objects/<host>-000001.jsonl                            logged values that are no numbers
media/                                                 files of such values (see runid.store.media)
assets/<host>.json                                     what was archived of its outputs (see runid.store.outputs)
metrics/  journal/                                     see runid.store.segments, runid.store.journal
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runid import places, wire
from runid.errors import DamagedError, FormatError
from runid.store import alerts, assets, catalog, edits, ending, files, inputs, journal, media, outputs, segments
from runid.store.fold import LOGS, OBJECTS, Fold, Stat

if TYPE_CHECKING:
    import pyarrow as pa

MARKER = places.MARKER
_PATH = re.compile(r"([A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*)?")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_TRIES = 20

OURS = frozenset((
    "meta.json", "status.json", "summary.json", "assets.json", "environment.json", "alerts.json", "logs.txt",
    "writers", "logs", "objects", "media", "assets", "metrics", "pyramid", "journal", "edits",
))  # fmt: skip
"""What is in a run's folder; whatever else lies there is its user's."""


def run_dir(root: Path, path: str, run_id: str) -> Path:
    """The folder of a run."""
    return root / "runs" / path / run_id


def find_runs(root: Path) -> Iterator[Path]:
    """The folders of all runs below a root, by path."""
    for folder, names, found in os.walk(root / "runs"):
        if "meta.json" in found or _was_run(Path(folder), names):
            names.clear()
            yield Path(folder)
        names.sort()


def _was_run(folder: Path, names: list[str]) -> bool:
    """Whether a folder without meta.json is a run all the same: `writers` and the like may be parts of a path, too."""
    kinds = {"writers": ".json", "journal": ".journal", "metrics": ".parquet"}
    return any(next((folder / name).glob(f"*{kinds[name]}"), None) is not None for name in names if name in kinds)


def check(root: str, path: str, run_id: str) -> None:
    """Raises FormatError unless the three name a run's folder, and nothing outside of the root."""
    if not os.path.isabs(root) or os.path.normpath(root) != root or "\0" in root:
        raise FormatError(f"{root!r} is no root: it must be an absolute path in its plain form.")
    if not _PATH.fullmatch(path) or not _RUN_ID.fullmatch(run_id):
        raise FormatError(f"There can be no run {run_id!r} under the path {path!r}.")


def find(root: Path, said: wire.Find, named: set[str]) -> wire.Found:
    """The run with the id that is asked for, or the latest of a path and alias; empty where there is none.

    `named`: runs of that path that are known to have the alias, whatever the catalog says.
    """
    run_id = said.run_id
    if not run_id:
        known = catalog.Runs(root)
        known.refresh()
        entries = (entry for entry in known if entry["path"] == said.path)
        meant = (entry["run"] for entry in entries if entry.get("alias") == said.alias or entry["run"] in named)
        run_id = next(meant, "")
    folder = run_dir(root, said.path, run_id)
    if not run_id or not hosts(folder):
        return wire.Found()
    run = read_run(folder)
    step = max((writer["last_step"] or 0 for writer in run.writers), default=0)
    alias = run.meta.get("alias")
    return wire.Found(run_id, run.status == "running", step, run.config, alias if isinstance(alias, str) else None)


def hosts(folder: Path) -> list[str]:
    """The hosts that wrote into a run."""
    try:
        names = [name for name in os.listdir(folder / "writers") if name.endswith(".json") and name[0] != "."]
        named = {name.removesuffix(".json") for name in names}
    except (FileNotFoundError, NotADirectoryError):
        named = set()
    return sorted(named | set(journal.journals(folder / "journal")) | {segment.host for segment in sealed(folder)})


def saved_fold(folder: Path, host: str) -> Fold:
    """What one host has put down in `writers/<host>.json`; an empty fold where there is no such file.

    Raises OSError; FormatError for a file that holds no fold: to take it for missing would forget what was sealed.
    """
    path = folder / "writers" / f"{host}.json"
    saved = files.read_json(path)
    if saved is None and path.exists():  # damaged, or it has come just now
        saved = files.read_json(path) or {}
    try:
        return Fold.of(host, saved)
    except FormatError as error:
        raise DamagedError(f"{path} cannot be read. Restore it, or have `runicorn fsck` mend it. {error}") from error


def read_fold(folder: Path, host: str, gaps: list[journal.Gap] | None = None) -> Fold:
    """What one host's files say, up to the last record its journals hold.

    Raises OSError; FormatError if they cannot be read, or change faster than they can be; DamagedError if what they
    said up to some record is damaged or gone. With `gaps` damaged records of journals are added to it and passed over.
    """
    for _ in range(_TRIES):
        found = journal.journals(folder / "journal").get(host, [])
        with contextlib.suppress(FileNotFoundError):
            fold = saved_fold(folder, host)
            gone = _gone(folder, fold, found)
            for record in journal.read_host(found, fold.through + 1, gaps):
                fold.apply(record)
            # A journal that ends where an unseen next one begins would have been read too far.
            if journal.journals(folder / "journal").get(host, []) == found:
                if gone:
                    raise DamagedError(gone)
                return fold
    raise FormatError(f"The journals of {host} in {folder} changed {_TRIES} times while they were read. Try again.")


def _gone(folder: Path, fold: Fold, found: list[tuple[int, Path]]) -> str:
    """Says so where the records behind what a host has put down are not there, nor can have been there."""
    following = 1 + max((one.hi for one in sealed(folder) if one.host == fold.host), default=0)
    lo = found[0][0] if found else following
    if lo <= fold.through + 1:
        return ""
    path = folder / "writers" / f"{fold.host}.json"
    return f"{path} is missing." if fold.through == 0 else f"{path} ends at record {fold.through}, before {lo}."


def sealed(folder: Path) -> list[segments.Segment]:
    """The run's segments, as runid.store.segments lists them."""
    return segments.segments(folder / "metrics")


def root_of(folder: Path) -> Path | None:
    """The root that a run's folder lies in; None where it lies elsewhere."""
    return next(
        (above.parent for above in folder.parents if above.name == "runs" and (above.parent / MARKER).exists()), None
    )


def guessed(folder: Path, hosts: list[str]) -> dict[str, Any]:
    """What meta.json must say of a run, as far as its place and its files tell: id, path, and host, the owner."""
    root = root_of(folder)
    path = folder.parent.relative_to(root / "runs").as_posix() if root else ""
    owners = [host for host in hosts if not text_path(folder, host, owner=False).exists()]
    return {"id": folder.name, "path": path.removeprefix("."), "host": (owners or hosts or [""])[0]}


def identity(folder: Path, hosts: list[str]) -> tuple[dict[str, Any], str]:
    """What meta.json says, put right where it cannot be, and a sentence on that; empty where nothing is wrong.

    Inside a root the folder's place tells path and id; an owner that has no file of its own did not write logs.txt.
    """
    said = files.read_json(folder / "meta.json")
    right = guessed(folder, hosts)
    if said is None:
        return right, "It is damaged: it holds no JSON object." if (folder / "meta.json").exists() else "It is missing."
    if root_of(folder) is None:
        right |= {name: said[name] for name in ("id", "path") if isinstance(said.get(name), str)}
    if isinstance(said.get("host"), str) and (said["host"] in hosts or not (folder / "logs.txt").exists()):
        right["host"] = said["host"]
    wrong = [
        f"{name} is {value!r}, and it says {said.get(name)!r}"
        for name, value in right.items()
        if said.get(name) != value
    ]
    return said | right, f"It is damaged: {', '.join(wrong)}." if wrong else ""


def owner(folder: Path) -> str:
    """The host that created the run, and writes its common files."""
    return str(identity(folder, hosts(folder))[0]["host"])


def text_path(folder: Path, host: str, owner: bool) -> Path:
    """The file that holds a host's text."""
    return folder / "logs.txt" if owner else folder / "logs" / f"{host}.txt"


def objects_path(folder: Path, host: str) -> Path:
    """The file that holds a host's objects."""
    return folder / "objects" / f"{host}-000001.jsonl"


class Run:
    """One run as its files stand now; the folds of all hosts are read once, the rest when asked for."""

    def __init__(self, folder: Path, folds: list[Fold], problems: list[str] | None = None) -> None:
        self.folder = folder
        self.problems = [] if problems is None else problems
        """What was found damaged while the run was read, a sentence each; reading more may add to it."""
        self.meta, wrong = identity(folder, [fold.host for fold in folds])
        if wrong:
            self._tell(f"{folder / 'meta.json'}: {wrong}")
        self.folds = sorted(folds, key=lambda fold: (fold.host != self.meta.get("host"), fold.host))
        said = merged([*(fold.meta for fold in folds), *(fold.start for fold in folds)])
        self.meta = said | edits.read(folder) | self._identity()

    def _identity(self) -> dict[str, Any]:
        return {name: self.meta[name] for name in ("id", "path", "host") if name in self.meta}

    def _tell(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    @property
    def id(self) -> str:
        """The run's id."""
        return str(self.meta.get("id", self.folder.name))

    @property
    def writers(self) -> list[dict[str, Any]]:
        """All writers, by rank and number."""
        return [asdict(writer) for writer in ending.together(self.folds)]

    @property
    def dropped(self) -> int:
        """Events that could not be kept, what was printed included."""
        return sum(writer.dropped for writer in ending.served(self.folds))

    @property
    def lost_bytes(self) -> int:
        """Bytes of events that could not be had from an outbox."""
        return sum(writer.lost_bytes for writer in ending.served(self.folds))

    @property
    def status(self) -> str:
        """running, finished, interrupted, failed or crashed."""
        return ending.state(ending.together(self.folds))[0]

    @property
    def exit_reason(self) -> str | None:
        """A sentence on how the run ended; None while it runs."""
        return ending.state(ending.together(self.folds))[1]

    @property
    def config(self) -> dict[str, Any]:
        """The run's config, all hosts' parts merged: what was given as args, and all else."""
        return self.args | merged(fold.config for fold in self.folds)

    @property
    def args(self) -> dict[str, Any]:
        """What `log_config` was given as args, as far as no later value of the config replaced it."""
        return merged(fold.args for fold in self.folds)

    @property
    def config_files(self) -> dict[str, str | None]:
        """Paths of config files as they were given → their text; None where it is not known."""
        return merged(fold.config_files for fold in self.folds)

    @property
    def datasets(self) -> list[dict[str, Any]]:
        """What it was trained on: the entries of assets.json, see runid.store.inputs."""
        return inputs.listed(self.folds, "dataset")

    @property
    def pretrained(self) -> list[dict[str, Any]]:
        """The models that it started from, likewise."""
        return inputs.listed(self.folds, "pretrained")

    @property
    def environment(self) -> dict[str, Any]:
        """What was captured of the surroundings of the lowest rank; empty where nothing was."""
        found = [fold.environment for fold in self.folds if fold.environment]
        return min(found, key=lambda environment: environment.get("rank", 0), default={})

    @property
    def code(self) -> dict[str, Any]:
        """What became of its code snapshot; empty where none was asked for."""
        return assets.snapshot(self.folds)

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """What was archived of its outputs, or could not be, as assets.json lists it (see runid.store.outputs)."""
        for path in (outputs.path(self.folder, fold.host) for fold in self.folds):
            if path.exists() and files.read_json(path) is None:
                self._tell(f"{path} is damaged: it holds no JSON object. What was archived lies in archive/outputs/.")
        return outputs.published(outputs.read(self.folder, fold) for fold in self.folds)

    @property
    def summary(self) -> dict[str, Any]:
        """The run's summary with its best metric, all hosts' parts merged."""
        return merged(summary(fold) for fold in self.folds)

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """The first metrics in short: count, last, min, max; the last value is of the host that was heard of last."""
        return self._stats(lambda fold: fold.metrics)

    @property
    def system(self) -> dict[str, dict[str, Any]]:
        """The system metrics in short, likewise."""
        return self._stats(lambda fold: fold.system)

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """What was raised by `alert`, as runid.store.alerts tells of it."""
        return alerts.told(self.folds)

    def _stats(self, of: Callable[[Fold], dict[str, Stat]]) -> dict[str, dict[str, Any]]:
        found: dict[str, Stat] = {}
        for fold in sorted(
            self.folds, key=lambda fold: max((w.last_time or 0.0 for w in fold.writers.values()), default=0)
        ):
            for name, stat in of(fold).items():
                found[name] = stat.behind(found[name]) if name in found else stat
        return {name: asdict(stat) for name, stat in found.items()}

    def text(self) -> str:
        """All that was logged as text."""
        owner = self.meta.get("host")
        paths = [text_path(self.folder, fold.host, fold.host == owner) for fold in self.folds]
        return "".join(self._made(path, fold, LOGS) for path, fold in zip(paths, self.folds, strict=True))

    def media(self) -> list[dict[str, Any]]:
        """The logged media, each once: see runid.store.media."""
        return media.together(self.objects())

    def objects(self) -> list[dict[str, Any]]:
        """The logged values that are no numbers."""
        found: list[dict[str, Any]] = []
        for fold in self.folds:
            for line in self._made(objects_path(self.folder, fold.host), fold, OBJECTS).split("\n")[:-1]:
                with contextlib.suppress(ValueError, RecursionError):  # said by _made: it was not written so
                    found.append(json.loads(line))
        return found

    def points(self) -> pa.Table:
        """All points: metric, stage, rank, writer, step, time, value."""
        from runid.store import points  # pyarrow is loaded only where points are read

        return points.points(self.folder, problems=self.problems)

    def _made(self, path: Path, fold: Fold, what: str) -> str:
        """A file made from a host's records, and what the records behind it add."""
        try:
            with open(path, "rb") as file:
                kept = file.read(fold.lengths[what])
        except FileNotFoundError:
            kept = b""
        if len(kept) < fold.lengths[what]:
            self._tell(f"{path} was cut: its last {fold.lengths[what] - len(kept)} bytes are missing.")
        elif zlib.crc32(kept) != fold.sums[what]:
            self._tell(f"{path} is damaged: it is not what was written.")
        return kept.decode(errors="replace") + "".join(fold.pending[what])


def read_run(folder: Path | str) -> Run:
    """The run in a folder, as far as it is whole: `problems` says what is not.

    Raises FileNotFoundError when there is none, OSError when it cannot be read, FormatError if it changes faster.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no run in {folder}.")
    problems: list[str] = []
    return Run(folder, [_whole_fold(folder, host, problems) for host in hosts(folder)], problems)


def _whole_fold(folder: Path, host: str, problems: list[str]) -> Fold:
    gaps: list[journal.Gap] = []
    try:
        fold = read_fold(folder, host, gaps)
    except DamagedError as error:
        from runid.store import refold  # it reads points, and so loads pyarrow

        fold, how = refold.refold(folder, host)
        problems.append(f"{error} {how}")
    problems += dict.fromkeys(map(str, gaps))
    return fold


def merged(parts: Any) -> dict[str, Any]:
    """Dicts laid over each other, the first on top."""
    result: dict[str, Any] = {}
    for part in reversed(list(parts)):
        result.update(part)
    return result


def summary(fold: Fold) -> dict[str, Any]:
    """A host's part of the summary: the user's keys, and the best value of the primary metric."""
    if not (fold.primary and fold.best):
        return fold.summary
    best = {
        "best_metric_value": fold.best["value"],
        "best_metric_name": fold.primary[0],
        "best_metric_step": fold.best["step"],
        "best_metric_mode": fold.primary[1],
    }
    return fold.summary | best
