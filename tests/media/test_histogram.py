"""Histograms: what they are made of, and what `load` gives; many values are counted by the daemon's workers."""

import logging
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from tests.media.tensors import Tensor
from tests.programs import ended, train, wait

import runicorn as rn
from runicorn.media.medium import Inline
from runid.media.histogram import count, counted

MANY = 20_000  # more than are counted at the call


def loaded(run: rn.Run) -> list[dict[str, Any]]:
    """What all histograms of a run hold, as soon as all are counted."""
    run.flush()
    stored = rn.Api(run.storage_root).run(str(run.run_dir))
    wait(lambda: all("value" in one for one in stored.media(type="histogram")), "not all histograms are counted")
    return [stored.load(one) for one in stored.media(type="histogram")]


def expected(values: Any, bins: int = 64) -> dict[str, Any]:
    """What NumPy makes of it."""
    flat = np.asarray(values, np.float64).reshape(-1)
    finite = flat[np.isfinite(flat)]
    counts, edges = np.histogram(finite, bins)
    return {"counts": counts.tolist(), "edges": edges.tolist(), "nonfinite": len(flat) - len(finite)}


@pytest.mark.parametrize("count", [300, MANY])
def test_sequences_of_any_type_and_shape(run: rn.Run, count: int) -> None:
    values = np.random.default_rng(1).normal(size=count) * 50
    some = np.where(np.arange(count) % 100 == 0, np.nan, values)
    given = [
        *(values.astype(kind) for kind in ("f2", "f4", ">f8", "i1", "<i2", ">i4", "i8", "u1", "u8", "?")),
        values.reshape(10, 2, -1), values[::2], np.asfortranarray(values.reshape(10, -1)), some,
        values.tolist(), some.reshape(10, -1).tolist(), tuple(values), pd.Series(some),
    ]  # fmt: skip
    for one in (*given, Tensor(values.astype("f4")), [Tensor(values[:20]), *values[20:]]):
        run.log({"h": rn.Histogram(one)})
    assert loaded(run) == [expected(one) for one in (*given, values.astype("f4"), values)]


def test_bins_are_at_most_512_and_at_least_one(run: rn.Run) -> None:
    for bins in (1, 10, 512, 600, 0):
        run.log({"h": rn.Histogram(np.arange(100.0), num_bins=bins)})
    run.log({"h": rn.Histogram(np.arange(MANY), None, 7)})
    found = [expected(np.arange(100.0), bins) for bins in (1, 10, 512, 512, 1)]
    assert loaded(run) == [*found, expected(np.arange(MANY), 7)]


def test_counts_and_edges_of_the_programs_own(run: rn.Run) -> None:
    density = ([0.25, 0.75], [0, 1, 2])
    for one in (np.histogram([1, 2, 5], bins=[0, 2, 10]), density, (Tensor(np.array([1, 2])), [0.5, 1.5, 2.5])):
        run.log({"h": rn.Histogram(np_histogram=one)})
    assert loaded(run) == [
        {"counts": [1, 2], "edges": [0.0, 2.0, 10.0], "nonfinite": 0},
        {"counts": [0.25, 0.75], "edges": [0.0, 1.0, 2.0], "nonfinite": 0},
        {"counts": [1, 2], "edges": [0.5, 1.5, 2.5], "nonfinite": 0},
    ]


def test_constant_and_empty_sequences_and_numbers_that_are_none(run: rn.Run) -> None:
    given: list[Any] = [[3.0] * 5, np.full(MANY, -2), [], np.zeros((0, 3)), [math.nan, math.inf], [1, None, -math.inf]]
    for one in (*given, None):
        run.log({"h": rn.Histogram(one)})
    plain = [*given[:-1], [1.0, math.nan, -math.inf], []]
    assert loaded(run) == [expected(one) for one in plain]


def test_alone_or_in_lists_and_not_made_yet(run: rn.Run) -> None:
    run.log({"layers": [rn.Histogram([1.0]), rn.Histogram(np.zeros(MANY))]}, step=3)
    loaded(run)
    media = rn.Api().run(run.id).media("layers")
    assert [(one["step"], one["index"], sum(one["value"]["counts"])) for one in media] == [(3, 0, 1), (3, 1, MANY)]
    assert not list(run.media_dir.glob("[!.]*"))
    pending = {field: value for field, value in media[1].items() if field != "value"}
    with pytest.raises(FileNotFoundError, match="The histogram 'layers' is not made yet"):
        rn.Api().run(run.id).load(pending)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"sequence": "abc"}, "a str is no number"),
        ({"sequence": ["abc"]}, "a str is no number"),
        ({"sequence": b"abcdefgh"}, "a bytes is no number"),
        ({"sequence": {"a": 1}}, "a dict is no number"),
        ({"sequence": [1.0, "2"]}, "a str is no number"),
        ({"sequence": np.array(["a"])}, "has no numbers"),
        ({"sequence": np.zeros(2, complex)}, "an array of complex128 has no numbers"),
        ({"np_histogram": ([1, 2], [0, 1])}, "2 counts have 3 edges, but it has 2"),
        ({"np_histogram": 5}, "cannot unpack|not iterable"),
        ({"sequence": [1], "num_bins": "many"}, "invalid literal"),
    ],
)
def test_what_is_no_histogram_is_a_notice(
    run: rn.Run, caplog: pytest.LogCaptureFixture, given: dict[str, Any], why: str
) -> None:
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log({"h": rn.Histogram(**given)})
    (notice,) = caplog.messages
    assert notice.startswith("runicorn: The histogram 'h' is left out: ")
    assert re.search(why, notice)


def test_what_is_changed_after_the_call_does_not_leak_in(run: rn.Run) -> None:
    array, few = np.ones(MANY), [1.0, 2.0]
    run.log({"a": rn.Histogram(array), "b": rn.Histogram(few)})
    array[:] = 7
    few.clear()
    assert loaded(run) == [expected(np.ones(MANY)), expected([1.0, 2.0])]


LIGHT = f"""
import sys, runicorn as rn
with rn.init("light") as run:
    run.log({{"few": rn.Histogram([1, [2.5, None]]), "many": rn.Histogram([float(n) for n in range({MANY})])}})
    run.log({{"none": rn.Histogram([])}})
assert not {{"numpy", "pyarrow"}} & set(sys.modules)
"""


def test_it_takes_no_library_that_the_program_has_not_loaded(root: Any) -> None:
    train(LIGHT)
    stored = rn.Api(root).run(str(ended(root, "light/*").folder))
    wait(lambda: all("value" in one for one in stored.media()), "not all histograms are counted")
    found = {one["key"]: stored.load(one) for one in stored.media()}
    assert found == {"few": expected([1, 2.5, math.nan]), "many": expected(np.arange(MANY)), "none": expected([])}


FLOATS = st.floats(allow_nan=True, allow_infinity=True)


@given(arrays.arrays(np.float64, st.integers(0, 30), elements=FLOATS), st.integers(1, 512))
def test_of_any_floats_each_is_counted_once_between_finite_edges(values: NDArray[Any], bins: int) -> None:
    found = counted(values.tobytes(), {"dtype": "<f8"}, bins)
    finite = values[np.isfinite(values)]
    edges = np.array(found["edges"])
    assert (len(found["counts"]), len(edges)) == (bins, bins + 1)
    assert (sum(found["counts"]), found["nonfinite"]) == (len(finite), len(values) - len(finite))
    assert np.isfinite(edges).all()
    assert not len(finite) or (edges[0] <= finite.min() and finite.max() <= edges[-1])
    assert (edges[1:] >= edges[:-1]).all()


@given(st.recursive(st.integers(-5, 5) | st.floats(-5, 5) | st.none(), lambda inner: st.lists(inner, max_size=4)))
def test_lists_of_any_depth(values: Any) -> None:
    def flat(one: Any) -> list[float]:
        return (
            [number for item in one for number in flat(item)]
            if isinstance(one, list)
            else [np.nan if one is None else one]
        )

    taken = rn.Histogram([values], num_bins=3).taken(lambda _: None)
    assert isinstance(taken, Inline)
    assert sum(taken.value["counts"]) + taken.value["nonfinite"] == len(flat(values))


@pytest.mark.parametrize("bins", [0, 513, 10**9, -1, 2.5, "64", None])
def test_bins_that_no_program_of_ours_asks_for_are_refused(tmp_path: Path, bins: Any) -> None:
    source = {"kind": "array", "dtype": "<f8", "shape": [1]}
    with pytest.raises(ValueError, match="A histogram cannot have"):
        count({"run_dir": str(tmp_path), "host": "h", "id": "1", "ask": {"bins": bins, "source": source}}, print)


def test_counts_and_edges_that_are_not_finite_come_back(run: rn.Run) -> None:
    counts = [math.nan, 2]  # a density of nothing
    run.log({"h": rn.Histogram(np_histogram=(counts, [-math.inf, 0, math.inf]))})
    (found,) = loaded(run)
    assert np.array_equal(found["counts"], counts, equal_nan=True)
    assert found["edges"] == [-math.inf, 0.0, math.inf]
