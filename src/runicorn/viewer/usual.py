"""Which columns the table of runs has where nobody has chosen any."""

from __future__ import annotations

import re
from collections.abc import Mapping

SPARK = "spark."
"""In front of a metric: a picture of it, which the page draws; no value that a run has."""

_OF_MACHINE = re.compile(r"(sys|system)/")
_TELLING = re.compile("val|test|eval")


def usual(keys: Mapping[str, Mapping[str, int]], most: int) -> list[str]:
    """`most` of the keys that there are (as of Found.keys): a metric that tells how good a run is first, where many
    runs have it, how it went, and something that was set; then more such metrics, tags, and what else was set.
    """
    counts = {name: count for name, count in keys["metric"].items() if not _OF_MACHINE.match(name)}
    often = max(counts.values(), default=0) / 2
    metrics = sorted(counts, key=lambda name: not (_TELLING.search(name) and counts[name] >= often))
    metrics = metrics[: max(1, -(-most // 2))]
    good = [f"metric.{name}" for name in metrics]
    if metrics:
        good.insert(1, SPARK + metrics[0])
    if keys["field"]["tags"]:
        good.append("tags")
    given = [f"config.{name}" for name in keys["config"]]
    return [*good[:2], *given[:1], *good[2:], *given[1:]][:most]
