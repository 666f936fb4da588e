"""Sums over the processes of torch.distributed, for meters that are told to."""

from __future__ import annotations

import sys


def summed(*values: float) -> list[float]:
    """Each value summed over all processes; the values themselves where torch.distributed is not in use."""
    torch = sys.modules.get("torch")
    distributed = getattr(torch, "distributed", None)
    if torch is None or distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return list(values)
    device = "cuda" if distributed.get_backend() == "nccl" else "cpu"
    sums = torch.tensor(values, dtype=torch.float64, device=device)
    distributed.all_reduce(sums)
    return [float(one) for one in sums.tolist()]
