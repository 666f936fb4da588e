"""What 0.7 offers besides runs: where it is imported from, and that a training which does not use it does not pay."""

import importlib
import importlib.metadata
import inspect
import logging
import os
from pathlib import Path

import pytest
from tests.programs import read, text, train

import runicorn as rn


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("runicorn.log_compat.torchvision", "SmoothedValue MetricLogger"),
        ("runicorn.log_compat.imagenet", "AverageMeter ProgressMeter Summary"),
        ("runicorn.log_compat.tensorboard", "SummaryWriter"),
        ("runicorn.log_compat.tensorboardX", "SummaryWriter"),
        ("runicorn.console", "RunicornLoggingHandler"),
        (
            "runicorn",
            "MetricMonitor AlertRule AnomalyDetector MetricsExporter EnvironmentCapture EnvironmentInfo",
        ),
        ("runicorn", "get_config get_effective_rnconfig RunicornLoggingHandler"),
    ],
)
def test_each_name_is_where_it_was(module: str, names: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in names.split() if not hasattr(found, name)] == []
    if module == "runicorn":
        assert set(names.split()) <= set(rn.__all__)


@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        ("runicorn.log_compat.torchvision", "SmoothedValue", "window_size=20, fmt=None"),
        ("runicorn.log_compat.torchvision", "MetricLogger", "delimiter='\\t'"),
        (
            "runicorn.log_compat.imagenet",
            "AverageMeter",
            "name, use_accel=False, fmt=':f', summary_type=<Summary.AVERAGE: 1>",
        ),
        ("runicorn.log_compat.imagenet", "ProgressMeter", "num_batches, meters, prefix=''"),
        ("runicorn", "AlertRule", "metric_name, condition, threshold=None, consecutive_count=1, callback=None"),
        ("runicorn", "MetricMonitor", "window_size=100"),
        ("runicorn", "AnomalyDetector", "sensitivity=2.0"),
        ("runicorn", "MetricsExporter", "run_dir"),
        ("runicorn", "EnvironmentCapture", "working_dir=None"),
        ("runicorn", "get_config", "key"),
        ("runicorn", "get_effective_rnconfig", "workspace_root=None"),
    ],
)
def test_each_takes_what_it_took(module: str, name: str, parameters: str) -> None:
    found = inspect.signature(getattr(importlib.import_module(module), name)).parameters.values()
    assert ", ".join(str(one.replace(annotation=one.empty)) for one in found) == parameters


def test_none_of_it_is_loaded_before_it_is_used() -> None:
    program = """
import sys, runicorn
before = set(sys.modules)
names = "monitors exporter registry environment_info log_compat formats report".split()
assert not {f"runicorn.{name}" for name in names} & before
runicorn.AlertRule, runicorn.get_config
import runicorn.log_compat.torchvision, runicorn.log_compat.imagenet, runicorn.monitors
print({"numpy", "pyarrow"} & set(sys.modules))
"""
    assert train(program) == "set()\n"


def test_the_handler_of_the_console_module_follows_the_active_run(run: rn.Run) -> None:
    from runicorn.console import RunicornLoggingHandler

    logger = logging.getLogger("following")
    logger.addHandler(RunicornLoggingHandler())
    logger.warning("heard")
    found = read(run)
    logger.warning("nobody hears")
    logger.handlers.clear()
    assert text(found) == ["WARNING | following: heard"]


def test_the_environment_without_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NCCL_DEBUG", "INFO")
    found = rn.EnvironmentCapture(tmp_path).capture()
    assert isinstance(found, rn.EnvironmentInfo)
    assert found.python_version is not None
    assert found.pip_packages["pyzmq"] == importlib.metadata.version("pyzmq")
    assert found.env_variables["NCCL_DEBUG"] == "INFO"
    assert found.working_dir == os.getcwd()
    assert found.git_info == {}
    assert found.to_dict()["hostname"] == os.uname().nodename
    with pytest.raises(TypeError, match="folder"):
        rn.EnvironmentCapture(5)  # type: ignore[arg-type]
