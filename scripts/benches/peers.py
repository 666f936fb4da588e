"""`scripts/bench --peers`: the same work for other trackers, each in an environment of its own, offline.

Which ones and in which version stands in tests/peers.txt; they are installed below .venv/peers when missing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benches.home import Home
from benches.rows import median
from benches.table import table
from benches.workload import answer_of

_HOUSE = Path(__file__).resolve().parents[2]
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "WANDB_MODE": "offline",
    "WANDB_SILENT": "true",
    "WANDB_ERROR_REPORTING": "false",
}
_FILES = {"runicorn": "root/runs/**/metrics/*", "trackio": "trackio/*.db*", "wandb": "**/*.wandb"}
"""Where a tracker keeps the points of a finished run, in its home."""

Measured = dict[str, float]


def main(as_json: bool, quick: bool) -> int:
    """Measures all trackers and prints them side by side."""
    names = {name: line.split()[0] for name, line in _wanted().items()}
    pythons = {"runicorn": Path(sys.executable)} | {name: environment(name) for name in names}
    found = {name: _measure(name, python, quick) for name, python in pythons.items()}
    print(json.dumps(found, indent=1) if as_json else _show(found, names))
    return 0


def environment(name: str) -> Path:
    """The Python of the tracker's environment, made where it is missing or holds another version."""
    folder, wanted = _HOUSE / ".venv" / "peers" / name, _wanted()[name]
    stamp, python = folder / "stamp", folder / "bin" / "python"
    if not stamp.is_file() or stamp.read_text() != wanted:
        print(f"Installing {wanted} into {folder} ...", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted.split()]
        subprocess.run(pip, check=True)
        for ffmpeg in folder.glob("lib/*/site-packages/imageio_ffmpeg/binaries/ffmpeg-*"):
            (folder / "bin" / "ffmpeg").symlink_to(ffmpeg)
        stamp.write_text(wanted)
    return python


def _wanted() -> dict[str, str]:
    """Each tracker with its line of tests/peers.txt."""
    lines = (_HOUSE / "tests" / "peers.txt").read_text().splitlines()
    return {line.split("==")[0]: line.strip() for line in lines if line.strip() and not line.startswith("#")}


def _measure(name: str, python: Path, quick: bool) -> Measured:
    calls, tries = (5_000, 1) if quick else (50_000, 3)
    with Home(**OFFLINE) as home:
        home.environment |= {"TRACKIO_DIR": str(home.folder / "trackio"), "WANDB_DIR": str(home.folder)}

        def work(what: str, *arguments: int) -> Any:
            command = (str(python), "-m", "benches.workload", name, what, *map(str, arguments))
            return answer_of(home.command(*command))

        work("startup")  # compiles, and starts our daemon
        starts = [work("startup") for _ in range(3 * tries)]
        tight = [work("tight", calls)["log"] for _ in range(tries)]
        paced = [work("paced", 300)["log"] for _ in range(tries)]
        before = _kept(home, name)
        work("disk", calls)
        if name == "runicorn":
            home.settle()
        kept = _kept(home, name) - before
    found = {"import, ms": median(one["import"] for one in starts), "init, ms": median(one["init"] for one in starts)}
    for pace, times in (("tight", tight), ("100 Hz", paced)):
        for place, part in enumerate(("p50", "p99", "p99.9")):
            found[f"log, {pace}, {part}, µs"] = median(one[place] for one in times)
    return found | {"disk, B/point": kept / calls / 5}


def _kept(home: Home, name: str) -> int:
    return sum(path.stat().st_size for path in home.folder.glob(_FILES[name]) if path.is_file())


def _show(found: dict[str, Measured], versions: dict[str, str]) -> str:
    ours = found["runicorn"]
    rows = []
    for what in ours:
        others = [
            f"{its[what]:,.1f} ({its[what] / ours[what]:.1f}x)" for name, its in found.items() if name in versions
        ]
        rows.append([what, f"{ours[what]:,.1f}", *others])
    notes = (
        "In brackets: how many times Runicorn's. Medians of fresh processes; log: five floats; disk: points of a run,"
    )
    return (
        table(["", "runicorn", *versions.values()], rows)
        + f"\n\n{notes}\nsingle-precision values, as they lie after finish()."
    )
