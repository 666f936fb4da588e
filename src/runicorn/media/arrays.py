"""Arrays and tensors, of NumPy, torch and others, as bytes."""

from __future__ import annotations

import sys
from typing import Any

from runid.sides import Buffer


def as_array(value: Any) -> Any:
    """An array or tensor as an array of NumPy, copied where it lies elsewhere. Raises ValueError for anything else."""
    numpy = sys.modules.get("numpy")
    if callable(getattr(value, "detach", None)):  # a tensor of torch, which gives no array of what needs a gradient
        value = value.detach().cpu()
        if str(value.dtype) in ("torch.bfloat16", "torch.float8_e4m3fn", "torch.float8_e5m2"):
            value = value.float()
        value = value.numpy()
    if numpy is None or not (isinstance(value, numpy.ndarray) or hasattr(value, "__array__")):
        raise ValueError(f"a {type(value).__name__} is no array or tensor")
    array = numpy.asarray(value)
    if array.dtype.name in ("bfloat16", "longdouble", "float128"):  # the first is none of NumPy's own
        return array.astype(numpy.float32)
    return array


def described(array: Any) -> dict[str, Any]:
    """What an array's bytes are: {kind: "array", dtype: NumPy's, such as "<f4", shape: [int]}, in C order."""
    return {"kind": "array", "dtype": array.dtype.str, "shape": list(array.shape)}


def content(array: Any) -> Buffer:
    """An array's items as they lie, in C order."""
    numpy = sys.modules["numpy"]
    return memoryview(numpy.ascontiguousarray(array).reshape(-1).view(numpy.uint8))
