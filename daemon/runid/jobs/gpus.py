"""GPUs, as NVML tells of them; each reading that a device does not give is left out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pynvml as nvml

Facts = dict[str, Any]

_ready = False


def read() -> list[Facts]:
    """All devices: index, and name, utilization (%), memory {used, total} (bytes), power (W), temperature (°C), mig.

    mig: the same of the parts that a device is cut into, where NVML tells it of them: memory. Raises NVMLError where
    there is no NVML, or no driver.
    """
    global _ready
    if not _ready:
        nvml.nvmlInit()
        _ready = True
    try:
        return [_device(index) for index in range(nvml.nvmlDeviceGetCount())]
    except nvml.NVMLError:  # the driver was loaded anew, perhaps: begin anew as well
        _ready = False
        raise


def _device(index: int) -> Facts:
    handle = _told(lambda: nvml.nvmlDeviceGetHandleByIndex(index))
    if handle is None:  # lost, or another user's
        return {"index": index}
    found = {
        "name": _told(lambda: nvml.nvmlDeviceGetName(handle)),
        "utilization": _told(lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu),
        "memory": _memory(handle),
        "power": _told(lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000),
        "temperature": _told(lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)),
        "mig": _parts(handle),
    }
    return {"index": index} | {name: value for name, value in found.items() if value is not None}


def _memory(handle: Any) -> Facts | None:
    found = _told(lambda: nvml.nvmlDeviceGetMemoryInfo(handle))
    return None if found is None else {"used": found.used, "total": found.total}


def _parts(handle: Any) -> list[Facts] | None:
    mode = _told(lambda: nvml.nvmlDeviceGetMigMode(handle)[0])
    if mode != nvml.NVML_DEVICE_MIG_ENABLE:
        return None
    parts = []
    for index in range(_told(lambda: nvml.nvmlDeviceGetMaxMigDeviceCount(handle)) or 0):
        part = _told(partial(nvml.nvmlDeviceGetMigDeviceHandleByIndex, handle, index))
        memory = None if part is None else _memory(part)
        if memory is not None:
            parts.append({"index": index, "memory": memory})
    return parts


def _told(ask: Callable[[], Any]) -> Any:
    """What NVML answers; None where it does not."""
    try:
        return ask()
    except nvml.NVMLError:
        return None
