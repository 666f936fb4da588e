"""What it costs to log media, tables and histograms, beside the real Trackio; and log() beside them and through the
modules that stand in for other trackers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benches import peers
from benches.home import BenchError, Home
from benches.kind import CALLS, PAUSE
from benches.rows import Row, median
from benches.workload import answer_of

_OURS, _COMPAT, _TRACKIO = "runicorn", "runicorn.compat.trackio", "trackio"
_EXPT = "runicorn.compat.expt_logger"
_KINDS = {
    "image": "Image, 1024² RGB",
    "table": "Table, 5,000 rows of 5",
    "histogram": "Histogram, 1 M values",
    "video": "Video, (10, 3, 64, 64)",
}
_IMAGES = 16
_KEEPS = 1.5
"""How many times its p99 log() may take while images are encoded."""
_EXPT_LOGGER = 8.0
"""Microseconds that a log() of five floats of the real expt_logger (dev22) took; no package index has it any more."""


def rows(tries: int, calls: int) -> Iterator[Row]:
    """The rows: each measurement in `tries` fresh processes, with `calls` calls in the loops of log()."""
    trackio = peers.environment(_TRACKIO)
    pythons = {_OURS: Path(sys.executable), _COMPAT: Path(sys.executable), _TRACKIO: trackio}
    with Home(**peers.OFFLINE) as home:
        home.environment |= {
            "TRACKIO_DIR": str(home.folder / "trackio"),
            "PATH": f"{trackio.parent}:{home.environment['PATH']}",  # its ffmpeg
        }
        home.daemon()
        for kind, what in _KINDS.items():
            yield _kind(home, pythons, kind, what, tries)
        yield _beside(home, tries)
        yield from _modules(home, pythons, tries, calls)


def _kind(home: Home, pythons: Mapping[str, Path], kind: str, what: str, tries: int) -> Row:
    calls: dict[str, list[list[float]]] = {module: [] for module in pythons}
    for _ in range(tries):
        for module, python in pythons.items():
            try:
                calls[module].append(_answer(home, python, "benches.kind", module, kind)["calls"])
            except BenchError as error:
                if module != _TRACKIO:
                    raise
                print(f"Trackio logs no {kind}: {str(error).splitlines()[-1]}", file=sys.stderr)
            home.settle()  # what is still encoded would disturb the next one
    took = {module: median(median(of[1:]) for of in each) for module, each in calls.items() if each}
    first = {module: median(of[0] for of in calls[module]) for module in took}
    how = (
        f"{CALLS} calls, {PAUSE} s apart, of a process that logged one before; median of {tries}. The goal is what the "
    )
    how += "real Trackio takes here. " if _TRACKIO in took else "real Trackio failed. "
    how += "; ".join(f"{module}: {took[module]:.2f} ms, its first call {first[module]:.1f} ms" for module in took)
    return Row(f"log({what})", took.get(_TRACKIO), took[_OURS], "ms", how + ".")


def _beside(home: Home, tries: int) -> Row:
    found: dict[int, list[dict[str, list[float]]]] = {0: [], _IMAGES: []}
    left = []
    for _ in range(tries):
        for images, of in found.items():
            answer = _answer(home, Path(sys.executable), "benches.kind", _OURS, "scalars", images)
            home.settle()
            of.append(answer)
            left.append(answer["left"])
    (alone, empty), (beside, empty_beside) = (
        [median(one[what][1] for one in of) for what in ("log", "empty")] for of in found.values()
    )
    how = f"Five floats a call, from when the first of {_IMAGES} images of 1024² is encoded; at the end "
    how += f"{median(left[1::2]):.0f} are still to be. Against a process without; medians of {tries} processes: p99 "
    how += f"{beside:.1f} and {alone:.1f} µs, of empty calls in the same loops {empty_beside:.2f} and {empty:.2f} µs."
    return Row("log() beside encoding, p99", _KEEPS, beside / alone, "times", how)


def _modules(home: Home, pythons: Mapping[str, Path], tries: int, calls: int) -> Iterator[Row]:
    trackers = dict(pythons) | {_EXPT: Path(sys.executable)}
    found: dict[str, list[list[float]]] = {tracker: [] for tracker in trackers}
    for _ in range(tries):
        for tracker, python in trackers.items():
            found[tracker].append(_answer(home, python, "benches.workload", tracker, "tight", calls)["log"])
    p50, p99 = ({tracker: median(one[part] for one in of) for tracker, of in found.items()} for part in (0, 1))
    how = f"{calls:,} calls of five floats; median of {tries} processes. Native: p50 {p50[_OURS]:.2f}, p99 "
    how += f"{p99[_OURS]:.1f} µs. The goal is 3 times native, and less than the real client's: Trackio's p50 "
    how += f"{p50[_TRACKIO]:.1f}, p99 {p99[_TRACKIO]:.1f} µs here, expt_logger's p50 {_EXPT_LOGGER} µs elsewhere."
    for tracker, real in ((_COMPAT, p50[_TRACKIO]), (_EXPT, _EXPT_LOGGER)):
        yield Row(f"log(), {tracker}, p50", min(3 * p50[_OURS], real), p50[tracker], "µs", how)
        how = "The same loops."
        yield Row(f"log(), {tracker}, p99", None, p99[tracker], "µs", how)


def _answer(home: Home, python: Path, module: str, *arguments: object) -> Any:
    return answer_of(home.command(str(python), "-m", module, *map(str, arguments)))
