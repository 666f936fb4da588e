"""`runicorn exec`: what a program finds there, and that it is run as if it had been called itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import PROGRAMS, on_terminal
from tests.cli.test_completion import offered
from tests.programs import PATIENCE, ended, points, wait

HOUSE = Path(__file__).parents[2]
EXEC = (str(PROGRAMS / "runicorn"), "exec")
PYTHON = sys.executable

LOGS = """
import expt_logger
with expt_logger.init(name="exec"):
    expt_logger.log({"loss": 0.5})
"""
NAMES = "import expt_logger; print(expt_logger.__name__)"
OURS = "runicorn.compat.expt_logger\n"


def call(*command: str | Path, **popen: Any) -> subprocess.CompletedProcess[str]:
    """What becomes of `runicorn exec` with these words behind it."""
    return subprocess.run([*EXEC, *command], capture_output=True, text=True, timeout=PATIENCE, check=False, **popen)


def printed(*command: str | Path, **popen: Any) -> str:
    """What it prints to stdout; fails the test when it ends otherwise than with 0, or says something on stderr."""
    done = call(*command, **popen)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_program_s_runs_are_ours(root: Path, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(LOGS)
    assert printed(PYTHON, "train.py", cwd=tmp_path) == ""
    run = ended(root, "expt_logger/*")
    assert points(run) == [("train/loss", 0, 0.5)]


@pytest.mark.usefixtures("shared_home")
class TestModules:
    """What `import` and those who look whether a tracker is installed find."""

    def test_the_module_itself_and_its_parts(self) -> None:
        program = """
import expt_logger, expt_logger.errors
from expt_logger import modes
from expt_logger.errors import APIError
import runicorn.compat.expt_logger as ours
assert expt_logger is ours and modes is ours.modes and APIError is ours.APIError
assert expt_logger.errors is ours.errors
"""
        printed(PYTHON, "-c", program)

    @pytest.mark.parametrize(("module", "name"), [("trackio", "trackio"), ("expt_logger", "expt-logger")])
    def test_it_looks_installed(self, module: str, name: str) -> None:
        program = f"""
import importlib.metadata as metadata, importlib.util as util
assert util.find_spec({module!r}) is not None
assert {name!r} in metadata.packages_distributions()[{module!r}]
print(metadata.version({name!r}), metadata.metadata({name!r})["Name"])
try:
    metadata.version("runicorn-is-no-tracker")
except metadata.PackageNotFoundError:
    print("the others do not")
"""
        version, named, *rest = printed(PYTHON, "-c", program).split(maxsplit=2)
        assert (named, rest) == (name, ["the others do not\n"])
        assert version[0].isdigit()

    @pytest.mark.parametrize("module", ["trackio", "expt_logger"])
    def test_the_version_is_the_module_s(self, module: str) -> None:
        program = f"""
import importlib.metadata, {module}
assert importlib.metadata.version("{module}") == {module}.__version__
"""
        printed(PYTHON, "-c", program)

    def test_the_context_of_trackio_that_its_clients_look_at(self) -> None:
        program = """
import trackio.context_vars
from trackio import context_vars
run = trackio.init(project="exec")
assert trackio.context_vars is context_vars
assert context_vars.current_run.get() is run
trackio.finish()
"""
        assert call(PYTHON, "-c", program).returncode == 0

    def test_what_is_installed_and_on_the_path_comes_behind(self, tmp_path: Path) -> None:
        (tmp_path / "expt_logger.py").write_text("theirs = True")
        (tmp_path / "mine.py").write_text("value = 7")
        path = os.environ | {"PYTHONPATH": str(tmp_path)}
        assert printed(PYTHON, "-c", f"{NAMES}; import mine; print(mine.value)", env=path) == f"{OURS}7\n"

    def test_only_what_was_asked_for(self) -> None:
        finds = "import importlib.util as u; print([bool(u.find_spec(n)) for n in ('trackio', 'expt_logger')])"
        found = {names: printed("--as", names, PYTHON, "-c", finds) for names in ("expt_logger", "expt-logger,trackio")}
        assert found == {"expt_logger": "[False, True]\n", "expt-logger,trackio": "[True, True]\n"}
        inner = [*EXEC, "--as", "trackio", PYTHON, "-c", finds]
        assert printed("--as", "expt_logger", *inner) == "[True, False]\n"

    @pytest.mark.parametrize(
        "command",
        [
            (PYTHON, "-m", "program"),
            (PYTHON, "-P", "program.py"),
            ("--", PYTHON, "program.py"),
            ("bash", "-c", f"{PYTHON} program.py"),
            (PYTHON, "-c", f"import subprocess; subprocess.run([{PYTHON!r}, 'program.py'])"),
        ],
    )
    def test_however_the_program_is_started(self, command: tuple[str, ...], tmp_path: Path) -> None:
        (tmp_path / "program.py").write_text(NAMES)
        assert printed(*command, cwd=tmp_path) == OURS

    def test_a_child_of_multiprocessing(self, tmp_path: Path) -> None:
        (tmp_path / "program.py").write_text(f"{NAMES}\ndef work(): pass")
        program = "import multiprocessing, program; child = multiprocessing.get_context('spawn').Process("
        assert (
            printed(PYTHON, "-c", f"{program}target=program.work); child.start(); child.join()", cwd=tmp_path)
            == OURS * 2
        )

    @pytest.mark.parametrize("option", ["-I", "-E"])
    def test_a_python_that_ignores_the_environment_finds_none(self, option: str) -> None:
        done = call(PYTHON, option, "-c", "import importlib.util as u; print(u.find_spec('expt_logger'))")
        assert done.stdout == "None\n"

    def test_a_python_without_runicorn_says_so(self) -> None:
        done = call(PYTHON, "-S", "-c", NAMES)  # -S: without what is installed
        assert done.returncode == 1
        assert "has no Runicorn. Install it there" in done.stderr


@pytest.mark.usefixtures("shared_home")
class TestPassing:
    """The program takes the place of the command."""

    def test_all_words_are_its_own(self) -> None:
        words = ["--as", "x", "--help", "-h", "--", "a b", ""]
        program = "import sys; print(sys.argv[1:])"
        assert printed(PYTHON, "-c", program, *words) == f"{words}\n"
        assert printed("--as=trackio", "--", PYTHON, "-c", program, *words) == f"{words}\n"

    def test_stdin_and_the_exit_code(self) -> None:
        done = call(PYTHON, "-c", "import sys; print(sys.stdin.read()); sys.exit(7)", input="hello")
        assert (done.returncode, done.stdout, done.stderr) == (7, "hello\n", "")

    def test_a_terminal_stays_one(self) -> None:
        program = "import os, sys; print(*map(os.isatty, range(3)), os.get_terminal_size().columns)"
        assert on_terminal(77, *EXEC, PYTHON, "-c", program) == "True True True 77\n"

    def test_the_process_and_its_signals(self) -> None:
        process = subprocess.Popen([*EXEC, "sleep", "600"])
        wait(lambda: Path(f"/proc/{process.pid}/comm").read_text() == "sleep\n", "sleep is not run by that process")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == -signal.SIGTERM

    def test_no_signal_is_ignored(self) -> None:
        mask = printed("grep", "SigIgn", "/proc/self/status").split()[1]
        assert int(mask, 16) & (1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1) == 0

    def test_the_environment_is_otherwise_the_same(self) -> None:
        code = "import os; print({n: v for n, v in os.environ.items() if n != 'PYTHONPATH'})"
        assert (
            printed(PYTHON, "-c", code)
            == subprocess.run([PYTHON, "-c", code], env=os.environ, capture_output=True, text=True, check=True).stdout
        )

    def test_no_empty_folder_comes_into_the_path(self) -> None:
        """It would mean the working folder."""
        for before in ("", ":", "/a::/b"):
            path = printed("printenv", "PYTHONPATH", env=os.environ | {"PYTHONPATH": before}).strip().split(":")
            assert path[2:] == [folder for folder in before.split(":") if folder]


@pytest.mark.usefixtures("shared_home")
class TestErrors:
    def test_a_program_that_is_not_there(self) -> None:
        done = call("pyton", "train.py")
        assert (done.returncode, done.stdout) == (127, "")
        assert done.stderr == "Error: 'pyton' cannot be run: No such file or directory.\n"

    def test_a_program_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "train.py").write_text(LOGS)
        done = call(tmp_path / "train.py")
        assert (done.returncode, done.stderr) == (
            126,
            f"Error: '{tmp_path / 'train.py'}' cannot be run: Permission denied.\n",
        )

    @pytest.mark.parametrize(
        "words", [(), ("--as", "wandb", "true"), ("--as", "", "true"), ("--ass", "trackio", "true")]
    )
    def test_a_line_that_makes_no_sense(self, words: tuple[str, ...]) -> None:
        done = call(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("shared_home")
def test_completion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "train-it").touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert offered("exec", "--a") == ["--as"]
    assert offered("exec", "--as", "t") == ["trackio"]
    assert offered("exec", "--as", "trackio,e") == ["trackio,expt_logger"]
    assert offered("exec", "train-") == ["train-", "train-it"]  # the first is: files
    assert offered("exec", "python", "train-") == ["train-"]
    assert offered("exec", "./tr") == ["./tr"]


def test_the_wheel_has_the_stand_ins_and_what_says_that_they_are_installed(tmp_path: Path) -> None:
    build = [PYTHON, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=HOUSE, check=True, capture_output=True, timeout=PATIENCE)
    (wheel,) = tmp_path.glob("*.whl")
    shims = HOUSE / "src/runicorn/compat/shims"
    files = {f"runicorn/compat/shims/{path.relative_to(shims)}" for path in shims.rglob("*") if path.is_file()}
    files = {name for name in files if "__pycache__" not in name}
    assert len(files) == 6
    assert files <= set(zipfile.ZipFile(wheel).namelist())
