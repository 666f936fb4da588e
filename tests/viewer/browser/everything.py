"""A root in which each page and tab of the viewer has something to show: media, tables, code, data, text, ranks."""

import contextlib
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

from tests.programs import wait
from tests.viewer.browser.conftest import World, filled

ENDED = 5
"""Runs: "left" and "right" hold everything, "ranks" has two, "thrown" is in the trash, "bare" holds nothing."""
_FILL = r"""
import json, logging, os, pathlib, subprocess, sys, zipfile
import numpy as np
import runicorn as rn

home = pathlib.Path(os.environ["HOME"])
data = home / "data"
(data / "inner").mkdir(parents=True)
(data / "inner" / "a.txt").write_text("hello\nthere\n")
(data / "card.json").write_text(json.dumps({"rows": [1, 2, {"x": None}]}))
with zipfile.ZipFile(data / "two.zip", "w") as archive:
    archive.writestr("one.bin", b"12345")

def code(name, depth):
    folder = home / name
    (folder / "models").mkdir(parents=True)
    (folder / "train.py").write_text("import os\n\ndef train():\n    print(os.getpid())\n" + "# more\n" * 60)
    (folder / "models" / "net.py").write_text(f"depth = {depth}\n")
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    (folder / "train.py").write_text((folder / "train.py").read_text() + f"# depth {depth}\n")
    return folder

def picture(grey):
    return rn.Image(np.full((8, 8, 3), grey, np.uint8), caption=f"grey {grey}")

def media(run, number):
    for step in (0, 10, 20, 30):
        run.log({"grid": [picture(step + 20 * at + number) for at in range(3)], "other": picture(step)}, step=step)
        rows = {"id": list(range(12)), "score": [at * step / 7 for at in range(12)], "label": ["a", "b"] * 6}
        run.log({"eval": rn.Table(data=rows), "weights": rn.Histogram(np.arange(20.0) + step)}, step=step)
        run.log({"few": rn.Table(["id", "word"], [[step, "x"], [number, "y"]])}, step=step)
    tone = np.sin(np.arange(800) / 9).astype(np.float32)
    run.log({"tone": rn.Audio(tone, sample_rate=8000), "film": rn.Video(np.zeros((3, 3, 16, 16), np.uint8))}, step=5)
    run.log({"page": rn.Html("<p>a page</p>"), "words": rn.Markdown("# Head\n\n* one\n* `two`")}, step=5)
    run.log({"cloud": rn.Object3D(np.random.default_rng(0).normal(size=(40, 3)))}, step=5)
    run.log({"trace": rn.Trace([{"role": "user", "content": "What is 2 + 2?"}, {"role": "assistant", "content": "4"}])})

def text(run):
    log = logging.getLogger(run.id)
    log.addHandler(run.get_logging_handler())
    run.log_text("\n".join(f"line {at}" + " out of memory" * (at % 50 == 7) for at in range(300)))
    log.warning("norm is large")
    log.error("failed")
    run.log_text("\x1b[31mred\x1b[0m")
    run.log_text("\n".join(f"{at}%|##| {at}/100 [00:01<00:01]" for at in range(101)))

for number, name in enumerate(("left", "right")):
    said = dict(alias=f"{name} one", tags=["both"], notes="A **note**.", group="pairs", capture_env=True)
    where = dict(snapshot_code=True, workspace_root=code(name, 50 + number))
    config = {"lr": 0.1 / (1 + number), "seed": number, "model": {"depth": 50 + number}, "total_steps": 80}
    with rn.init("pairs/all", run_id=name, config=config, **said, **where) as run:
        run.set_primary_metric("val/acc", mode="max")
        for step in range(60):
            loss = 2.0 / (1 + step) + number / 9
            run.log({"train/loss": loss, "train/step_time": 0.1, "val/acc": step / 99}, step=step)
            if step == 20:
                rn.alert("Too slow", text="0.1 s", step=step)
        run.log({"once": 0.5, "odd": float("nan")}, step=7)
        media(run, number)
        text(run)
        run.log_dataset("numbers", data, save=True)
        (home / f"{name}.json").write_text('{"best": 1}')
        run.scan_outputs_once(output_dirs=[home], patterns=[f"{name}.json"], stable_required=1, min_age_sec=0)
RANK = '''
import os, runicorn as rn
with rn.init("ranks", run_id="ranks") as run:
    for step in range(40):
        run.log({"step_time": 0.1 + int(os.environ["RANK"]) / 20, "loss": 1.0 / (1 + step)}, step=step)
'''
job = {"WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "job", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}
ranks = [subprocess.Popen([sys.executable, "-c", RANK], env=os.environ | job | {"RANK": str(rank)}) for rank in (0, 1)]
assert not any(rank.wait() for rank in ranks)
for name in ("thrown", "bare"):
    rn.init("little", run_id=name, alias=name).finish()
"""


@contextlib.contextmanager
def everything() -> Iterator[World]:
    """That root and its viewer, when the daemon has made what was logged."""
    with filled(_FILL, ENDED) as world:
        wait(lambda: all(_made(world, run) for run in ("left", "right")), "not all that was logged is made")
        edits = {"edits": [{"run": "thrown", "changes": {"trashed_at": 1.0}}]}
        asked = urllib.request.Request(f"{world.url}api/v1/edits", json.dumps(edits).encode())
        asked.add_header("X-Runicorn-Token", world.token)
        urllib.request.urlopen(asked).close()
        wait(lambda: world.ended() == ENDED - 1, "the run is not in the trash")
        yield world


def _made(world: World, run: str) -> bool:
    """Whether nothing that was asked of the daemon is still to be done."""
    kinds = ("datasets", "outputs")
    assets = [_asked(world, f"runs/{run}/assets?kind={kind}")["entries"] for kind in kinds]
    archived = all(entries and all(entry["saved"] for entry in entries) for entries in assets)
    incoming = list(world.root.glob(f"runs/*/*/{run}/media/.incoming/*"))
    return bool(archived and not incoming and _asked(world, f"runs/{run}/code")["files"])


def _asked(world: World, path: str) -> Any:
    with urllib.request.urlopen(f"{world.url}api/v1/{path}") as answer:
        return json.load(answer)
