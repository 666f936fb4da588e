"""Names: of a project its path, of a run that was given none a name."""

from __future__ import annotations

import re
import zlib

from runicorn.values import encodable

_UNFIT = re.compile(r"[^A-Za-z0-9_/-]+")
_LENGTH = 200

_ADJECTIVES = (
    "amber", "bold", "brave", "bright", "calm", "clear", "crisp", "eager", "fair", "fleet", "gentle", "glad", "golden",
    "keen", "kind", "light", "lively", "lucid", "mellow", "mild", "neat", "noble", "patient", "proud", "quick", "quiet",
    "rapid", "serene", "silver", "steady", "swift", "warm",
)  # fmt: skip
_NOUNS = (
    "aspen", "bay", "birch", "brook", "cedar", "cliff", "cloud", "comet", "coral", "creek", "dawn", "dune", "ember",
    "fern", "field", "fjord", "forest", "glade", "grove", "harbor", "island", "lake", "meadow", "moon", "orchid",
    "peak", "pine", "reef", "ridge", "river", "star", "willow",
)  # fmt: skip


def path(project: str) -> str:
    """The path of a project's runs: the project itself where it can be one.

    Else each stretch of other characters than A-Z a-z 0-9 _ - / is a "-", and 4 hexadecimal digits of the project's
    SHA-256 stand behind it, so that two projects do not meet. Raises TypeError, and ValueError for an empty text.
    """
    if not isinstance(project, str):
        raise TypeError(f"project must be a text, but it is {type(project).__name__}.")
    if not project:
        raise ValueError("project is empty. Give it a name, such as trackio.init(project='my-project').")
    fit = "/".join(filter(None, _UNFIT.sub("-", project).split("/")))
    if fit == project and len(fit) <= _LENGTH:
        return fit
    import hashlib  # it takes 3 ms

    digest = hashlib.sha256(encodable(project).encode()).hexdigest()
    return f"{fit[: _LENGTH - 5]}-{digest[:4]}"


def named(run_id: str) -> str:
    """A name for the run of this id, the same for all ranks of a job: two words, and the end of the id.

    The end is random, or for a job's runs as good as that; runs that are begun at once have different names.
    """
    noun, adjective = divmod(zlib.crc32(run_id.encode()), len(_ADJECTIVES))
    return f"{_ADJECTIVES[adjective]}-{_NOUNS[noun % len(_NOUNS)]}-{run_id.rpartition('_')[2]}"
