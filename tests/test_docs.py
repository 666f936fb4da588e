"""README and docs: their Python runs, their commands and settings are those that exist, their links lead somewhere."""

import re
from pathlib import Path

import click
import pytest
from tests.conftest import Home
from tests.programs import train

import runicorn.cli
import runid.cli

HOUSE = Path(__file__).parents[1]
PAGES = [HOUSE / "README.md", HOUSE / "ARCHITECTURE.md", HOUSE / "CHANGELOG.md", *sorted((HOUSE / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")
SETTING = re.compile(r"\bRUN(?:ICORN|ID)_[A-Z]+(?:_[A-Z]+)*\b")

named = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@pytest.mark.parametrize("page", [page for page in PAGES if BLOCK.search(page.read_text())], ids=lambda page: page.name)
def test_python_runs_as_it_stands(page: Path, home: Home) -> None:
    # All blocks of a page in one process, as somebody would type them one after the other.
    train("\n".join(BLOCK.findall(page.read_text())), cwd=home.folder)
    assert any((home.root / "runs").iterdir())


@pytest.mark.parametrize("program", [runicorn.cli.main, runid.cli.main], ids=["runicorn", "runid"])
def test_every_command_and_option_is_told(program: click.Group, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    page = (HOUSE / "docs" / "cli.md").read_text()
    headings = {line.split()[2]: line for line in page.splitlines() if line.startswith(f"### {name} ")}
    assert headings.keys() == program.commands.keys()
    for command in program.commands.values():
        options = {one.opts[0] for one in command.params if isinstance(one, click.Option) and not one.hidden}
        assert set(re.findall(r"(?<![\w-])--?[a-z]+(?:-[a-z]+)*", headings[str(command.name)])) == options


def test_every_setting_that_is_read_is_told_and_no_other() -> None:
    sources = [path for folder in ("src", "daemon") for path in (HOUSE / folder).rglob("*.py")]
    read = {name for path in sources for name in SETTING.findall(path.read_text())}
    table = re.findall(r"^\| `(RUN[A-Z_]+)`", (HOUSE / "docs" / "sdk.md").read_text(), re.MULTILINE)
    assert set(table) == read
    told = {name for page in PAGES for name in SETTING.findall(page.read_text())}
    assert told == read


@named
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text()):
        path = page.parent / target if target else page
        assert path.exists(), target
        if anchor:
            assert anchor in {slug(line) for line in path.read_text().splitlines() if line.startswith("#")}, anchor


@named
def test_one_sentence_a_line(page: Path) -> None:
    """So that a change of a sentence is a change of a line."""
    prose = re.sub(r"^(```.*?^```|    .*?)$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    wrong = [line for line in prose.splitlines() if re.search(r"[a-z)`]\. [A-Z]", line) and not line.startswith("|")]
    assert not wrong


def slug(heading: str) -> str:
    """A heading's anchor, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lstrip("# ").lower()).replace(" ", "-")
