"""Runs that hold much besides numbers, made once and kept in `.bench/` of the clone, and what it costs to look at them.

images     50,000 images at 12,500 steps
table      a table of a million rows and eight columns
outputs    20,000 outputs, 2 GB as they say, and a folder of 200,000 files
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from benches.many import KEPT as MANY
from benches.rows import Row
from benches.tab import Tab
from harness.filling import HOST, Process, Root
from runid import events
from runid.store import blobs, files

if TYPE_CHECKING:
    from benches.viewer import Look

KEPT = MANY.with_name("heavy")
IMAGES, AT_ONCE, ROWS, OUTPUTS, FILES = 50_000, 4, 1_000_000, 20_000, 200_000
_ROW_GROUP = 1 << 16
_VERSION = 1
"""Counts up when what is made here changes."""
_BEGAN = 1_780_000_000.0
_LINKS = 5000  # names of one file
_PICTURE = "[...document.querySelectorAll('.step img')].some((one) => one.complete && one.naturalWidth)"


def made() -> Path:
    """The root, made where it is not there yet. Raises OSError."""
    note = KEPT / f"made.{_VERSION}"
    if not note.exists():
        print("Making the runs that hold much ...", flush=True)
        shutil.rmtree(KEPT, ignore_errors=True)
        root = Root(KEPT)
        for fill in (_images, _table, _outputs):
            fill(root)
        note.touch()
    return KEPT


def rows(look: Look, after: Callable[[str], None]) -> Iterator[Row]:
    """How soon each tab can be used, and what came over the wire for it; `after` is called behind each."""
    tabs = {
        f"tab of {IMAGES:,} images": ("images/media", _PICTURE),
        f"tab of a table of {ROWS:,} rows": ("table/tables", "!!document.querySelector('.sheet-cell')?.textContent"),
        f"tab of {OUTPUTS:,} outputs": ("outputs/data", "!!document.querySelector('.entry')"),
        f"folder of {FILES:,} files": (f"outputs/data?copy={_copy()}", "!!document.querySelector('.inner button')"),
    }
    for what, (address, until) in tabs.items():
        url = f"{look.url}run/{address}"
        first = look.in_tab(partial(_usable, url, until))
        how = "From the navigation on until anything is painted."
        yield look.row(f"{what}, first paint", 150.0, "ms", how, partial(_painted, url, until))
        how = f"From the navigation on until some of it is painted; for the first time {first:.0f} ms."
        yield look.row(f"{what}, usable", 250.0, "ms", how, partial(_usable, url, until))
        how = "All that came over the wire meanwhile, headers, scripts and the page's other requests too."
        yield look.row(f"{what}, bytes", 350.0, "KB", how, partial(_size, url, until))
        after(f"with the {what}")


def _usable(url: str, until: str, one: Tab) -> float:
    return one.open(url, seen=until)["seen"]


def _painted(url: str, until: str, one: Tab) -> float:
    one.open(url, seen=until)
    return one.first_paint()


def _size(url: str, until: str, one: Tab) -> float:
    one.open(url, seen=until)
    one.settle()
    return sum(one.bytes.values()) / 1000


def _images(root: Root) -> None:
    names = [f"media/{int(_BEGAN) * 1000 + at}_abcdef_samples.png" for at in range(IMAGES)]

    def logged() -> Iterator[events.Event]:
        yield [events.START, _BEGAN, {"alias": "images", "created_at": _BEGAN}]
        for at, name in enumerate(names):
            step, when = at // AT_ONCE, _BEGAN + at / 100
            told = {"key": f"samples/{at % AT_ONCE % 2}", "step": step, "index": at % AT_ONCE // 2, "file": name}
            yield [events.ASK, when, f"{at:016x}", "image", told | {"format": "png", "caption": f"sample {at}"}]
            if at % 100 == 0:
                yield [events.POINTS, when, step, None, {"loss": 1 / (1 + step)}]
        yield [events.FINISH, _BEGAN + IMAGES / 100, "finished", None]

    folder = root.add("heavy", "images", [Process(logged())])
    (folder / "media").mkdir(exist_ok=True)
    chance, source = np.random.default_rng(1), Path()
    for at, name in enumerate(names):
        if at % _LINKS:
            os.link(source, folder / name)
        else:
            source = folder / name
            Image.fromarray(chance.integers(0, 255, (64, 64, 3), np.uint8)).save(source)


def _table(root: Root) -> None:
    name, told = f"media/{int(_BEGAN)}000_abcdef_points.parquet", {"key": "points", "step": 1, "format": "parquet"}
    logged: list[events.Event] = [
        [events.START, _BEGAN, {"alias": "table", "created_at": _BEGAN}],
        [events.ASK, _BEGAN, "0" * 16, "table", told | {"file": name}],
        [events.POINTS, _BEGAN, 1, None, {"loss": 1.0}],
        [events.FINISH, _BEGAN + 1, "finished", None],
    ]
    folder = root.add("heavy", "table", [Process(logged)])
    (folder / "media").mkdir(exist_ok=True)
    chance = np.random.default_rng(1)
    columns = {f"number {at}": chance.normal(size=ROWS) for at in range(6)}
    texts = {"id": np.arange(ROWS), "text": [f"row {at} of many" for at in range(ROWS)]}
    pq.write_table(pa.table(texts | columns), folder / name, _ROW_GROUP, compression="zstd")


def _outputs(root: Root) -> None:
    logged: list[events.Event] = [
        [events.START, _BEGAN, {"alias": "outputs", "created_at": _BEGAN}],
        [events.POINTS, _BEGAN, 1, None, {"loss": 1.0}],
        [events.FINISH, _BEGAN + OUTPUTS, "finished", None],
    ]
    folder = root.add("heavy", "outputs", [Process(logged)])
    entries = {}
    for at in range(OUTPUTS):
        digest = hashlib.sha256(b"%d" % at).hexdigest()
        copy = f"archive/outputs/rolling/heavy/outputs/{digest[:40]}_step-{at}.pt"
        about: dict[str, object] = {"key": f"checkpoints/step-{at}.pt", "name": f"step-{at}.pt", "kind": "file"}
        about |= {"mode": "rolling", "saved": True, "archive_path": copy}
        about |= {"fingerprint_kind": "sha256", "fingerprint": digest}
        stamp = f"100000:{int(_BEGAN + at) * 10**9}"
        entries[f"rolling {at}"] = about | {"archived_at": _BEGAN + at, "size_bytes": 100_000, "stamp": stamp}
    manifest = _manifest()
    dump: dict[str, object] = {"key": "dump", "name": "dump", "kind": "dir", "mode": "rolling", "saved": True}
    dump |= {"archive_path": manifest.path, "manifest_path": manifest.path, "fingerprint": manifest.fingerprint}
    entries["rolling dump"] = dump | {"stamp": "1", "archived_at": _BEGAN, "size_bytes": manifest.total_size_bytes}
    (folder / "assets").mkdir(exist_ok=True)
    files.replace_json(folder / "assets" / f"{HOST}.json", {"through": 10**9, "entries": entries})


def _manifest() -> blobs.Manifest:
    for digits in range(256):
        (KEPT / blobs.BLOBS / f"{digits:02x}").mkdir(parents=True, exist_ok=True)
    named = ((f"part-{at:06}.bin", hashlib.sha256(b"%d" % at).hexdigest(), 10_000) for at in range(FILES))
    return blobs.manifest(KEPT, "/data/dump", named)


def _copy() -> str:
    (found,) = (KEPT / blobs.MANIFESTS).glob("*/*.json")
    return str(found.relative_to(KEPT))
