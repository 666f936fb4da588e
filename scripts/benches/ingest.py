"""What the daemon makes of a stream: points per second of processor time, and bytes per point on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from benches.home import Home, cpu_seconds
from benches.rows import Row

_FLOATS = 5  # a step


@dataclass(slots=True, frozen=True)
class Cost:
    """What one run cost: processor seconds of the daemon and of its workers, bytes on the wire and sealed."""

    points: int
    daemon: float
    workers: float
    seconds: float
    wire: int
    sealed: int
    segments: int


def rows(steps: int) -> Iterator[Row]:
    """The rows of ingest, sealing and disk, for runs of `steps` steps of five floats."""
    cost = ingest(steps)
    how = (
        f"{cost.points:,} points in events of five, sent ready-made to the daemon by one client, until all was sealed "
        f"in {cost.segments} segments. Processor time of the daemon ({cost.daemon:.2f} s) and of its workers "
        f"({cost.workers:.2f} s), nothing else; safe on disk after {cost.seconds:.2f} s."
    )
    yield Row(
        "ingest and sealing, one core", 1e6, cost.points / (cost.daemon + cost.workers), "points/s", how, most=False
    )
    yield Row("ingest alone, one core", None, cost.points / cost.daemon, "points/s", "The same run, the daemon itself.")
    yield Row("sealing alone, one core", None, cost.points / cost.workers, "points/s", "The same run, its workers.")
    how = (
        f"The same run: single-precision values, steps 10 ms apart with jitter; on the wire "
        f"{cost.wire / cost.points:.1f} B/point."
    )
    yield Row("disk, sealed", 6.0, cost.sealed / cost.points, "B/point", how)
    double = ingest(steps // 5, "double")
    how = (
        f"{double.points:,} points with noise in every bit of a double; such values alone have 6.5 B of chance in them."
    )
    yield Row("disk, sealed, noisy doubles", None, double.sealed / double.points, "B/point", how)


def ingest(steps: int, precision: str = "single") -> Cost:
    """Sends one run to a daemon of its own, and waits until all of it is sealed."""
    with Home() as home:
        daemon = home.daemon()
        own, whole = sum(daemon.cpu_times()[:2]), cpu_seconds(daemon)
        sent = json.loads(home.python("-m", "benches.client", "bench", str(steps), precision))
        home.settle()
        own, whole = sum(daemon.cpu_times()[:2]) - own, cpu_seconds(daemon) - whole
        sealed = [path.stat().st_size for path in home.root.rglob("metrics/*.parquet")]
        home.runid("stop")
    return Cost(steps * _FLOATS, own, whole - own, sent["seconds"], sent["bytes"], sum(sealed), len(sealed))
