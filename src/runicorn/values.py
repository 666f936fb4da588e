"""Values: what users log, as plain Python that msgpack can pack and unpack to the same.

Both functions copy, so that a later change of the value cannot leak in, and neither raises, whatever code of the user's
they run into: afterwards nothing of the user's is left that packing could call.
"""

from __future__ import annotations

import enum
import math
import numbers
import os
import sys
import types
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, TypeAlias

Plain: TypeAlias = "bool | int | float | str | list[Plain] | dict[str, Plain] | None"

DEPTH = 62
"""Containers inside each other in one value, at most; deeper ones become text. An event may hold 64, two its own."""

ARRAY_ITEMS = 10_000
"""Items of the largest array that is kept as lists; a larger one becomes a text with its shape and type."""

_WHOLE_MIN, _WHOLE_MAX = -(1 << 63), (1 << 64) - 1


def number(value: object) -> float | None:
    """The value as a float, NaN and ±Inf included; None when it is no real number or does not fit one.

    Numbers are int, bool, float, Decimal, Fraction, NumPy scalars and arrays or tensors without dimensions. Texts,
    complex numbers, dates and arrays with dimensions are none.
    """
    if type(value) is float:
        return value
    try:
        return float(value) if type(value) is int else _foreign_number(value)
    except Exception:
        return None


def whole_step(value: Any) -> int | None:
    """The value as a step, a whole number of 64 bits, as `int()` makes it; None when it is none. Never raises."""
    try:
        step = int(value)
    except Exception:  # it may run the user's code
        return None
    return step if -(1 << 63) <= step < 1 << 63 else None


def plain(value: object, depth: int = DEPTH) -> Plain:
    """The value as JSON-like data, containers at most `depth` inside each other.

    Paths, dates, enums, bytes, sets, NumPy scalars and small arrays get their obvious form; dataclasses, namespaces,
    objects of attrs and pydantic and configs of OmegaConf become mappings. Everything else, whole numbers that fit no
    float, containers too deep or inside themselves become text. Whole numbers beyond 64 bits become floats, keys become
    text, lone surrogates U+FFFD, sets sorted lists. What fails to show itself becomes a placeholder with its type.
    """
    return _Copy().of(value, depth)


def encodable(text: str) -> str:
    """The text with lone surrogates replaced, so that it has a UTF-8 form."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def key_text(key: Any) -> str:
    """The text that stands for the key of a mapping. Never raises."""
    if type(key) is str:
        return encodable(key)
    try:
        return _text(key.value if isinstance(key, enum.Enum) else key)
    except Exception:
        return _placeholder(key)


def _foreign_number(value: Any) -> float | None:
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (str, bytes, bytearray, complex)):
        return None
    if hasattr(value, "ndim"):
        # NumPy's dates and complex numbers would convert too, to something else.
        if value.ndim != 0 or getattr(getattr(value, "dtype", None), "kind", "f") in "cmMSUO":
            return None
        if hasattr(value, "item"):
            value = value.item()
    # float() also reads numbers from texts and buffers; only what calls itself a number is wanted.
    kind = type(value)
    if issubclass(kind, str) or not (hasattr(kind, "__float__") or hasattr(kind, "__index__")):
        return None
    return float(value)


class _Copy:
    """One copying of a value; knows which containers it is inside of, since those may hold themselves."""

    def __init__(self) -> None:
        self._inside: set[int] = set()

    def of(self, value: Any, depth: int) -> Plain:
        kind = type(value)
        if kind is float or kind is bool or value is None:
            return value  # type: ignore[no-any-return]
        try:
            if kind is str:
                return encodable(value)
            if kind is int:
                return _whole(value)
            return self._other(value, depth)
        except Exception:
            return _shown(value)

    def _other(self, value: Any, depth: int) -> Plain:
        if isinstance(value, enum.Enum):
            return self.of(value.value, depth)
        if isinstance(value, (str, bytes, bytearray, memoryview, type)):
            return _text(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, int):
            return _whole(int(value))
        if isinstance(value, range):
            return str(value)
        if isinstance(value, (Mapping, Sequence, AbstractSet)):
            return self._container(value, depth)
        if (pairs := _fields(value)) is not None:
            return self._container(dict(pairs), depth, value)
        if hasattr(value, "dtype") and hasattr(value, "shape") and hasattr(value, "tolist"):
            return self._array(value, depth)
        if isinstance(value, os.PathLike):
            return encodable(os.fsdecode(value))
        if callable(getattr(value, "isoformat", None)):
            return _text(value.isoformat())
        found = number(value) if isinstance(value, numbers.Number) else None
        return _text(value) if found is None else found

    def _container(self, value: Any, depth: int, whole: Any = None) -> Plain:
        """A copy of a container; `whole` is what it holds the fields of, if it was made of something."""
        whole = value if whole is None else whole
        if depth < 1 or id(whole) in self._inside:
            return _text(whole)
        self._inside.add(id(whole))
        try:
            value = _resolved(value)
            # The whole content is taken at once, in a list: another thread may be changing it.
            if isinstance(value, (Sequence, AbstractSet)):
                items = [self.of(item, depth - 1) for item in list(value)]
                return _sorted(items) if isinstance(value, AbstractSet) else items
            return {key_text(key): self.of(item, depth - 1) for key, item in list(value.items())}
        finally:
            self._inside.discard(id(whole))

    def _array(self, value: Any, depth: int) -> Plain:
        shape = tuple(value.shape)
        if math.prod(shape) > ARRAY_ITEMS:
            return _text(f"{type(value).__name__} of shape {shape} and type {value.dtype}")
        # NumPy turns its dates into numbers where they are finer than Python's.
        listed = value.astype(str).tolist() if getattr(value.dtype, "kind", "") in ("m", "M") else value.tolist()
        if type(listed) is not type(value):
            return self.of(listed, depth)
        found = number(value)
        return _text(value) if found is None else found


def _fields(value: Any) -> Iterable[tuple[str, Any]] | None:
    """Names and values of what has named fields, of the kinds that configs are made of; None of anything else."""
    kind = type(value)
    if hasattr(kind, "__dataclass_fields__"):
        # Slow to load; where there is a dataclass it was loaded before.
        import dataclasses

        return ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
    if hasattr(kind, "__attrs_attrs__"):
        return ((field.name, getattr(value, field.name)) for field in kind.__attrs_attrs__)
    if hasattr(kind, "__pydantic_validator__"):
        return ((name, item) for name, item in value)
    if isinstance(value, _namespaces()):
        return ((name, item) for name, item in vars(value).items() if not name.startswith("_"))
    return None


def _namespaces() -> tuple[type, ...]:
    argparse = sys.modules.get("argparse")
    return (types.SimpleNamespace,) if argparse is None else (types.SimpleNamespace, argparse.Namespace)


def _resolved(value: Any) -> Any:
    """A config of OmegaConf with its interpolations resolved, as far as they can be; anything else as it is."""
    configs = getattr(sys.modules.get("omegaconf"), "OmegaConf", None)
    if configs is None or not configs.is_config(value):
        return value
    try:
        return configs.to_container(value, resolve=True, throw_on_missing=False)
    except Exception:
        return configs.to_container(value, resolve=False)


def _whole(value: int) -> Plain:
    if _WHOLE_MIN <= value <= _WHOLE_MAX:
        return value
    try:
        return float(value)
    except OverflowError:
        return str(value)


def _text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    # The slot of str itself: a subclass, such as an enum of texts, would show its name instead.
    return encodable(str.__str__(value if isinstance(value, str) else str(value)))


def _shown(value: object) -> str:
    try:
        return _text(value)
    except Exception:
        return _placeholder(value)


def _sorted(items: list[Plain]) -> list[Plain]:
    """A set's items in an order that two processes agree on."""
    return sorted(items, key=lambda item: (type(item).__name__, item if type(item) in (int, float) else repr(item)))


def _placeholder(value: object) -> str:
    try:
        return encodable(str.__str__(f"<{type(value).__name__} that cannot be shown>"))
    except Exception:
        return "<object that cannot be shown>"
