"""Regular expressions of people, by RE2, which pyarrow has: they take time in proportion to what they search.

Python's own try without end: (a+)+b takes years on some line of a hundred letters, and no other thread of the process
gets a turn meanwhile. What RE2 has not: looking around, and references back.
"""

from __future__ import annotations

from collections.abc import Iterable

from runid.store.keys import SEARCHED


class Regex:
    """One of them; where `lines` says so, `^` and `$` are the ends of each line of a text."""

    def __init__(self, pattern: str, lines: bool = False) -> None:
        """Raises ValueError, with what is wrong, for what is none."""
        import pyarrow as pa  # most queries have no regular expression, and the command line is to begin at once

        self._pattern = pattern
        try:
            self.found([""])
        except pa.ArrowInvalid as error:
            raise ValueError(str(error).removeprefix("Invalid regular expression: ").partition("\n")[0]) from error
        self._pattern = f"(?m){pattern}" if lines else pattern

    def found(self, texts: Iterable[str]) -> list[bool]:
        """In which of the texts it is found, in the first 10,000 characters of each."""
        import pyarrow as pa
        import pyarrow.compute as pc

        parts = [text[:SEARCHED] for text in texts]
        try:
            array = pa.array(parts, pa.string())
        except UnicodeEncodeError:  # halves of characters, which JSON may have
            array = pa.array([part.encode(errors="replace").decode() for part in parts], pa.string())
        found: list[bool] = pc.match_substring_regex(array, self._pattern).to_pylist()
        return found
