"""Counts the files of a run that are made later than its events: images, videos, datasets, outputs; each must be whole.

What is there but not as it was logged is complained of, and does not count as kept. Only with `prefix`, for a machine
that lost its memory, may bytes be gone whose event is kept, where the run says so.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageSequence

from harness import contents
from harness.counting import Numbers
from runid.places import MARKER

if TYPE_CHECKING:
    from runid.store.runs import Run

_IMAGE = re.compile(r"w(\d+)_i(\d+)")
_VIDEO = re.compile(r"w(\d+)_v(\d+)")
_DATASET = re.compile(r"w(\d+)_d(\d+)")
_OUTPUT = re.compile(r"w(\d+)_c(\d+)\.ckpt")

Entry = dict[str, Any]


class FilesCount:
    """Counts what one run has of each kind; `complaints` takes sentences."""

    def __init__(self, run: Run, complaints: list[str], prefix: bool = False) -> None:
        self._run = run
        self._root = next(folder for folder in run.folder.parents if (folder / MARKER).exists())
        self._complaints = complaints
        self._prefix = prefix

    def images(self) -> Numbers:
        """Per rank the numbers of the images that are whole, once for each line that tells of one."""
        named = [self._run.folder / line["file"] for line in self._run.objects() if line.get("file")]
        self._strangers(self._run.folder / "media", named)
        return self._media("image", _IMAGE, _picture_trouble)

    def videos(self) -> Numbers:
        """Per rank the numbers of the videos that are whole, once for each line that tells of what was made."""
        return self._media("video", _VIDEO, _moving_trouble)

    def datasets(self) -> Numbers:
        """Per rank the numbers of the datasets that are archived whole, once for each entry."""

        def trouble(entry: Entry, rank: int, number: int) -> str:
            if not entry["saved"] or "error" in entry or "progress" in entry:
                return f"its entry says {entry}"
            return _dataset_trouble(self._root, entry, rank, number)

        entries = self._run.datasets
        self._published("datasets", entries)
        return self._numbers([(entry["name"], entry) for entry in entries], _DATASET, trouble)

    def outputs(self) -> Numbers:
        """Per rank the numbers of the outputs that are archived whole, once for each entry."""

        def trouble(entry: Entry, rank: int, number: int) -> str:
            if not entry["saved"] or "last_error" in entry:
                return f"its entry says {entry}"
            copy = self._root / entry["archive_path"]
            whole = copy.is_file() and copy.read_bytes() == contents.output(rank, number)
            return "" if whole else f"{copy} is not what was written"

        entries = self._run.outputs
        self._published("outputs", entries)
        kept = [self._root / entry["archive_path"] for entry in entries if "archive_path" in entry]
        place = self._run.folder.relative_to(self._root / "runs")
        self._strangers(self._root / "archive" / "outputs" / "versions" / place, kept)
        return self._numbers([(entry["name"], entry) for entry in entries], _OUTPUT, trouble)

    def _media(self, kind: str, pattern: re.Pattern[str], wrong: Callable[[Path, int, int], str]) -> Numbers:
        lines = [line for line in self._run.objects() if line["type"] == kind]
        failed = {line["file"]: line["error"] for line in lines if "error" in line}
        told = [line for line in lines if ("frames" in line) == (kind == "video") and "error" not in line]
        told = [line for line in told if not (self._prefix and line["file"] in failed)]

        def trouble(line: Entry, rank: int, number: int) -> str:
            return failed.get(line["file"]) or wrong(self._run.folder / line["file"], rank, number)

        return self._numbers([(line["key"], line) for line in told], pattern, trouble)

    def _numbers(self, named: list[tuple[str, Entry]], pattern: re.Pattern[str], trouble: Any) -> Numbers:
        numbers: Numbers = defaultdict(list)
        for name, entry in named:
            match = pattern.fullmatch(name)
            if match is None:
                self._complaints.append(f"something nobody logged: {name}")
                continue
            rank, number = int(match[1]), int(match[2])
            wrong = trouble(entry, rank, number)
            if wrong:
                self._complaints.append(f"{name}: {wrong}")
            else:
                numbers[rank].append(number)
        return numbers

    def _strangers(self, folder: Path, known: Iterable[Path]) -> None:
        """Complains of files that no line and no entry names; what is left of unfinished work is one."""
        strangers = {path for path in folder.rglob("*") if not path.is_dir()} - set(known)
        self._complaints += [f"{path} is left over" for path in sorted(strangers)]

    def _published(self, section: str, entries: list[Entry]) -> None:
        told = json.loads((self._run.folder / "assets.json").read_text())[section]
        if told != entries:
            self._complaints.append(f"assets.json lists {len(told)} {section}, the run has {len(entries)}, or others")


def _picture_trouble(path: Path, rank: int, number: int) -> str:
    try:
        with Image.open(path) as image:
            kind, pixels = image.format, np.asarray(image)
    except (OSError, SyntaxError) as error:
        return f"its file cannot be had: {error!r}"
    same = kind == "PNG" and np.array_equal(pixels, contents.image(rank, number))
    return "" if same else f"{path} holds other pixels than were logged"


def _moving_trouble(path: Path, rank: int, number: int) -> str:
    try:
        with Image.open(path) as video:
            kind, frames = video.format, [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(video)]
    except (OSError, SyntaxError) as error:
        return f"its file cannot be had: {error!r}"
    same = kind == "GIF" and np.array_equal(np.moveaxis(np.stack(frames), -1, 1), contents.video(rank, number))
    return "" if same else f"{path} holds other frames than were logged"


def _dataset_trouble(root: Path, entry: Entry, rank: int, number: int) -> str:
    """What is wrong about an archived folder, by what docs/files.md says of blobs and manifests."""
    logged = contents.dataset(rank, number)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in logged.items()}
    told = json.loads((root / entry["manifest_path"]).read_text())
    if told["files"] != {name: {"sha256": hashes[name], "size_bytes": len(logged[name])} for name in logged}:
        return f"{entry['manifest_path']} does not list what was logged"
    ordered = sorted(logged, key=lambda name: name.split("/"))
    lines = [f"{name}\0{hashes[name]}\0{len(logged[name])}\n" for name in ordered]
    if entry["fingerprint"] != hashlib.sha256("".join(lines).encode()).hexdigest():
        return f"its fingerprint {entry['fingerprint']} is another folder's"
    for name, content in logged.items():
        blob = root / "archive" / "blobs" / hashes[name][:2] / hashes[name]
        if not blob.is_file() or blob.read_bytes() != content:
            return f"the blob of {name}, {blob}, is not its content"
    return ""
