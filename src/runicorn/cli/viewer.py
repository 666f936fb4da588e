"""`runicorn viewer`: the runs of a root in the browser."""

from __future__ import annotations

import click

from runicorn import finding
from runid.errors import RunicornError


@click.command()
@click.option("--storage", multiple=True, metavar="DIR", help="The root; several of them may be given.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen; not here: all need the token.")
@click.option("--port", type=click.IntRange(0, 65535), help="Default: 23300, or the next one that is free.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
def viewer(storage: tuple[str, ...], host: str, port: int | None, no_browser: bool) -> None:
    """Show runs in the browser, live, until Ctrl+C. It reads files only; no daemon is needed."""
    from runicorn.viewer.pages import missing  # it loads a web server
    from runicorn.viewer.serve import Address, serve

    roots = [finding.storage_root(one) for one in storage or (None,)]

    def say(address: Address) -> None:
        click.echo(f"Runicorn viewer of {', '.join(map(str, roots))}: {address.url}")
        if told := missing():
            click.echo(told, err=True)

    try:
        serve(roots, host, port, not no_browser, say)
    except OSError as error:
        raise RunicornError(f"The viewer cannot listen at {host}:{port or 23300}: {error.strerror}.") from error
