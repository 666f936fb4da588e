"""The commands `runicorn` and `runid` as forks of a process that has loaded what they need.

Each is a process of its own, with its own folder, environment, stdin, stdout, stderr and exit code, that does what the
installed command does; it only saves the half second of a core that loading takes, more than a thousand times.

    python -m tests.forks DESCRIPTOR      on that socket, one message a command: JSON {program, arguments, cwd,
                                          environ}, with the descriptors of its stdin, stdout and stderr; answered by
                                          its exit code as text, negative where a signal ended it
"""

import array
import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any

from tests.programs import PATIENCE

_ROOM = 1 << 20


def run(
    program: str, arguments: Iterable[str], cwd: Path | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[int, str, str]:
    """The exit code of a command with these arguments, and what it printed to stdout and stderr."""
    asked = {
        "program": program, "arguments": list(arguments), "cwd": str(cwd or Path.cwd()), "environ": dict(environ),
    }  # fmt: skip
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull, "rb") as nothing:
        passed = array.array("i", [file.fileno() for file in (nothing, out, err)])
        server = _server()
        server.sendmsg([json.dumps(asked).encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])
        code = int(server.recv(_ROOM))
        return code, _read(out), _read(err)


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")


@cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.forks", str(theirs.fileno())]
    plain = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[1])}  # of no test's home
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd="/", env=plain)
    theirs.close()
    ours.settimeout(PATIENCE)

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def _serve(server: socket.socket) -> None:
    _load()
    while True:
        message, descriptors, _, _ = socket.recv_fds(server, _ROOM, 3)
        if not message:
            return
        child = os.fork()
        if child == 0:
            server.close()
            _be(json.loads(message), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        server.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def _load() -> None:
    """All that any command imports; nothing that starts a thread of Arrow's."""
    import numpy as np
    import pyarrow.compute
    import pyarrow.parquet
    import rich.console
    import rich.progress
    import rich.table

    import runicorn as rn
    from runicorn import api, cli, tables
    from runid.store import fsck, points, refold, sealing, series

    assert all((np, pyarrow, rich, rn, api, cli, tables, fsck, points, refold, sealing, series))


def _be(asked: dict[str, Any], descriptors: list[int]) -> None:
    """Becomes the command, and ends with it."""
    from runicorn.cli import run as runicorn
    from runid.cli import main as runid

    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        setattr(sys, name, open(number, mode, closefd=False, encoding="utf-8"))  # noqa: SIM115
    sys.argv = [asked["program"], *asked["arguments"]]
    sys.modules["__main__"].__package__ = None  # it is no `python -m`, by which click would know its name
    try:
        commands: dict[str, Callable[[], None]] = {"runicorn": runicorn, "runid": runid}
        commands[asked["program"]]()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(70)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as listening:
        _serve(listening)
