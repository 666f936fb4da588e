"""`run.config`: read and set like a mapping and like a namespace, every change reported, copies on both ways."""

from __future__ import annotations

import argparse
import copy
import dataclasses
import json
import pickle
import threading
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runicorn.hparams import Config, entries
from runicorn.notices import Notices
from runicorn.values import Plain


class Kept:
    """What the run keeps of a config: the changes it was offered."""

    def __init__(self, **values: Plain) -> None:
        self.changes: list[dict[str, Plain]] = []
        self.open = True
        self.config = Config(values, self.changed, Notices())

    def changed(self, given: dict[str, Plain]) -> bool:
        self.changes.append(given)
        return self.open


@pytest.fixture(name="kept")
def _kept() -> Kept:
    return Kept(lr=0.1, layers=[64, 64])


def test_reading(kept: Kept) -> None:
    config = kept.config
    assert config["lr"] == config.lr == config.get("lr") == 0.1
    assert config.get("missing") is None
    assert config.get("missing", 3) == 3
    assert "lr" in config
    assert "missing" not in config
    assert len(config) == 2
    assert list(config) == list(config.keys()) == ["lr", "layers"]
    assert list(config.items()) == [("lr", 0.1), ("layers", [64, 64])]
    assert list(config.values()) == [0.1, [64, 64]]
    assert dict(config) == {**config} == config.as_dict() == {"lr": 0.1, "layers": [64, 64]}
    assert config == {"lr": 0.1, "layers": [64, 64]}
    assert repr(config) == "Config({'lr': 0.1, 'layers': [64, 64]})"
    assert kept.changes == []


def test_what_is_missing_raises(kept: Kept) -> None:
    with pytest.raises(KeyError):
        kept.config["missing"]
    with pytest.raises(AttributeError, match="The run's config has no 'missing'"):
        _ = kept.config.missing
    assert not hasattr(kept.config, "missing")


def test_every_change_is_reported(kept: Kept) -> None:
    config = kept.config
    config.lr = np.float32(0.5)
    config["path"] = Path("/data")
    config.update({"a": 1}, b=2)
    config.update(argparse.Namespace(c=3))
    assert config.setdefault("lr", 9) == 0.5
    assert config.setdefault("d", (4,)) == [4]
    assert config.setdefault("none") is None
    config.update()
    config.update({})
    assert kept.changes == [{"lr": 0.5}, {"path": "/data"}, {"a": 1, "b": 2}, {"c": 3}, {"d": [4]}, {"none": None}]
    assert config.as_dict() == {
        "lr": 0.5, "layers": [64, 64], "path": "/data", "a": 1, "b": 2, "c": 3, "d": [4], "none": None
    }  # fmt: skip


def test_an_update_as_other_trackers_want_it(kept: Kept) -> None:
    kept.config.update({"lr": 0.2}, allow_val_change=True)
    assert kept.changes == [{"lr": 0.2}]


def test_a_refused_change_is_not_made(kept: Kept) -> None:
    kept.open = False
    kept.config.lr = 1
    kept.config.update(x=1)
    assert kept.config.setdefault("y", 1) is None
    assert kept.config.as_dict() == {"lr": 0.1, "layers": [64, 64]}
    assert len(kept.changes) == 3


def test_values_are_copies_on_both_ways(kept: Kept) -> None:
    config, given = kept.config, {"sizes": [1]}
    config.nested = given
    given["sizes"].append(2)
    config.layers.append(128)
    config.as_dict()["layers"] = None
    next(iter(config.values()))
    assert config.nested == {"sizes": [1]}
    assert config.layers == [64, 64]


def test_keys_become_text(kept: Kept) -> None:
    config: Any = kept.config
    config[5] = "five"
    assert config["5"] == config[5] == "five"
    assert 5 in config
    assert kept.changes == [{"5": "five"}]


@pytest.mark.parametrize("name", ["update", "keys", "_private"])
def test_some_names_are_items_only(kept: Kept, name: str, caplog: pytest.LogCaptureFixture) -> None:
    kept.config[name] = 1
    assert kept.config[name] == 1
    assert getattr(kept.config, name, None) != 1
    assert caplog.messages == []
    setattr(kept.config, name, 2)
    setattr(kept.config, name, 3)
    assert kept.config[name] == 3
    assert len(caplog.messages) == 1
    assert f"config[{name!r}]" in caplog.text


def test_wrong_updates_are_one_notice_and_the_rest_is_kept(kept: Kept, caplog: pytest.LogCaptureFixture) -> None:
    wrong: Any
    for wrong in (5, 5, "text", [("a", 1)]):
        kept.config.update(wrong, good=1)
    assert kept.config.good == 1
    assert len(caplog.messages) == 3
    assert "config must be a mapping" in caplog.messages[0]


def test_copied_or_pickled_it_is_a_dict(kept: Kept) -> None:
    for made in (copy.copy(kept.config), copy.deepcopy(kept.config), pickle.loads(pickle.dumps(kept.config))):
        assert type(made) is dict
        assert made == {"lr": 0.1, "layers": [64, 64]}
    assert json.dumps(kept.config.as_dict())


def test_a_change_may_be_made_while_one_is_reported() -> None:
    def changed(given: dict[str, Plain]) -> bool:
        if "outer" in given:
            config.inner = 1
        return True

    config = Config({}, changed, Notices())
    config.outer = 2
    assert config.as_dict() == {"inner": 1, "outer": 2}


def test_it_may_be_changed_while_it_is_read(kept: Kept) -> None:
    for key in kept.config:
        kept.config[f"old {key}"] = kept.config[key]
    assert list(kept.config) == ["lr", "layers", "old lr", "old layers"]


def test_threads_may_change_it_at_once(kept: Kept) -> None:
    def change(first: int) -> None:
        for number in range(first, first + 200):
            kept.config[f"key {number}"] = number
            assert len(dict(kept.config)) >= 3

    threads = [threading.Thread(target=change, args=(first,)) for first in range(0, 800, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept.config) == 802
    assert len(kept.changes) == 800


@dataclasses.dataclass(slots=True)
class Slotted:
    lr: float = 0.1


class Settings:
    def __init__(self) -> None:
        self.lr = 0.1
        self._cache = object()


@pytest.mark.parametrize(
    "given", [{"lr": 0.1}, argparse.Namespace(lr=0.1), Slotted(), Settings(), types.MappingProxyType({"lr": 0.1})]
)
def test_what_a_config_can_be_made_of(given: object) -> None:
    assert entries(given) == {"lr": 0.1}


def test_an_empty_config() -> None:
    assert entries(None) == entries({}) == entries(argparse.Namespace()) == {}


@pytest.mark.parametrize("given", [5, "lr=0.1", b"x", [("lr", 0.1)], {"lr"}, Settings, len, object(), threading.Lock()])
def test_what_is_no_config(given: object) -> None:
    with pytest.raises(TypeError, match="config must be a mapping of names to values"):
        entries(given)
