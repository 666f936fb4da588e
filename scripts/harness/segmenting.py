"""A training program that logs something of each kind, as people do who teach a model to segment pictures: masks beside
what was predicted, a table of samples, weights, sounds, a cloud of points, code, data and checkpoints.

`python -m harness.segmenting WORK LR` runs it in the folder WORK, where its code, its data and its checkpoints lie.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import runicorn as rn

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_STEPS, _SHOWN = 400, 40
_SIZE = 96
_CODE = '''"""Teaches a small network to segment blobs."""

import torch

LR = {lr}
CLIP = {clip}


def step(model, batch, optimizer):
    """One step of AdamW on a batch of (pictures, masks)."""
    pictures, masks = batch
    loss = torch.nn.functional.binary_cross_entropy_with_logits(model(pictures), masks)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return loss.item()
'''
_PAGE = "<h2>Errors by class</h2><table border=1><tr><th>class<th>IoU<tr><td>blob<td>.91<tr><td>edge<td>.64</table>"
_REPORT = "# What is missed\n\nMost errors lie **at edges**: see `val/samples`.\n\n- thin blobs\n- two that touch"


def main() -> int:
    """Logs one run."""
    work, lr = Path(sys.argv[1]), float(sys.argv[2])
    _files(work, lr)
    chance = np.random.default_rng(5)
    config = {"lr": lr, "batch_size": 32, "model": {"name": "unet", "width": 32}, "total_steps": _STEPS}
    alias = f"unet-lr{lr:g}"
    with rn.init(
        "vision/unet", alias=alias, config=config, workspace_root=work, snapshot_code=True, capture_env=True
    ) as run:
        run.set_primary_metric("val/iou", mode="max")
        run.log_dataset("blobs", work / "data", save=True, description="Blobs with their masks")
        run.log_pretrained("encoder", path_or_uri="timm/resnet18", source_type="huggingface")
        for step in range(_STEPS + 1):
            skill = 1 - np.exp(-step * lr / 0.1)
            run.log({"train/loss": 0.7 * (1 - skill) + 0.05 + chance.normal(0, 0.01)}, step=step)
            if step % _SHOWN == 0:
                _evaluate(run, step, skill, chance)
        _once(run, chance)
        (work / "checkpoints").mkdir()
        for step in (200, 400):
            (work / "checkpoints" / f"step-{step}.pt").write_bytes(chance.bytes(160_000))
        run.scan_outputs_once(output_dirs=[work / "checkpoints"], stable_required=1, min_age_sec=0.0)
        run.summary({"val/iou": float(0.4 + 0.5 * skill)})
    return 0


def _files(work: Path, lr: float) -> None:
    (work / "data").mkdir(parents=True)
    (work / "train.py").write_text(_CODE.format(lr=lr, clip=1.0 if lr < 1e-3 else 5.0))
    (work / "README.md").write_text("# Blobs\n\nTrain with `python train.py`.\n")
    for number in range(12):
        (work / "data" / f"labels-{number:02d}.csv").write_text("x,y,radius\n" + f"{number},{number * 2},3.5\n" * 20)


def _evaluate(run: rn.Run, step: int, skill: float, chance: np.random.Generator) -> None:
    pictures, masks, guesses = zip(*(_sample(number, skill, chance) for number in range(12)), strict=True)
    ious = [
        float((mask & guess).sum() / max(1, (mask | guess).sum())) for mask, guess in zip(masks, guesses, strict=True)
    ]
    shown = [
        rn.Image(_over(picture, mask, guess), caption=f"IoU {iou:.2f}")
        for picture, mask, guess, iou in zip(pictures, masks, guesses, ious, strict=True)
    ]
    columns = {"picture": shown, "iou": ious, "blobs": [number % 4 + 1 for number in range(12)]}
    table = rn.Table(data={"sample": [f"val-{number:03d}" for number in range(12)]} | columns)
    weights = rn.Histogram(chance.normal(0, 0.4 + 0.4 * skill, 5000) + 0.3 * skill)
    found = {
        "val/iou": float(np.mean(ious)),
        "val/predictions": shown[:4],
        "val/samples": table,
        "weights/conv1": weights,
    }
    run.log(found, step=step)


def _sample(number: int, skill: float, chance: np.random.Generator) -> tuple[Floats, Mask, Mask]:
    """A picture (h, w) of 0 … 1, its mask, and what a model of this skill, 0 … 1, makes of it."""
    where = np.random.default_rng(number)
    y, x = np.mgrid[0:_SIZE, 0:_SIZE] / _SIZE
    field, guess = np.zeros((_SIZE, _SIZE)), np.zeros((_SIZE, _SIZE))
    for _ in range(number % 4 + 1):
        across, down, size = where.uniform(0.2, 0.8), where.uniform(0.2, 0.8), where.uniform(0.05, 0.12)
        missed = (1 - skill) * 0.09
        field += np.exp(-((x - across) ** 2 + (y - down) ** 2) / size**2)
        guess += np.exp(
            -((x - across - missed) ** 2 + (y - down + missed / 2) ** 2) / (size * (0.6 + 0.4 * skill)) ** 2
        )
    noise = where.normal(0, 0.08, field.shape)
    return np.clip(0.15 + 0.7 * field + noise, 0, 1), field > 0.5, guess + chance.normal(0, 0.03, field.shape) > 0.5


def _over(picture: Floats, mask: Mask, guess: Mask) -> NDArray[np.uint8]:
    """The picture with hits in green, misses in red and what is too much in blue."""
    colours = np.repeat(picture[..., None], 3, axis=2)
    for where, colour in (
        (mask & guess, (0.1, 0.7, 0.3)),
        (mask & ~guess, (0.9, 0.2, 0.2)),
        (~mask & guess, (0.2, 0.4, 0.95)),
    ):
        colours[where] = 0.45 * colours[where] + 0.55 * np.array(colour)
    return np.asarray(colours * 255, np.uint8)


def _once(run: rn.Run, chance: np.random.Generator) -> None:
    """What is logged at the end alone."""
    frames = np.stack([_over(*_sample(3, at / 24, chance)).transpose(2, 0, 1) for at in range(24)])
    seconds = np.linspace(0, 1, 16_000)
    ball = chance.normal(size=(4000, 3))
    ball /= np.linalg.norm(ball, axis=1, keepdims=True)
    run.log(
        {
            "learning": rn.Video(frames, fps=12, caption="sample 3 over training"),
            "chirp": rn.Audio(np.sin(2000 * seconds**2) * 0.4, sample_rate=16_000),
            "features": rn.Object3D(np.concatenate([ball, 127 + 127 * ball], axis=1)),
            "errors": rn.Html(_PAGE),
            "report": rn.Markdown(_REPORT),
        },
        step=_STEPS,
    )


if __name__ == "__main__":
    sys.exit(main())
