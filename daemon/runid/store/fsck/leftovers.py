"""What a crash left behind: temporary files, and merges of segments that were half done."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial

from runid.store import segments
from runid.store.fsck.finding import Finding, Look

_TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.tmp")


def check(look: Look) -> Iterator[Finding]:
    """While a run lives these come and go."""
    if look.busy:
        return
    metrics = look.folder / "metrics"
    for left in segments.unsettled(metrics):
        yield Finding(
            look.name(left.path),
            "A daemon was killed while it made or merged segments. No point is lost.",
            "the merge is ended or taken back",
            partial(segments.recover, metrics, left.host),
        )
    for folder in (look.folder, look.folder / "writers", look.folder / "journal"):
        for path in sorted(folder.glob(".*.tmp")):
            if _TEMPORARY.fullmatch(path.name):
                what = "A file was being written when its writer was killed. The file it was to replace is whole."
                yield Finding(look.name(path), what, "it is removed", partial(os.unlink, path))
