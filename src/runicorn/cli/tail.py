"""`runicorn tail`: the end of a run's text, and what comes."""

from __future__ import annotations

import time

import click

from runicorn import finding
from runicorn.cli import options, words
from runid.store import files
from runid.store.texts import TextFollower

_POLL = 0.2


@click.command()
@options.run
@click.option("-n", "count", metavar="LINES", type=click.IntRange(0), default=10, show_default=True, help="How many.")
@click.option("-f", "follow", is_flag=True, help="Go on with what is logged, until the run ends.")
@options.storage
@click.option("--json", "as_json", is_flag=True, help="Print an object for each line: host and line.")
def tail(run: str, count: int, follow: bool, storage: str | None, as_json: bool) -> None:
    """Show the last lines of a run's text. RUN is its id, path/id, alias, or its folder."""
    text = TextFollower(finding.run_dir(storage, run), count)
    shown = _Shown(as_json)
    shown.show(text.news())
    told = _warn(text.problems, 0)
    while follow:
        ended = text.ended
        more = shown.show(text.news())
        told = _warn(text.problems, told)
        if not more:
            if ended:
                return
            time.sleep(_POLL)


def _warn(problems: list[str], told: int) -> int:
    """Says what was found damaged since so many were told; gives how many there are."""
    for problem in problems[told:]:
        click.echo(f"Warning: {words.line(problem)}", err=True)
    return len(problems)


class _Shown:
    """Prints lines, and where there are several hosts, whose lines follow."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._host: str | None = None

    def show(self, news: list[tuple[str, list[str]]]) -> bool:
        """Whether there were any."""
        for host, lines in news:
            if self._as_json:
                printed = [files.dumps({"host": host, "line": line}) for line in lines]
            else:
                printed = [words.text_line(line) for line in lines]
                if self._host != host and (self._host is not None or len(news) > 1):
                    printed.insert(0, words.host_title(host))
            self._host = host
            click.echo("\n".join(printed))
        return bool(news)
