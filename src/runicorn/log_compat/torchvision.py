"""SmoothedValue and MetricLogger, as in torchvision's references; `MetricLogger.update` logs to the active run."""

from __future__ import annotations

import sys
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from datetime import timedelta
from statistics import median
from typing import Any, TypeVar

from runicorn import get_active_run
from runicorn.log_compat.reducing import summed
from runicorn.log_compat.values import scalar, warn_not_numeric

Item = TypeVar("Item")

_FORMAT = "{median:.4f} ({global_avg:.4f})"
_MIB = 1 << 20


class SmoothedValue:
    """The last `window_size` values of a series, and the average of all; 0.0 while there are none.

    `fmt` may name median, avg, global_avg, max and value.
    """

    def __init__(self, window_size: int = 20, fmt: str | None = None) -> None:
        self.deque: deque[float] = deque(maxlen=window_size)
        self.total = 0.0
        self.count = 0
        self.fmt = _FORMAT if fmt is None else fmt

    def update(self, value: Any, n: int = 1) -> None:
        """Takes a value that stands for `n` of them in the average of all. What is no number is a warning."""
        found = scalar(value)
        if found is None:
            warn_not_numeric("SmoothedValue.update", value)
            return
        self.deque.append(found)
        self.count += n
        self.total += found * n

    def synchronize_between_processes(self) -> None:
        """Makes `count` and `total` those of all processes of torch.distributed; the window stays this one's."""
        count, self.total = summed(self.count, self.total)
        self.count = int(count)

    @property
    def median(self) -> float:
        """The window's median."""
        return median(self.deque) if self.deque else 0.0

    @property
    def avg(self) -> float:
        """The window's average."""
        return sum(self.deque) / len(self.deque) if self.deque else 0.0

    @property
    def global_avg(self) -> float:
        """The average of all values."""
        return self.total / self.count if self.count else 0.0

    @property
    def max(self) -> float:
        """The window's largest value."""
        return max(self.deque, default=0.0)

    @property
    def value(self) -> float:
        """The last value."""
        return self.deque[-1] if self.deque else 0.0

    def __str__(self) -> str:
        return self.fmt.format(
            median=self.median, avg=self.avg, global_avg=self.global_avg, max=self.max, value=self.value
        )


class MetricLogger:
    """Meters by name, which are also its attributes."""

    def __init__(self, delimiter: str = "\t") -> None:
        self.meters: defaultdict[str, SmoothedValue] = defaultdict(SmoothedValue)
        self.delimiter = delimiter

    def update(self, **values: Any) -> None:
        """Takes a step's values, and logs them to the active run as its next step.

        Numbers, and arrays or tensors with a single item; anything else is a warning and left out.
        """
        found: dict[str, float] = {}
        for name, given in values.items():
            value = scalar(given)
            if value is None:
                warn_not_numeric(name, given)
                continue
            self.meters[name].update(value)
            found[name] = value
        run = get_active_run()
        if run is not None and found:
            run.log(found)

    def add_meter(self, name: str, meter: SmoothedValue) -> None:
        """Uses this meter for a name."""
        self.meters[name] = meter

    def synchronize_between_processes(self) -> None:
        """`SmoothedValue.synchronize_between_processes` of all meters; does nothing without torch.distributed."""
        for meter in self.meters.values():
            meter.synchronize_between_processes()

    def log_every(self, iterable: Iterable[Item], print_freq: int, header: str | None = None) -> Iterator[Item]:
        """Yields the items, and prints a line on how far it is at the first, at each `print_freq`th and at the last."""
        total, header = _length(iterable), header or ""
        whole_time, data_time = SmoothedValue(fmt="{avg:.4f}"), SmoothedValue(fmt="{avg:.4f}")
        number, began = -1, time.perf_counter()
        ended = began
        for number, item in enumerate(iterable):
            data_time.update(time.perf_counter() - ended)
            yield item
            now = time.perf_counter()
            whole_time.update(now - ended)
            ended = now
            if (print_freq > 0 and number % print_freq == 0) or number + 1 == total:
                print(self._progress(header, number, total, whole_time, data_time))
        taken = time.perf_counter() - began
        print(f"{header} Total time: {_duration(taken)} ({taken / max(number + 1, 1):.4f} s / it)".lstrip())

    def _progress(
        self, header: str, number: int, total: int | None, whole_time: SmoothedValue, data_time: SmoothedValue
    ) -> str:
        place = f"[{number}]" if total is None else f"[{number:{len(str(total))}d}/{total}]"
        parts = [f"{header} {place}".lstrip()]
        if total is not None:
            parts.append(f"eta: {_duration(whole_time.global_avg * (total - number - 1))}")
        parts += [str(self)] if self.meters else []
        parts += [f"time: {whole_time}", f"data: {data_time}"]
        cuda = getattr(sys.modules.get("torch"), "cuda", None)
        if cuda is not None and cuda.is_available():
            parts.append(f"max mem: {cuda.max_memory_allocated() / _MIB:.0f}")
        return self.delimiter.join(parts)

    def __getattr__(self, name: str) -> SmoothedValue:
        # Copies and pickles are asked for attributes before they have any.
        meters = self.__dict__.get("meters", {})
        if name in meters:
            return meters[name]  # type: ignore[no-any-return]
        raise AttributeError(f"MetricLogger has neither an attribute nor a meter {name!r}.")

    def __str__(self) -> str:
        return self.delimiter.join(f"{name}: {meter}" for name, meter in self.meters.items())


def _length(iterable: Iterable[Any]) -> int | None:
    """How many items there are; None where nobody knows, as of a data loader over a stream."""
    try:
        return len(iterable)  # type: ignore[arg-type]
    except TypeError:
        return None


def _duration(seconds: float) -> timedelta:
    return timedelta(seconds=int(seconds))
