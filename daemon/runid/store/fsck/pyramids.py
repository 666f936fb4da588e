"""The pyramid: cells of whole segments. They are only ever made again, from the segment's points."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from runid.errors import DamagedError
from runid.store import files, pyramid, sealing, segments, verified
from runid.store.fsck.finding import Finding, Look
from runid.store.segments import Segment


def check(look: Look) -> Iterator[Finding]:
    """The cells of every whole segment that has metrics with enough points."""
    for segment, most in look.whole.items():
        path = segments.pyramid(segment.path)
        if not path.exists():
            if most >= pyramid.LEAST and not look.busy:
                what = "It is missing: charts of the run are slow."
                yield Finding(look.name(path), what, "it is made again", partial(_make, segment, path))
            continue
        look.seen(path.stat().st_size)
        try:
            verified.check(path)
        except FileNotFoundError:
            continue
        except DamagedError:
            what = "It is damaged. Charts are made from the points, and so are right but slow."
            yield Finding(look.name(path), what, "it is made again", partial(_make, segment, path))


def _make(segment: Segment, path: Path) -> None:
    """As a merge of this one segment: what else that makes is dropped."""
    job = {"folder": str(segment.path.parent), "host": segment.host, "lo": segment.lo, "hi": segment.hi}
    made = sealing.merge(job | {"segments": [str(segment.path)]})
    files.set_aside(path)
    if made["pyramid"] is not None:
        os.rename(made["pyramid"], path)
    os.unlink(made["tmp"])
