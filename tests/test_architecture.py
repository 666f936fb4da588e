"""Rules of the whole house: which way imports point, who writes, and how things are named."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import runicorn as rn

HOUSE = Path(__file__).parents[1]
SDK = HOUSE / "src" / "runicorn"
DAEMON = HOUSE / "daemon" / "runid"

LIGHT = re.compile(r"runicorn|runid|zmq|msgpack|cython_runtime|_cython_[0-9_]+")

# Each of these makes or changes a file, whoever it is called on.
WRITING_METHODS = {"write_text", "write_bytes", "mkdir", "makedirs", "touch", "unlink", "rmdir", "rmtree"}
WRITING_FLAGS = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND", "O_TRUNC"}


def modules(package: Path) -> list[Path]:
    found = sorted(package.rglob("*.py"))
    assert found, f"{package} holds no modules"
    return found


def imports(module: Path) -> Iterator[str]:
    """The top-level names of all that a module imports, at any depth."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def loaded(statement: str) -> set[str]:
    """The top-level names of all modules that a fresh interpreter loads for a statement."""
    command = [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules)"]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=30.0, check=False)
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("statement", ["import runicorn", "import runid.server"])
def test_training_and_ingest_load_the_standard_library_zmq_and_msgpack_only(statement: str) -> None:
    everywhere = loaded("pass")  # what this installation of Python loads by itself
    found = loaded(statement) - everywhere
    assert "zmq" in found
    assert not {name for name in found - sys.stdlib_module_names if not LIGHT.fullmatch(name)}


def test_the_command_line_loads_numpy_and_pyarrow_only_where_they_are_used() -> None:
    found = loaded("import runicorn.cli")
    assert "click" in found
    assert not found & {"numpy", "pyarrow"}


def test_imports_point_from_runicorn_to_runid() -> None:
    backwards = [module for module in modules(DAEMON) if "runicorn" in imports(module)]
    assert not backwards


def test_only_the_daemon_writes_files() -> None:
    own = SDK / "output.py"  # makes files where its user says
    assert own.exists()
    trees = {module.name: ast.parse(module.read_text()) for module in modules(SDK) if module != own}
    found = [f"{name}:{line}" for name, tree in trees.items() for line in writing_calls(tree)]
    assert not found


def writing_calls(tree: ast.AST) -> Iterator[int]:
    """Lines on which a file is opened for writing, made, moved or removed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Call) and writes(node):
            yield node.lineno


def writes(node: ast.Attribute | ast.Call) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in WRITING_FLAGS
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name != "open":
        return name in WRITING_METHODS
    positions = slice(1, 2) if isinstance(node.func, ast.Name) else slice(0, 2)  # open(path, mode), path.open(mode)
    modes = [*node.args[positions], *(keyword.value for keyword in node.keywords if keyword.arg == "mode")]
    texts = [mode.value for mode in modes if isinstance(mode, ast.Constant) and isinstance(mode.value, str)]
    return any(re.fullmatch(r"[rwaxbt+]{1,3}", text) and set(text) & set("wax+") for text in texts)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("open('a')", False),
        ("open('a', 'rb')", False),
        ("open('a', 'w')", True),
        ("path.open(mode='ab')", True),
        ("os.open(path, os.O_RDWR)", True),
        ("os.open(path, os.O_RDONLY)", False),
        ("path.write_text('')", True),
        ("path.read_text()", False),
    ],
)
def test_writing_is_recognised(code: str, expected: bool) -> None:
    assert bool(list(writing_calls(ast.parse(code)))) is expected


def test_no_module_hides_a_public_name() -> None:
    """A submodule `config` would replace `rn.config` once anything imports it."""
    files = {path.stem for path in SDK.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    public = set(rn.__all__) | set(dir(rn.Run)) | instance_attributes("Run")
    assert "log" in public
    assert files & public == {"__init__"}


def instance_attributes(name: str) -> set[str]:
    """What the methods of a class of the SDK set on self."""
    nodes = (node for module in modules(SDK) for node in ast.walk(ast.parse(module.read_text())))
    classes = (node for node in nodes if isinstance(node, ast.ClassDef) and node.name == name)
    attributes = (node for found in classes for node in ast.walk(found) if isinstance(node, ast.Attribute))
    return {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "self"}


def test_all_public_names_exist() -> None:
    assert not [name for name in rn.__all__ if not hasattr(rn, name)]


def test_test_folders_are_no_packages() -> None:
    """A package `tests/runicorn` would be imported instead of the real one."""
    assert not list((HOUSE / "tests").rglob("__init__.py"))


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    pattern = re.compile(r"(?<![\w.>}~$])/(?:work|root|Users)/\w")
    assert pattern.search("see /" + "root/notes")
    found = [str(path) for path in written_files() if pattern.search(path.read_text(errors="replace"))]
    assert not found


def written_files() -> Iterator[Path]:
    """All files but those that programs make: caches, environments, runs."""
    made = re.compile(
        r"\.git|\.venv|\.bench|\.runicorn|\.hypothesis|\..*_cache|__pycache__|build|dist|node_modules|static"
    )
    for folder, names, files in os.walk(HOUSE):
        names[:] = [name for name in names if not made.fullmatch(name)]
        yield from (Path(folder, name) for name in files)
