"""The seed documents, copied beside this file and otherwise left alone: what stands in them as code and as tables."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
OVERVIEW = "runicorn-sdk-overview.md"
OVERVIEW_07 = "runicorn-0.7-sdk-overview.md"
ASSETS_07 = "runicorn-0.7-assets-outputs.md"
EXPT_LOGGER = "expt_logger-readme.md"
TRACKIO = "trackio-track.md"

USED = {OVERVIEW: "test_blocks.py", OVERVIEW_07: "test_overview_page.py", ASSETS_07: "test_assets_page.py"}
"""Each page of Runicorn that is used, and the test that carries its code."""
TRACKERS = {EXPT_LOGGER: "test_expt_logger_page.py", TRACKIO: "test_trackio_page.py"}
"""The same, of pages of other trackers."""

_FENCED = re.compile(r"^( *)```python\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r'^(?:#+ (.*)|!!! \w+ "(.*)")$', re.MULTILINE)
_ELLIPSIS = re.compile(r"^ *\.\.\. *\n", re.MULTILINE)
_ROW = re.compile(r"^(\w+) \| .* \| (Yes|No) \| (.*) \| \w+ \|$")


@dataclass(frozen=True)
class Block:
    """A fenced block of Python."""

    name: str  # the line it begins in, and the heading above it
    source: str  # without lines of "..."

    @property
    def parses(self) -> bool:
        try:
            ast.parse(self.source)
        except SyntaxError:
            return False
        return True

    def signature(self) -> inspect.Signature:
        """What a block declares that is a `def` without a body."""
        declared: dict[str, Any] = {}
        exec(f"from __future__ import annotations\nimport logging\n{self.source.rstrip()}: ...", declared)
        return inspect.signature(next(made for made in declared.values() if inspect.isfunction(made)))


def text(page: str) -> str:
    return (FOLDER / page).read_text()


def blocks(page: str) -> list[Block]:
    """The fenced Python blocks of a page."""
    whole, found = text(page), []
    for match in _FENCED.finditer(whole):
        before = whole[: match.start()]
        heading = next(filter(None, _HEADING.findall(_CODE.sub("", before))[-1]))
        title = heading.replace("`", "").partition(" - ")[0].removeprefix("Tip: ")
        source = _ELLIPSIS.sub("", textwrap.dedent(match[2]))
        line = before.count("\n") + 1
        found.append(Block(f"{line} {title}", source))
    return found


def tables(page: str) -> list[dict[str, Any]]:
    """The page's tables of parameters, in order: name → default, `inspect.Parameter.empty` where it must be given."""
    found: list[dict[str, Any]] = []
    for line in text(page).splitlines():
        if line.startswith("| Parameter |"):
            found.append({})
        elif row := _ROW.match(line):
            name, optional, default = row.groups()
            found[-1][name] = inspect.Parameter.empty if optional == "No" else eval(default)
    return found


def holds(page: str, source: str) -> bool:
    """Whether this code stands in the page; the pages of 0.7 have lost fences, blank lines and some indentation."""
    return f"\n{_bare(source)}\n" in f"\n{_bare(text(page))}\n"


def _bare(whole: str) -> str:
    return "\n".join(line.strip() for line in whole.splitlines() if line.strip())
