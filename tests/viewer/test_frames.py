"""A frame holds what was put into it, and no line becomes steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicorn.viewer import frames

FLOATS = st.lists(st.floats(width=32), max_size=30)


@given(st.lists(st.tuples(st.text(max_size=5), FLOATS), max_size=5))
def test_what_is_packed_is_unpacked(given: list[tuple[str, list[float]]]) -> None:
    series = [({"run": name}, {"x": np.array(values), "y": np.array(values, np.float32)}) for name, values in given]
    frame = frames.pack(series)
    assert len(frame) % 8 == 0
    found = frames.unpack(frame)
    assert [told for told, _ in found] == [told for told, _ in series]
    for (_, columns), (_, expected) in zip(found, series, strict=True):
        for name, values in expected.items():
            np.testing.assert_array_equal(columns[name], values)


def test_what_goes_on_by_equal_steps_takes_no_room() -> None:
    """The bins of a long series: their ends, and a last bin that is cut."""
    ends = np.append(np.arange(64.0, 64_000, 64) - 1, 63_990)
    frame = frames.pack([({}, {"x0": np.arange(1000.0) * 64, "x1": ends, "y": np.linspace(0, 1, 1000)})])
    assert len(frame) < 8000 + 200
    ((_, columns),) = frames.unpack(frame)
    np.testing.assert_array_equal(columns["x0"], np.arange(1000.0) * 64)
    np.testing.assert_array_equal(columns["x1"], ends)


def test_what_is_none() -> None:
    with pytest.raises(ValueError, match="no frame"):
        frames.unpack(b"GIF89a")


@given(st.lists(st.floats(), max_size=30))
def test_what_is_drawn_is_near(values: list[float]) -> None:
    array = np.resize(np.array(values, np.float64), 200 if values else 0)
    drawn = frames.drawn(array).astype(np.float64)
    finite = np.isfinite(array)
    if finite.any():
        spread = max(float(np.ptp(array[finite] / 4)), 1e-300)
        assert (np.abs(drawn[finite] / 4 - array[finite] / 4) <= spread * 1e-2 + np.abs(array[finite] / 4) * 6e-8).all()
    assert (np.isnan(drawn) == np.isnan(array)).all()


def test_small_differences_of_large_values_stay() -> None:
    assert frames.drawn(1e6 + np.arange(200) / 1000).dtype == np.float64
    assert frames.drawn(np.linspace(0, 1, 200)).dtype == np.float32


def test_whole_numbers_and_few_numbers_are_exact() -> None:
    assert frames.drawn(np.linspace(0, (1 << 24) + 1, 200)).dtype == np.float64
    assert frames.drawn(np.linspace(0, 1, 100)).dtype == np.float64
