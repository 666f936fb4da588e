"""What transformers, accelerate and TRL call, in their order (spec/trackio-and-expt_logger.md 3.2)."""

from __future__ import annotations

import contextvars
import threading

import numpy as np
from PIL import Image
from tests.compat.trackio.reading import logged, points, stored

import runicorn as rn
from runicorn.compat import trackio


def test_the_callback_of_transformers(project: str) -> None:
    assert trackio.__version__
    trackio.init(project=project, name="out", space_id=None, resume="allow", private=None, bucket_id=None)
    assert trackio.context_vars.current_space_id.get() is None
    assert trackio.context_vars.current_project.get() == project
    trackio.config.update({"lr": 5e-5, "nested": {"depth": 2}}, allow_val_change=True)
    trackio.config["model/num_parameters"] = 1234
    for step in (500, 1000):
        trackio.log({"train/loss": 1 / step, "train/epoch": 1.0, "train/global_step": step})
    trackio.log({"eval/loss": 0.5, "train/global_step": 1000})
    trackio.finish()
    trackio.sync(project=project, sdk="static", space_id=None, private=None, bucket_id=None, force=True)
    (run,) = trackio.Api().runs(project)
    assert (run.name, run.config) == ("out", {"lr": 5e-5, "nested": {"depth": 2}, "model/num_parameters": 1234})
    assert [(name, step) for name, step, _ in points(run._stored) if name.endswith("loss")] == [
        ("train/loss", 500), ("eval/loss", 1000), ("train/loss", 1000)
    ]  # fmt: skip


def test_the_callback_of_transformers_resumes_a_training(project: str) -> None:
    ids = set()
    for first in (0, 500):
        ids.add(trackio.init(project=project, name="out", resume="allow").id)
        for step in range(first, first + 500, 250):
            trackio.log({"train/loss": 1.0, "train/global_step": step})
        trackio.finish()
    (run_id,) = ids
    assert rn.Api().run(run_id).history("train/loss")["step"].to_pylist() == [0, 250, 500, 750]


def test_the_tracker_of_accelerate(project: str) -> None:
    run = trackio.init(project=project, name="accelerated", group="a")
    trackio.config.update({"lr": 0.1}, allow_val_change=True)
    run.log({"loss": 1.0}, step=10)
    run.log({"loss": 0.5}, step=20)
    run.log({"images": [trackio.Image(np.zeros((2, 2, 3), np.uint8))] * 2}, step=20)
    run.finish()
    found = stored(run)
    assert (points(found), found.config) == ([("loss", 10, 1.0), ("loss", 20, 0.5)], {"lr": 0.1})
    assert [(one["step"], one["index"]) for one in found.media("images")] == [(20, 0), (20, 1)]


def test_what_trl_calls(run: trackio.Run) -> None:
    current = trackio.context_vars.current_run.get()
    assert current is not None
    assert (current._space_id, current.project, current.name) == (None, run.project, run.name)
    trackio.log({"profiling/Time taken": 0.5}, step=3)
    trackio.log({"image": trackio.Image(Image.new("RGB", (2, 2)))})
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(trackio.log, {"reward": 1.0}), kwargs={"step": 1}, daemon=True)
    thread.start()
    thread.join()
    trackio.log({"loss": 1.0})
    assert logged(run) == [("reward", 1, 1.0), ("profiling/Time taken", 3, 0.5), ("loss", 5, 1.0)]
