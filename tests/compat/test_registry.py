"""get_config and get_effective_rnconfig: which file and which name in it counts, and what is said without one."""

from pathlib import Path
from typing import Any

import pytest

import runicorn as rn


@pytest.fixture(name="config")
def _config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    (tmp_path / "xdg" / "runicorn").mkdir(parents=True)
    return tmp_path / "xdg" / "runicorn"


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_longest_file_counts(config: Path) -> None:
    put(config / "registry" / "data.toml", "value = 1\n[cifar]\nroot = 'in data'\n[cifar.deep]\nx = 5\n[other]\ny = 6")
    put(config / "registry" / "data" / "cifar.toml", "value = 'exact'\nroot = '/d'\n[deep]\nx = 7")
    assert rn.get_config("data") == 1
    assert rn.get_config("data/cifar") == "exact"
    assert rn.get_config("data/cifar/root") == "/d"
    assert rn.get_config(" data".strip() + "//cifar/deep/x/") == rn.get_config("data\\cifar\\deep\\x") == 7
    assert rn.get_config("data/cifar/deep") == {"x": 7}
    assert rn.get_config("data/other/y") == 6
    put(config / "registry" / "data" / "cifar.toml", "value = 'changed'")
    assert rn.get_config("data/cifar") == "changed"


@pytest.mark.parametrize("key", ["nothing", "data/cifar/absent", "data/novalue", "data/cifar/root/deeper"])
def test_a_missing_key_says_where_it_was_looked_for(config: Path, key: str) -> None:
    put(config / "registry" / "data" / "cifar.toml", "root = '/d'")
    put(config / "registry" / "data" / "novalue.toml", "x = 1")
    with pytest.raises(KeyError) as caught:
        rn.get_config(key)
    registry = config / "registry"
    for part in (
        f"Registry key not found: {key!r}", f"Registry root: {registry}", f"Searched: {registry / key}.toml",
        f"Create: {registry / key}.toml",
    ):  # fmt: skip
        assert part in str(caught.value.args[0])


@pytest.mark.parametrize(
    ("key", "error"), [("", ValueError), (" / ", ValueError), ("../secret", ValueError), (None, TypeError)]
)
def test_what_is_no_key(config: Path, key: Any, error: type[Exception]) -> None:
    put(config / "secret.toml", "value = 1")
    with pytest.raises(error, match="key"):
        rn.get_config(key)


def test_a_file_that_is_no_toml_is_named(config: Path, tmp_path: Path) -> None:
    put(config / "registry" / "bad.toml", "value = ")
    with pytest.raises(ValueError, match=r"bad\.toml is no TOML: "):
        rn.get_config("bad")
    put(tmp_path / "work" / "rnconfig.toml", "[")
    with pytest.raises(ValueError, match=r"rnconfig\.toml is no TOML: "):
        rn.get_effective_rnconfig(tmp_path / "work")


def test_the_projects_rnconfig_wins(config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "work"
    (work / "below").mkdir(parents=True)
    assert rn.get_effective_rnconfig(work) == {}
    put(config / "rnconfig.toml", "theme = 'dark'\n[viewer]\nport = 1\nhost = 'a'\n[both]\nx = 1")
    put(work / "rnconfig.toml", "both = 2\n[viewer]\nport = 2\n[own]\ny = 3")
    expected = {"theme": "dark", "viewer": {"port": 2, "host": "a"}, "both": 2, "own": {"y": 3}}
    assert rn.get_effective_rnconfig(str(work)) == expected
    (work / ".git").mkdir()
    monkeypatch.chdir(work / "below")
    assert rn.get_effective_rnconfig() == expected
