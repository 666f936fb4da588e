"""AverageMeter and ProgressMeter, as in PyTorch's ImageNet example; `ProgressMeter.display` logs to the active run."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from runicorn import get_active_run
from runicorn.log_compat.reducing import summed
from runicorn.log_compat.values import scalar, warn_not_numeric


class Summary(Enum):
    """What `AverageMeter.summary` tells."""

    NONE = 0
    AVERAGE = 1
    SUM = 2
    COUNT = 3


class AverageMeter:
    """The last value, sum, count and average of a series."""

    def __init__(
        self,
        name: str,
        use_accel: bool | str = False,
        fmt: str | Summary = ":f",
        summary_type: Summary = Summary.AVERAGE,
    ) -> None:
        """`use_accel` is of no effect; as in older scripts `fmt` may stand in its place, and what follows one earlier.

        `fmt`: a format of numbers with the colon in front.
        """
        shown = use_accel if isinstance(use_accel, str) else fmt
        self.name = name
        self.fmt = ":f" if isinstance(shown, Summary) else shown
        self.summary_type = fmt if isinstance(fmt, Summary) else summary_type
        self.reset()

    def reset(self) -> None:
        """Begins anew."""
        self.val = self.avg = self.sum = 0.0
        self.count = 0

    def update(self, val: Any, n: int = 1) -> None:
        """Takes a value that stands for `n` of them. What is no number is a warning, and left out."""
        found = scalar(val)
        if found is None:
            warn_not_numeric(self.name, val)
            return
        self.val = found
        self.sum += found * n
        self.count += n
        self._average()

    def all_reduce(self) -> None:
        """Makes sum, count and average those of all processes of torch.distributed; does nothing without it."""
        self.sum, count = summed(self.sum, self.count)
        self.count = int(count)
        self._average()

    def summary(self) -> str:
        """The meter at the end, in short; empty with Summary.NONE."""
        told = {Summary.AVERAGE: self.avg, Summary.SUM: self.sum, Summary.COUNT: self.count}
        return f"{self.name} {told[self.summary_type]:.3f}" if self.summary_type in told else ""

    def _average(self) -> None:
        self.avg = self.sum / self.count if self.count else 0.0

    def __str__(self) -> str:
        return f"{{name}} {{val{self.fmt}}} ({{avg{self.fmt}}})".format(**vars(self))


class ProgressMeter:
    """Tells how far an epoch is, with its meters."""

    def __init__(self, num_batches: int, meters: Sequence[AverageMeter], prefix: str = "") -> None:
        self.num_batches = num_batches
        self.meters = meters
        self.prefix = prefix

    def display(self, batch: int) -> None:
        """Prints a line, and logs the last value of each meter to the active run as its next step."""
        place = f"[{batch:{len(str(self.num_batches))}d}/{self.num_batches}]"
        print("\t".join([self.prefix + place, *map(str, self.meters)]))
        run = get_active_run()
        if run is not None:
            run.log({meter.name: meter.val for meter in self.meters})

    def display_summary(self) -> None:
        """Prints the meters' summaries."""
        print(" ".join([" *", *filter(None, (meter.summary() for meter in self.meters))]))
