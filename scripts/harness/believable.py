"""A root of runs as people have them, for pictures: sweeps with seeds, a language model that is being trained, a run
that ran out of memory, one on eight ranks with a slow one, system metrics, text with progress bars, alerts.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from pathlib import Path

from harness.filling import Process, Root
from runid import events

_DAY = 86400.0
_STEPS, _STEP = 1440, 3.7  # of the run that goes on
_SECONDS = _STEPS * _STEP
_OOM = """Traceback (most recent call last):
  File "train.py", line 214, in <module>
    loss.backward()
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.50 GiB."""

_REPORT = """# Does stronger augmentation help?

Three seeds and three learning rates each. **Yes, by 3 points**, and it costs nothing.

```panel
title: By learning rate
path=cv/resnet50/augment&group=config.lr&lines=mean:range&metrics=val/acc,train/loss
```

| runs | val/acc |
|---|---|
| baseline | 0.76 |
| augment | **0.79** |

## To do

- [x] three seeds
- [ ] train longer
"""


def fill(folder: Path) -> dict[str, str]:
    """Fills a root; gives the ids of runs that are worth a picture, by what they show."""
    root, now, chance = Root(folder), time.time(), random.Random(7)
    number = 0
    for path, base in (("cv/resnet50/baseline", 0.76), ("cv/resnet50/augment", 0.79), ("cv/vit_b16/baseline", 0.77)):
        for lr in (1e-3, 3e-4, 1e-4):
            for seed in range(3):
                number += 1
                logged = _vision(
                    now - 4 * _DAY + 3600 * number, base - abs(math.log10(lr) + 3.5) / 25, lr, seed, chance
                )
                root.add(path, f"20261118_{number:06d}_a{seed}f3c1", [Process(logged)])
    shown = {"llm": "20261121_000100_b81e42", "failed": "20261121_000200_c09d17", "ranks": "20261121_000300_d4410e"}
    root.add("llm/small", shown["failed"], [_process(_failed(now - _DAY, chance), now - _DAY)])
    began = now - 2 * _DAY
    root.add("llm/ranks", shown["ranks"], [_process(_rank(began, rank, chance), began, rank) for rank in range(8)])
    began = time.time() - _SECONDS  # last, so that it has been heard of just now
    root.add("llm/small", shown["llm"], _with_system(_language(began, chance), began, 8), sealed=False)
    (folder / "reports").mkdir()
    (folder / "reports" / "augment.md").write_text(_REPORT)
    shown["rl"] = "20261121_000400_7be90a"
    root.add("rl/grpo", shown["rl"], [Process(_rollouts(now - _DAY / 2, chance))])
    return shown


def _process(logged: Iterator[events.Event], began: float, rank: int = 0) -> Process:
    """A process with what its host knows of it: the clocks of its text are of the day on which it started."""
    return Process(logged, rank, {"started": began, "hostname": f"node-{7 + rank // 4:02}", "pid": 4711 + rank})


def _begin(began: float, alias: str, **more: object) -> Iterator[events.Event]:
    start = {"alias": alias, "created_at": began, "hostname": "node-07", "pid": 4711, "python": "3.12.4"}
    yield [events.START, began, start | {name: more.pop(name) for name in ("tags", "notes", "group") if name in more}]
    yield [events.CONFIG, began, more]


def _vision(began: float, best: float, lr: float, seed: int, chance: random.Random) -> Iterator[events.Event]:
    tags = ["paper"] if seed == 0 else []
    model = {"name": "resnet50" if best < 0.775 else "vit_b16", "dropout": 0.1}
    settings = {"lr": lr, "seed": seed, "batch_size": 256, "optimizer": "adamw", "epochs": 90, "model": model}
    yield from _begin(began, f"lr{lr:g}-s{seed}", tags=tags, group=f"lr{lr:g}", **settings)
    yield [events.PRIMARY, began, "val/acc", "max"]
    for step in range(450):
        part, when = step / 450, began + 12 * step
        loss = 0.4 + 6.2 * math.exp(-5 * part) + chance.gauss(0, 0.05) * (1.5 - part)
        values = {"train/loss": loss, "train/lr": lr * (1 + math.cos(math.pi * part)) / 2, "train/epoch": step / 5}
        values["train/grad_norm"] = abs(chance.gauss(1.2, 0.3)) + (9.0 if step == 211 and seed == 1 else 0.0)
        yield [events.POINTS, when, step, None, values]
        if step % 5 == 4:
            acc = best * (1 - math.exp(-4.5 * part)) + chance.gauss(0, 0.004)
            yield [events.POINTS, when, step, None, {"val/acc": acc, "val/loss": 1.1 - acc / 2, "val/top5": acc + 0.15}]
    yield [events.SUMMARY, began + 5400, {"params_m": 25.6}]
    yield [events.FINISH, began + 5400, "finished", None]


def _language(began: float, chance: random.Random) -> Iterator[events.Event]:
    notes = "Longer context, from checkpoint 40k. Watch the gradient norm around step 900."
    config = {"lr": 3e-4, "seq_len": 4096, "layers": 24, "hidden": 2048, "total_steps": 2000, "data": "c4-en@v3"}
    yield from _begin(began, "gpt-1b-ctx4k", tags=["long-context", "prod"], notes=notes, **config)
    yield [events.TEXT, began, "stdout", "Loading 1.3B parameters …\n\x1b[32m✓\x1b[0m resumed from step 0"]
    for step in range(1, _STEPS):
        when = began + _STEP * step
        spike = 12.0 * math.exp(-((step - 905) ** 2) / 3)
        loss = 2.4 + 7.5 * math.exp(-step / 160) + chance.gauss(0, 0.03)
        values = {"train/loss": loss + spike / 4, "train/grad_norm": abs(chance.gauss(0.8, 0.1)) + spike}
        values |= {"train/tokens_per_s": chance.gauss(182_000, 2500), "train/lr": min(1, step / 100) * 3e-4}
        yield [events.POINTS, when, step, None, values]
        if step % 100 == 0:
            yield [events.POINTS, when, step, None, {"val/loss": loss + 0.1, "val/ppl": math.exp(min(loss, 6) + 0.1)}]
        if step % 8 == 0:
            bar = "█" * (step // 200) + "▌"
            passed, left = (f"{int(of * _STEP) // 60:02d}:{int(of * _STEP) % 60:02d}" for of in (step, 2000 - step))
            told = f"{step}/2000 [{passed}<{left}, {_STEP:.2f}s/it, loss={loss:.3f}]"
            yield [events.TEXT, when, "stderr", f"train: {step / 20:3.0f}%|{bar:<10}| {told}"]
        if step % 50 == 0:
            yield [events.TEXT, when, "INFO", f"step {step}: loss {loss:.4f}, 182k tokens/s"]
        if step == 905:
            alert = {
                "step": step,
                "level": "warn",
                "title": "Gradient norm is 12.8",
                "text": "Skipped a step.",
                "webhooks": 0,
            }
            yield [events.TEXT, when, "WARNING", "gradient norm 12.8 is above 5.0; step skipped"]
            yield [events.ASK, when, "00000000000000a1", "alert", alert]


def _failed(began: float, chance: random.Random) -> Iterator[events.Event]:
    yield from _begin(began, "gpt-1b-bs64", lr=3e-4, batch_size=64, seq_len=8192)
    for step in range(180):
        values = {"train/loss": 2.6 + 7 * math.exp(-step / 160) + chance.gauss(0, 0.03)}
        yield [events.POINTS, began + 6 * step, step, None, values | {"train/memory_gb": 61 + step / 10}]
    yield [events.TEXT, began + 1080, "stderr", _OOM]
    alert = {"step": 179, "level": "error", "title": "Out of memory", "text": None, "webhooks": 0}
    yield [events.ASK, began + 1080, "00000000000000a2", "alert", alert]
    yield [events.FINISH, began + 1081, "failed", "failed with OutOfMemoryError: CUDA out of memory."]


def _rank(began: float, rank: int, chance: random.Random) -> Iterator[events.Event]:
    yield from _begin(began, "fsdp-8", lr=1e-3, world=8, sharding="full")
    for step in range(300):
        slow = 1.31 if rank == 5 and step > 180 else 1.0
        values = {"train/loss": 0.3 + 2 * math.exp(-step / 70) + chance.gauss(0, 0.04)}
        values["perf/step_time"] = chance.gauss(0.42, 0.01) * slow
        yield [events.POINTS, began + step, step, None, values]
    yield [events.FINISH, began + 300, "finished", None]


def _rollouts(began: float, chance: random.Random) -> Iterator[events.Event]:
    yield from _begin(began, "grpo-7b-math", lr=1e-6, samples=8, clip=0.2, beta=0.001)
    questions = [f"A shop sells {a} pens at {b} cents each. What do they cost?" for a in (3, 7, 12) for b in (25, 40)]
    for step in range(0, 400, 10):
        skill = 0.15 + 0.7 * step / 400
        for question in chance.sample(questions, 4):
            a, b = (int(word) for word in question.split() if word.isdigit())
            for _ in range(8):
                said = a * b if chance.random() < skill else a * b + chance.choice((-b, b, 10))
                text = (
                    f"Each pen costs {b} cents, and there are {a} of them.\nSo it is {a} times {b}: **{said}** cents."
                )
                rewards = {"correct": float(said == a * b), "format": round(min(1.0, chance.gauss(0.9, 0.1)), 2)}
                more = {
                    "advantage": round((sum(rewards.values()) - 0.9 - skill) * 2, 2),
                    "truncated": chance.random() < 0.05,
                }
                messages = [
                    {"role": "system", "content": "Think step by step."},
                    {"role": "assistant", "content": text},
                ]
                value = {"prompt": question, "messages": messages, "rewards": rewards, **more}
                yield [events.OBJECT, began + 9 * step, step, "train", "rollouts", value, {"type": "trace"}]
        yield [events.POINTS, began + 9 * step, step, None, {"reward/correct": skill + chance.gauss(0, 0.03)}]
    yield [events.FINISH, began + 3600, "finished", None]


def _with_system(logged: Iterator[events.Event], began: float, gpus: int) -> list[Process]:
    def system() -> Iterator[events.Event]:
        chance = random.Random(3)
        for passed in range(0, int(_SECONDS), 10):
            values = {"sys/cpu": chance.gauss(38, 4), "sys/memory": 52 + passed / 600}
            for gpu in range(gpus):
                values[f"sys/gpu/{gpu}/utilization"] = min(100.0, chance.gauss(96, 2))
                values[f"sys/gpu/{gpu}/memory/percent"] = 88 + chance.random()
                values[f"sys/gpu/{gpu}/temperature"] = 66 + gpu + chance.random()
            yield [events.POINTS, began + passed, int(passed / _STEP), None, values]

    return [_process(logged, began), Process(system(), about={"role": "system"})]
