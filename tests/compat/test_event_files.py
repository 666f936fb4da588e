"""Event files: what is written is read, also as TensorFlow 2 writes it, and damage is an error and nothing else."""

from __future__ import annotations

import contextlib
import io
import struct

import hypothesis.strategies as st
import pytest
from hypothesis import given

from runicorn.event_files import read, record, scalar
from runid.errors import FormatError

SCALARS = st.lists(
    st.tuples(
        st.text(min_size=1, max_size=300),
        st.integers(-(1 << 63), (1 << 63) - 1),
        st.floats(0, 4e9),
        st.floats(width=32, allow_nan=False),
    )
)


def packed(*found: tuple[str, int, float, float]) -> bytes:
    return b"".join(record(scalar(tag, step, when, struct.pack("<f", value))) for tag, step, when, value in found)


def field(number: int, data: bytes) -> bytes:
    """A field of bytes."""
    return bytes([number << 3 | 2, len(data)]) + data


def event(value: bytes) -> bytes:
    """A record with a Value of this content behind its tag "loss", at step 3 and time 2."""
    about = b"\x09" + struct.pack("<d", 2.0) + b"\x10\x03"
    return record(about + field(5, field(1, field(1, b"loss") + value)))


@given(SCALARS)
def test_what_is_written_is_read(found: list[tuple[str, int, float, float]]) -> None:
    assert list(read(io.BytesIO(packed(*found)))) == found


@pytest.mark.parametrize(
    "tensor",
    [
        b"\x08\x01\x12\x00" + field(4, struct.pack("<f", 0.5)),
        b"\x08\x02\x12\x00" + field(4, struct.pack("<d", 0.5)),
        b"\x08\x01\x12\x00" + field(5, struct.pack("<f", 0.5)),
        b"\x08\x01\x2d" + struct.pack("<f", 0.5),
        b"\x08\x02\x31" + struct.pack("<d", 0.5),
    ],
    ids=["float bytes", "double bytes", "packed floats", "a float", "a double"],
)
def test_scalars_of_tensorflow_2(tensor: bytes) -> None:
    assert list(read(io.BytesIO(event(field(8, tensor) + field(9, b""))))) == [("loss", 3, 2.0, 0.5)]


@pytest.mark.parametrize(
    "value",
    [
        field(4, b"an image"),
        field(5, b"a histogram"),
        field(8, b"\x08\x07" + field(8, b"a text")),
        field(8, b"\x08\x01" + field(4, struct.pack("<ff", 1, 2))),
        b"",
    ],
)
def test_what_is_no_scalar_is_passed_over(value: bytes) -> None:
    assert list(read(io.BytesIO(event(value) + packed(("loss", 4, 2.0, 1.0))))) == [("loss", 4, 2.0, 1.0)]


@given(SCALARS.filter(bool), st.data())
def test_a_torn_file_is_read_up_to_the_last_whole_record(
    found: list[tuple[str, int, float, float]], data: st.DataObject
) -> None:
    whole = packed(*found)
    cut = data.draw(st.integers(0, len(whole)))
    assert list(read(io.BytesIO(whole[:cut]))) == found[: len(list(read(io.BytesIO(whole[:cut]))))]
    assert len(packed(*found[:1])) > cut or list(read(io.BytesIO(whole[:cut])))


@given(SCALARS.filter(bool), st.data())
def test_a_changed_byte_is_an_error_or_a_torn_end(
    found: list[tuple[str, int, float, float]], data: st.DataObject
) -> None:
    whole = bytearray(packed(*found))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FormatError):
        list(read(io.BytesIO(bytes(whole))))


@given(st.binary(max_size=100))
def test_any_event_is_read_or_an_error(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        list(read(io.BytesIO(record(data))))
