"""What is left out of a snapshot is what git ignores, with defaults below it and the ignore file above it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runid.snapshot.ignore import Rules, ignored, literal
from runid.snapshot.walk import Limits, walk

NAMES = ["a", "b", "build", "x.o", "x y", "été", "[k]"]
SEGMENTS = st.sampled_from([*NAMES, "*", "**", "*.o", "?", "b*", "[ab]", "[!a]", "[a-c]*", r"\[k\]", r"x\ y", "**b"])
LINES = st.one_of(
    st.builds(
        lambda no, start, parts, end: no + start + "/".join(parts) + end,
        st.sampled_from(["", "", "!"]),
        st.sampled_from(["", "", "/"]),
        st.lists(SEGMENTS, min_size=1, max_size=3),
        st.sampled_from(["", "", "/"]),
    ),
    st.sampled_from(
        ["", "# a", r"\#a", r"\!b", "/", "//", "a ", r"a\ ", "a\r", "!", "[", "a[", "b//", "\\", "!/*", "*/"]
    ),
)
FILES = st.lists(LINES, max_size=6)


def walked(root: Path, excludes: tuple[str, ...] = ()) -> set[str]:
    """The names of what a snapshot of a folder holds."""
    return {found.name for found in walk(root, ".rnignore", excludes, Limits()).files}


def write(root: Path, *names: str, **texts: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    for name, text in texts.items():
        (root / f".{name}").write_text(text)


@pytest.fixture(name="tree", scope="module")
def _tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git checkout with two levels of folders, all with the same names."""
    if shutil.which("git") is None:
        pytest.skip("git is missing, so its rules were NOT compared with")
    root = tmp_path_factory.mktemp("tree")
    subprocess.run(["git", "init", "-q", root], check=True)
    for above in ("a/", "b/a/", "build/b/", "été/", "x y/build/"):
        write(root, *(f"{above}{name}" for name in NAMES if not (root / above / name).exists()))
    write(root, "x.o", "[k]")
    return root


def of_git(root: Path) -> set[str]:
    """The files that git would take in."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    environment = os.environ | {"HOME": str(root), "XDG_CONFIG_HOME": str(root)}
    listed = subprocess.run(command, check=True, capture_output=True, env=environment)
    return set(filter(None, listed.stdout.decode().split("\0")))


@given(top=FILES, nested=FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_gitignore_files_mean_what_git_takes_them_for(tree: Path, top: list[str], nested: list[str]) -> None:
    for folder, lines in (("", top), ("b/", nested)):
        (tree / folder / ".gitignore").write_text("\n".join(lines) + "\n", newline="")
    assert code(walked(tree)) == code(of_git(tree))


@given(top=FILES, ours=FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_ignore_file_has_the_same_language_and_the_last_word(tree: Path, top: list[str], ours: list[str]) -> None:
    """As a file beside it would say it behind all that .gitignore says."""
    (tree / "b" / ".gitignore").unlink(missing_ok=True)
    (tree / ".gitignore").write_text("\n".join([*top, *ours]) + "\n", newline="")
    expected = of_git(tree)
    (tree / ".gitignore").write_text("\n".join(top) + "\n", newline="")
    (tree / ".rnignore").write_text("\n".join(ours) + "\n", newline="")
    found = walked(tree)
    (tree / ".rnignore").unlink()
    assert code(found) == code(expected)


def code(names: set[str]) -> set[str]:
    """All but what git never lists, however it is asked, and the files that say what is ignored."""
    return {name for name in names if not name.startswith(".git/") and name not in (".gitignore", ".rnignore")}


def test_what_is_no_code_is_left_out_by_default(tmp_path: Path) -> None:
    write(
        tmp_path, "train.py", "a/.git/HEAD", ".git/HEAD", ".venv/x", "venv/x", "a/__pycache__/b.pyc", "c.pyc",
        ".idea/x", "a/node_modules/x/y.js", ".mypy_cache/x", ".ruff_cache/x", ".pytest_cache/x", "it.egg-info/x",
        "n/.ipynb_checkpoints/n.ipynb", ".tox/x", ".runicorn/x", "a/.env", "environment.py", "venvs/x",
    )  # fmt: skip
    assert walked(tmp_path) == {"train.py", "environment.py", "venvs/x"}


def test_an_empty_ignore_file_does_not_ship_git(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", ".venv/x", "a.py", rnignore="")
    assert walked(tmp_path) == {"a.py"}


def test_the_ignore_file_takes_in_again_what_defaults_and_gitignore_leave_out(tmp_path: Path) -> None:
    write(tmp_path, "venv/a", "node_modules/b", "data/c", gitignore="data/\n", rnignore="!venv/\n!data/\n")
    assert walked(tmp_path) == {"venv/a", "data/c", ".gitignore"}


def test_root_anchored_patterns_match(tmp_path: Path) -> None:
    write(tmp_path, "data/a", "src/data/a", "secret.txt", "src/secret.txt", rnignore="/data/\n/secret.txt\n")
    assert walked(tmp_path) == {"src/data/a", "src/secret.txt"}


def test_a_star_does_not_cross_folders(tmp_path: Path) -> None:
    write(tmp_path, "out/a.txt", "out/b/a.txt", rnignore="out/*.txt")
    assert walked(tmp_path) == {"out/b/a.txt"}


def test_nothing_is_taken_in_again_below_a_folder_that_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, "data/keep.py", "logs/keep.py", rnignore="data/\n!data/keep.py\nlogs/*\n!logs/keep.py\n")
    assert walked(tmp_path) == {"logs/keep.py"}


def test_what_the_caller_leaves_out_has_the_last_word(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.py", "b.txt", gitignore="*.txt\n", rnignore="!a.py\n")
    assert walked(tmp_path, ("*.py", "!b.txt", ".*")) == {"b.txt"}


def test_gitignore_files_above_the_workspace_count_up_to_the_top_of_the_checkout(tmp_path: Path) -> None:
    write(
        tmp_path, "it/.git/HEAD", "it/sub/a.py", "it/sub/a.csv", "it/sub/data/x", "it/sub/x/keep.csv", gitignore="*\n"
    )
    write(tmp_path / "it", gitignore="*.csv\n/sub/data/\n/a.py\n")
    write(tmp_path / "it" / "sub" / "x", gitignore="!keep.csv\n")
    assert walked(tmp_path / "it" / "sub") == {"a.py", "x/.gitignore", "x/keep.csv"}


def test_a_checkout_that_ignores_the_workspace_says_nothing_of_what_is_in_it(tmp_path: Path) -> None:
    """Such as a home folder whose .gitignore says `*`."""
    write(tmp_path, ".git/HEAD", "work/it/a.py", "work/it/a.csv", "work/it/b.pyc", gitignore="*\n")
    write(tmp_path / "work" / "it", gitignore="*.csv\n")
    assert walked(tmp_path / "work" / "it") == {"a.py", ".gitignore"}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_files_of_editors_are_read_too(tmp_path: Path, ending: str) -> None:
    write(tmp_path, "a.log", "b.log", "c")
    (tmp_path / ".rnignore").write_bytes(b"\xef\xbb\xbfa.log" + ending.encode() + b"b.log" + ending.encode())
    assert walked(tmp_path) == {"c"}


@given(name=st.text(st.sampled_from("ab[]!*?#\\ ."), min_size=1).filter(lambda name: name not in (".", "..")))
def test_the_pattern_for_one_path_fits_that_path_only(name: str) -> None:
    rules = [Rules.of([literal(name)])]
    assert ignored(rules, name, is_folder=False)
    for other in (f"{name}a", f"a/{name}", name.swapcase().replace("*", "a")):
        assert other == name or not ignored(rules, other, is_folder=False)


def test_the_ignore_file_itself_is_no_code_unless_it_says_so(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "sub/.rnignore", rnignore="")
    assert walked(tmp_path) == {"a.py", "sub/.rnignore"}
    write(tmp_path, rnignore="!.rnignore\n")
    assert walked(tmp_path) == {"a.py", "sub/.rnignore", ".rnignore"}
