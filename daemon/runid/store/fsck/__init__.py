"""fsck: goes through a run or a root, says what is damaged, and mends what can be mended.

A check of a run goes through stages, each of which gives findings. A repair goes through the same stages and mends the
findings of one before it looks at the next, since later files are made from earlier ones. What a mend replaces is set
aside as `<name>.damaged`, what it writes gets a temporary name first, and a repair that was killed is begun again.

A run that a daemon may be writing to is *busy*. Nothing of it is mended, and what is normal while a run lives is no
finding: only checksums are verified.
"""

from __future__ import annotations

from runid.store.fsck import folds, identity, journals, leftovers, published, pyramids, sealed, texts
from runid.store.fsck.finding import Finding, Look

__all__ = ["Finding", "Look", "check", "repair"]

STAGES = (
    leftovers.check,
    sealed.check,
    pyramids.check,
    journals.check,
    identity.check,
    folds.check,
    texts.check,
    published.check,
)


def check(look: Look) -> list[Finding]:
    """What is wrong with a run; nothing is written. Raises OSError."""
    found = [finding for stage in STAGES for finding in stage(look)]
    return [finding.unmended(look.busy) for finding in found] if look.busy else found


def repair(look: Look) -> list[Finding]:
    """Mends what can be mended of a run, and gives that. Raises OSError."""
    mended: list[Finding] = []
    for stage in STAGES if not look.busy else ():
        for finding in list(stage(look)):
            if finding.mend is not None:
                finding.mend()
                mended.append(finding)
    return mended
