"""Code of the seed documents, run as it stands: what it finds around it, and what it leaves behind."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from tests import programs

import runicorn as rn
from runicorn.api import StoredRun

PRELUDE = """
import sys
from pathlib import Path
import runicorn as rn
sys.argv = ["train.py"]
"""

OPEN = "run = rn.init('supposed')"
"""The run that examples suppose."""


@dataclass(frozen=True)
class Ran:
    """A working folder in which code ran that named no storage root, so it lies in the folder, and what it printed."""

    folder: Path
    printed: str

    @property
    def root(self) -> Path:
        return self.folder / ".runicorn"

    def runs(self, count: int) -> list[StoredRun]:
        """The runs, oldest first; so many there must be, and all have ended."""
        found = [programs.ended(self.root, str(path.relative_to(self.root / "runs"))) for path in self._folders()]
        assert len(found) == count
        api = rn.Api(self.root)
        return sorted((api.run(run.id) for run in found), key=lambda run: float(run.meta["created_at"]))

    def run(self, path: str, status: str = "finished") -> StoredRun:
        """The only run, which must be of this path and have ended so."""
        (run,) = self.runs(1)
        assert (run.path, run.status, run.run_dir) == (path, status, self.root / "runs" / path / run.id)
        assert programs.said(run.run_dir / "status.json")["status"] == status
        return run

    def _folders(self) -> list[Path]:
        return [meta.parent for meta in (self.root / "runs").rglob("meta.json")]


def run_code(
    folder: Path, source: str, before: str = "", after: str = "", code: int = 0, under: Sequence[str | Path] = ()
) -> Ran:
    """Runs a program in a folder that has what the documents speak of; fails if it is warned, or ends otherwise.

    `under`: the words of a command that runs it.
    """
    lay_out(folder)
    environment = {name: value for name, value in os.environ.items() if name != "RUNICORN_DIR"}
    program = f"{PRELUDE}\n{before}\n{source}\n{after}"
    return Ran(folder, programs.train(program, code=code, under=under, cwd=folder, env=environment))


def lay_out(folder: Path) -> None:
    """The files and folders that the documents name, and a little program."""
    for name in ("data/cifar10", "data/train", "configs", "checkpoints", "outputs", "reports"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    contents = {
        "train.py": "print('trains')\n",
        "config.yaml": "lr: 0.001\n",
        "augment.yaml": "flip: true\n",
        "data/cifar10/batch_1": "1" * 100,
        "data/train/a.txt": "a sample",
        "configs/model.json": "{}",
        "checkpoints/best.pth": "weights",
    }
    for name, content in contents.items():
        (folder / name).write_text(content)
    Image.new("RGB", (8, 6), (255, 0, 0)).save(folder / "prediction.png")
    Image.new("RGB", (4, 4), (0, 0, 255)).save(folder / "output.jpg")


def assets(run_dir: Path, done: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """A run's assets.json, as soon as `done` says that what is awaited is in it."""

    def found() -> dict[str, Any] | None:
        said = programs.said(run_dir / "assets.json")
        return said if said and done(said) else None

    made: dict[str, Any] = programs.wait(found, f"it never comes into {run_dir / 'assets.json'}")
    return made


def snapshot(root: Path, said: dict[str, Any]) -> set[str]:
    """The files in a code snapshot, by what assets.json says; those of a storage root are never among them."""
    with zipfile.ZipFile(root / said["code"]["snapshot"]["archive_path"]) as archive:
        names = set(archive.namelist())
    assert not [name for name in names if name.startswith(".runicorn")]
    return names


def points(run: StoredRun) -> list[tuple[str, int, str | None, float]]:
    """Metric, step, stage and value of all points, in the order of their steps."""
    rows = run.history().to_pylist()
    found = [(row["metric"], row["step"], row["stage"], row["value"]) for row in rows]
    return sorted(found, key=lambda point: (point[1], point[0]))


def lines(run: StoredRun) -> list[str]:
    """The lines of the run's text without their times, as soon as logs.txt has them too."""
    whole, file = run.text(), run.run_dir / "logs.txt"
    programs.wait(lambda: not whole or (file.exists() and file.read_text() == whole), f"{file} is not as rn.Api has it")
    return [line.partition(" | ")[2] for line in whole.splitlines()]


def stored(run: rn.Run) -> StoredRun:
    """The run as it is read back."""
    return rn.Api(run.storage_root).run(run.id)


def image(file: Path) -> Image.Image:
    """A logged image, as soon as the daemon has made its file."""
    programs.wait(file.exists, f"{file} is not made")
    with Image.open(file) as found:
        found.load()
        return found
