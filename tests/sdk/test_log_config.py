"""`log_config`: parts of one config, of whatever configs are made of, and the contents of config files."""

import argparse
import dataclasses
import enum
import json
import logging
import os
import types
from pathlib import Path
from typing import Any

import attrs
import omegaconf
import pydantic
import pytest
from tests.conftest import Home, runid
from tests.programs import ended, read, said, start, train

import runicorn as rn
from runicorn import configlog
from runicorn.hparams import entries
from runid.store import publishing, runs


class Optimizer(enum.Enum):
    ADAM = "adam"


@dataclasses.dataclass
class Net:
    depth: int = 5
    optimizer: Optimizer = Optimizer.ADAM


@attrs.define
class Slotted:
    net: Net = attrs.field(factory=Net)
    path: Path = Path("/data")


class Model(pydantic.BaseModel):
    net: Net = Net()
    key: pydantic.SecretStr = pydantic.SecretStr("hidden")
    _private: int = 1


NET = {"depth": 5, "optimizer": "adam"}
OMEGA = omegaconf.OmegaConf.create({"lr": 0.1, "twice": "${lr}", "list": [1, {"a": "${...lr}"}], "unset": "???"})
BROKEN = omegaconf.OmegaConf.create({"lr": "${nowhere}"})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"a": (1, 2)}, {"a": [1, 2]}),
        (argparse.Namespace(lr=0.1, net=argparse.Namespace(depth=5)), {"lr": 0.1, "net": {"depth": 5}}),
        (types.SimpleNamespace(net=types.SimpleNamespace(depth=5)), {"net": {"depth": 5}}),
        (Net(), NET),
        (Slotted(), {"net": NET, "path": "/data"}),
        (Model(), {"net": NET, "key": "**********"}),
        ({"inner": [Slotted(), Model()]}, {"inner": [{"net": NET, "path": "/data"}, {"net": NET, "key": "*" * 10}]}),
        (OMEGA, {"lr": 0.1, "twice": 0.1, "list": [1, {"a": 0.1}], "unset": "???"}),
        (argparse.Namespace(cfg=OMEGA), {"cfg": entries(OMEGA)}),
        (BROKEN, {"lr": "${nowhere}"}),
    ],
    ids=["dict", "argparse", "namespace", "dataclass", "attrs", "pydantic", "nested", "omegaconf", "inside", "broken"],
)
def test_what_configs_are_made_of(given: Any, expected: dict[str, Any]) -> None:
    assert entries(given) == expected


def assets(run: runs.Run) -> dict[str, Any]:
    config: dict[str, Any] = publishing.published(run)["assets.json"]["config"]
    return config


def test_the_parts_of_one_config(root: Path, run: rn.Run) -> None:
    args, mutable = argparse.Namespace(lr=0.1, epochs=3), {"model": ["resnet"]}
    run.config.seed = 1
    run.log_config(args=args, extra=mutable)
    mutable["model"].append("changed later")
    rn.log_config(extra={"net": Net(), "model": "vit"})
    assert run.config.as_dict() == {"seed": 1, "lr": 0.1, "epochs": 3, "net": NET, "model": "vit"}
    run.finish()
    found = ended(root, f"test/{run.id}")
    assert assets(found) == {
        "args": {"lr": 0.1, "epochs": 3},
        "extra": {"seed": 1, "net": NET, "model": "vit"},
        "config_files": [],
    }
    assert found.config == run.config
    assert said(found.folder / "assets.json")["config"] == assets(found)


def test_a_part_that_is_given_replaces_what_log_config_gave_for_it(run: rn.Run) -> None:
    run.config.update(kept=1, b=0)
    run.log_config(args={"a": 1, "b": 2, "c": 3}, extra={"x": 1, "y": 2})
    run.config.c = 4
    run.config.y = 5
    run.log_config(args={"a": 10})
    run.log_config(extra={"z": 6})
    assert run.config.as_dict() == {"kept": 1, "a": 10, "c": 4, "y": 5, "z": 6}
    found = read(run)
    assert found.config == run.config
    assert (assets(found)["args"], assets(found)["extra"]) == ({"a": 10}, {"kept": 1, "c": 4, "y": 5, "z": 6})


def test_both_parts_may_name_the_same(run: rn.Run) -> None:
    run.log_config(args={"lr": 1}, extra={"lr": 2})
    assert run.config.lr == 2
    assert run.flush(20.0)
    found = runs.read_run(run.run_dir)
    assert (assets(found)["args"], assets(found)["extra"], found.config) == ({"lr": 1}, {"lr": 2}, {"lr": 2})
    run.log_config(extra={})
    assert read(run).config == run.config == {"lr": 1}


def test_the_last_value_counts_whichever_way_it_came(run: rn.Run) -> None:
    run.config.lr = 1
    run.log_config(args={"lr": 2})
    assert run.config.lr == 2
    found = read(run)
    assert (found.config, assets(found)["extra"]) == ({"lr": 2}, {})


def test_a_part_larger_than_an_event(run: rn.Run) -> None:
    large = {f"key {number}": "x" * 100_000 for number in range(6)}
    run.log_config(extra=large)
    run.log_config(extra={"small": 1})
    assert read(run).config == {"small": 1}


def test_the_contents_of_config_files(run: rn.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text("lr: 0.1 # ✓\n")
    (tmp_path / "b.toml").write_text("")
    run.log_config(config_files=["a.yaml", tmp_path / "b.toml"])
    monkeypatch.chdir("/")
    found = read(run)
    contents = {"a.yaml": "lr: 0.1 # ✓\n", str(tmp_path / "b.toml"): ""}
    assert assets(found)["config_files"] == list(contents)
    assert assets(found)["contents"] == contents
    assert rn.Api().run(run.id).config_files == contents
    assert found.config == {}


def test_one_file_may_be_given_without_a_list_and_the_list_anew(run: rn.Run, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    given: Any = tmp_path / "a"
    run.log_config(config_files=given)
    run.log_config(config_files=[str(tmp_path / "b")])
    assert read(run).config_files == {str(tmp_path / "b"): "b"}


def test_files_that_cannot_be_kept_are_listed_and_a_notice_says_why(
    run: rn.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(configlog, "FILE_BYTES", 100)
    monkeypatch.setattr(configlog, "ALL_BYTES", 150)
    run = rn.init("test")
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("folder").mkdir()
    Path("large").write_bytes(b"x" * 101)
    Path("latin").write_bytes(b"caf\xe9" + b"x" * 90)
    Path("more").write_bytes(b"x" * 90)
    given: Any = ["missing", "pipe", "folder", "large", "latin", "more", 5, "nul\0"]
    run.log_config(config_files=given)
    found = read(run).config_files
    assert found == dict.fromkeys(["missing", "pipe", "folder", "large", "latin", "more", "nul\0"]) | {
        "latin": "caf\ufffd" + "x" * 90
    }
    for reason in (
        "'missing' are not kept: No such file or directory", "'pipe' are not kept: it is no regular file",
        "'folder' are not kept: ", "'large' are not kept: it has more than 100 bytes", "'latin' is no UTF-8",
        "'more' are not kept: it has more than 56 bytes", "config_files holds '5', which is no path",
    ):  # fmt: skip
        assert reason.replace("'5'", "5") in caplog.text


@pytest.mark.parametrize("wrong", [{"args": 5}, {"extra": "lr=1"}, {"extra": [("a", 1)]}, {"config_files": 5}])
def test_what_is_none_of_it_is_a_notice(run: rn.Run, wrong: Any, caplog: pytest.LogCaptureFixture) -> None:
    run.log_config(**wrong)
    assert len(caplog.messages) == 1
    assert caplog.records[0].levelno == logging.WARNING
    assert next(iter(wrong)) in caplog.text
    found = read(run)
    assert (found.config, found.config_files) == ({}, {})


def test_after_finish_it_is_left_out(run: rn.Run, caplog: pytest.LogCaptureFixture) -> None:
    found = read(run)
    run.log_config(args={"a": 1}, config_files=["x"])
    assert "has finished" in caplog.text
    assert run.config.as_dict() == {}
    assert runs.read_run(found.folder).config == {}


WAITS_FOR_NO_FILE = """
import os, sys, threading
import runicorn as rn, runicorn.configlog as inside

read, go = inside._contents, threading.Event()
inside._contents = lambda *given: (go.wait(), read(*given))[1]  # a disk that hangs
run = rn.init("hangs")
run.log_config(args={"lr": 0.1}, config_files=[sys.argv[1]])
run.log(loss=1.0)
assert not run.flush(0.0)
assert run._sender.flush(20.0)
print(rn.Api().run(run.id).config_files, rn.Api().run(run.id).config, flush=True)
go.set()
"""


def test_no_call_waits_for_a_file_and_the_end_of_the_run_does(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n")
    assert train(WAITS_FOR_NO_FILE, str(path)) == f"{ {str(path): None} } {{'lr': 0.1}}\n"
    assert ended(root, "hangs/*").config_files == {str(path): "a: 1\n"}


FORKED = """
import os, sys
import runicorn as rn
run = rn.init("forked")
run.log_config(args={"parent": 1}, config_files=[sys.argv[1]])
if os.fork() == 0:
    run.log_config(args={"child": 2}, extra={"e": 3})
    run.finish()
    os._exit(0)
os.wait()
"""


def test_a_forked_child_adds_to_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    train(FORKED, str(tmp_path / "a"))
    run = ended(root, "forked/*", writers=2)
    assert run.config["child"] == 2
    assert run.config["e"] == 3
    assert run.config_files == {str(tmp_path / "a"): "a"}


KILLED = """
import os, signal, sys
import runicorn as rn
run = rn.init("killed")
run.log_config(args={"lr": 0.1}, extra={"n": 1}, config_files=[sys.argv[1]])
assert run.flush(20.0)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_of_it_is_lost_when_all_are_killed(home: Home, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a: 1")
    process = start(KILLED, str(tmp_path / "a"))
    process.communicate(timeout=50.0)
    runid("start")
    run = ended(home.root)
    assert (run.status, run.config) == ("crashed", {"lr": 0.1, "n": 1})
    assert run.config_files == {str(tmp_path / "a"): "a: 1"}
    assert json.loads(runid("status", "--json"))["pid"]
