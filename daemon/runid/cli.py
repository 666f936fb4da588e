"""`runid`: the daemon as a process. What it keeps is looked at with `runicorn`."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from typing import Any

import click

from runid import __version__, detach, endpoint, places, wire
from runid.errors import DaemonError, RunicornError

_STOP_PATIENCE = 60.0


class _Sentences(click.Group):
    """Runicorn's own errors are sentences for the user, not tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except RunicornError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Sentences)
@click.version_option(__version__, prog_name="runid")
def main() -> None:
    """The daemon that keeps what training processes log: one per user and machine."""


@main.command()
@click.option("--foreground", is_flag=True, help="Stay in this terminal; the log goes to stderr.")
@click.option("--stay", is_flag=True, hidden=True, help="Never end for being idle.")
@click.option("--detached", is_flag=True, hidden=True, help="Return without waiting for the daemon.")
def start(foreground: bool, stay: bool, detached: bool) -> None:
    """Start the daemon, if it does not run yet."""
    runtime = places.runtime_dir()
    if not detached:  # else whoever starts it so has done that, long ago perhaps
        endpoint.forget_stop(runtime)
    if foreground:
        if not detach.serve(runtime, _to_stderr, idle_exit=False):
            raise DaemonError(f"A daemon serves {runtime} already. `runid status` tells more.")
    elif detached:
        detach.detach(runtime, idle_exit=not stay)
    else:
        found = endpoint.start(runtime, idle_exit=False)
        click.echo(f"runid runs, pid {found.pid}, version {found.version}.")


@main.command()
def stop() -> None:
    """Stop the daemon; what it holds is made safe first, and training goes on without it."""
    runtime = places.runtime_dir()
    (runtime / "stopped").touch()
    found = endpoint.find(runtime)  # behind the note: a daemon that comes up now sees that, or is found
    if found is None:
        click.echo("runid does not run.")
        return
    _stop(found)
    click.echo("runid has stopped. Training processes hold what they log until `runid start`.")


@main.command()
def restart() -> None:
    """Stop the daemon and start this version of it."""
    runtime = places.runtime_dir()
    found = endpoint.find(runtime)
    if found is not None:
        _stop(found)
    endpoint.forget_stop(runtime)
    started = endpoint.start(runtime, idle_exit=False)
    click.echo(f"runid runs, pid {started.pid}, version {started.version}.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything, as JSON.")
def status(as_json: bool) -> None:
    """Show how the daemon is: its runs, writers, and what waits. Exits with 3 when it does not run."""
    found = endpoint.find(places.runtime_dir())
    if found is None:
        click.echo(json.dumps({"running": False}) if as_json else "runid does not run.")
        sys.exit(3)
    answer = endpoint.ask(found, wire.Status())
    if not isinstance(answer, wire.Report):
        raise DaemonError(f"runid (pid {found.pid}) answered with something else than its status.")
    if as_json:
        click.echo(json.dumps({"running": True, **answer.status}))
    else:
        click.echo(_told(answer.status))


@main.command()
@click.option("-n", "--lines", default=50, show_default=True, help="How many lines from the end.")
def logs(lines: int) -> None:
    """Show what the daemon has to say."""
    path = places.runtime_dir() / detach.LOG
    if not path.exists():
        raise DaemonError(f"There is no log at {path}: no daemon was started here.")
    for line in path.read_text(errors="replace").splitlines()[-lines:]:
        click.echo(line)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
def doctor(as_json: bool) -> None:
    """Check what usually goes wrong, and say what to do. Exits with 1 when something is wrong."""
    from runid import doctor as checks

    found = checks.examine()
    if as_json:
        click.echo(json.dumps([check.as_dict() for check in found]))
    else:
        for check in found:
            click.echo(str(check))
    sys.exit(0 if all(check.good for check in found) else 1)


def _stop(found: endpoint.Endpoint) -> None:
    deadline = time.monotonic() + _STOP_PATIENCE
    again = 0.0
    while found.serves():
        now = time.monotonic()
        if now > deadline:
            raise DaemonError(f"runid (pid {found.pid}) has not ended after {_STOP_PATIENCE:.0f} s; a disk may hang.")
        if now >= again:  # on a busy machine the first word may not get through
            again = now + 1.0
            with contextlib.suppress(DaemonError):  # there is no answer but the end
                endpoint.ask(found, wire.Stop(), timeout=0.1)
        time.sleep(0.02)


def _told(status: dict[str, Any]) -> str:
    lines = [
        f"runid {status['version']} runs, pid {status['pid']}, as {status['host']}.",
        f"{status['writers']} writers, {len(status['runs'])} open runs.",
        f"{status['orphans']} outboxes are being drained, {status['unsealed']} journals are not sealed.",
        f"{status['rss_bytes'] / 1e6:.0f} MB of memory, {status['cpu_seconds']:.1f} s of CPU.",
    ]
    if status["dropped"] or status["lost_bytes"]:
        lines.append(f"Lost: {status['dropped']} events dropped, {status['lost_bytes']} bytes missing.")
    for run in status["runs"]:
        lines.append(f"  {run['path']}/{run['run']}: {run['writers']} writers{_used(run['used'])}  {run['trouble']}")
        lines += [f"    {_work(work)}" for work in run["work"]]
        if run["pending"] > len(run["work"]):
            lines.append(f"    and {run['pending'] - len(run['work'])} more")
    return "\n".join(lines)


def _used(used: dict[str, float]) -> str:
    """What the processes of a run use, as far as that is known."""
    told = [f", {used['cpu']:.0f} % of a core"] if "cpu" in used else []
    return "".join([*told, f", {used['memory'] / 1e6:.0f} MB"] if "memory" in used else told)


def _work(work: dict[str, Any]) -> str:
    """What is done for a run, and how far it is."""
    what, told = f"{work['kind']} {work['name'] or ''}".strip(), work["progress"]
    if work["kind"] == "watch":
        return f"{what}: until its writer ends"
    if isinstance(told, dict) and told.get("total_bytes"):
        return f"{what}: {told['files']} files, {told['bytes'] / 1e6:.0f} of {told['total_bytes'] / 1e6:.0f} MB"
    return f"{what}: waits for its turn, or has just begun"


def _to_stderr(line: str) -> None:
    click.echo(line, err=True)
