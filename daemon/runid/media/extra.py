"""What stands on PyAV, which is an extra: not everybody who trains has videos."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


def installed() -> bool:
    """Whether PyAV can be had here."""
    return importlib.util.find_spec("av") is not None


def module(name: str) -> Any:
    """`movie` or `sound` of this package. Raises ValueError where PyAV is not installed."""
    try:
        return importlib.import_module(f"runid.media.{name}")
    except ImportError as error:
        raise ValueError("PyAV is needed, and not installed here: pip install 'runicorn[video]'.") from error
