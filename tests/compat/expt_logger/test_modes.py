"""What a name says of its mode, and what `mode=` says."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.compat.expt_logger.reading import points

from runicorn.compat import expt_logger
from runicorn.compat.expt_logger import Run
from runicorn.compat.expt_logger.modes import Modes, named, split


class Phase(Enum):
    EVAL = "eval"


@pytest.mark.parametrize(
    ("key", "mode", "meant"),
    [
        ("loss", None, ("train", "train/loss")),
        ("loss", "", ("train", "train/loss")),
        ("eval/loss", None, ("eval", "eval/loss")),
        ("eval/math/loss", None, ("eval", "eval/math/loss")),
        ("loss", "eval", ("eval", "eval/loss")),
        ("eval/loss", "eval", ("eval", "eval/loss")),
        ("math/loss", "eval", ("eval", "eval/math/loss")),
        ("evaluation/loss", "eval", ("eval", "eval/evaluation/loss")),
        ("eval", "eval", ("eval", "eval/eval")),
        ("loss", Phase.EVAL, ("eval", "eval/loss")),
        ("", None, ("train", "")),
        ("", "eval", ("eval", "")),
        ("/loss", None, ("train", "train//loss")),
        (7, None, ("train", "train/7")),
    ],
)
def test_what_a_name_means(key: Any, mode: Any, meant: tuple[str, str]) -> None:
    assert split(key, mode) == meant
    modes = Modes()
    for _ in range(2):  # the second time it knows the name
        assert modes.sort({key: 1.0}, mode) == {meant[0]: {meant[1]: 1.0}}


@given(some.text(), some.none() | some.text())
def test_a_metric_is_named_by_its_mode(key: str, mode: str | None) -> None:
    stage, metric = split(key, mode)
    assert stage
    assert not mode or stage == named(mode)
    assert metric.startswith(f"{stage}/") is bool(key)


def test_metrics_of_several_modes(experiment: Run) -> None:
    expt_logger.log({"train/loss": 0.5, "eval/loss": 0.6, "kl": 0.1})
    expt_logger.log({"loss": 0.4, "math/acc": 1}, mode="eval")
    assert points(experiment) == [
        ("train/kl", 0, "train", 0.1), ("train/loss", 0, "train", 0.5), ("eval/loss", 0, "eval", 0.6),
        ("eval/loss", 1, "eval", 0.4), ("eval/math/acc", 1, "eval", 1.0),
    ]  # fmt: skip
