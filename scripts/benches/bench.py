"""`scripts/bench`: what writing and reading cost, beside the goals and, with --peers, beside other trackers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator

from benches import (
    archiving,
    calls,
    crowd,
    ingest,
    kinds,
    listing,
    media,
    peers,
    printing,
    reading,
    snapshot,
    startup,
    system,
    watching,
)
from benches.home import end_in_order
from benches.rows import Row, as_json, show

_LOSSES = Row(
    "events lost or doubled",
    None,
    0.0,
    "events",
    "Not measured here: scripts/chaos kills trainers and daemons and counts.",
)


def main() -> int:
    """Measures and prints; exits 1 when a goal is missed."""
    parts: dict[str, Callable[[bool], Iterator[Row]]] = {
        "calls": lambda quick: calls.rows(50_000 if quick else 200_000),
        "startup": lambda quick: startup.rows(5 if quick else 15),
        "archiving": lambda quick: archiving.rows(100 if quick else 1000),
        "printing": lambda quick: printing.rows(3 if quick else 9),
        "snapshot": lambda quick: snapshot.rows(3 if quick else 9),
        "media": lambda quick: media.rows(1 if quick else 5),
        "kinds": lambda quick: kinds.rows(1 if quick else 3, 20_000 if quick else 200_000),
        "watching": lambda quick: watching.rows(20 if quick else 60),
        "ingest": lambda quick: ingest.rows(100_000 if quick else 1_000_000),
        "crowd": lambda quick: crowd.rows(5 if quick else 20),
        "system": lambda quick: system.rows(30 if quick else 120),
        "reading": lambda quick: reading.rows(1_000_000 if quick else 10_000_000),
        "listing": lambda quick: listing.rows(10_000 if quick else 100_000),
    }
    end_in_order()
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the rows for programs")
    parser.add_argument("--peers", action="store_true", help="compare with the trackers of tests/peers.txt instead")
    parser.add_argument("--quick", action="store_true", help="less of everything: numbers are rough")
    parser.add_argument("--viewer", action="store_true", help="measure the viewer's pages in Chromium instead")
    parser.add_argument("--only", choices=list(parts), help="one part only")
    chosen = parser.parse_args()
    if chosen.peers:
        return peers.main(chosen.json, chosen.quick)
    print(f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} processors", file=sys.stderr)
    if chosen.viewer:
        from benches import viewer  # it loads a browser's driver

        rows = []
        for row in viewer.rows(chosen.quick):
            print(f"{row.what}: {row.measured:.1f} {row.unit}", file=sys.stderr, flush=True)
            rows.append(row)
    else:
        rows = [row for name, part in parts.items() if chosen.only in (None, name) for row in part(chosen.quick)]
    print(as_json(rows) if chosen.json else show(rows))
    return 0 if all(row.good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
