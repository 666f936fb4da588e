"""The names and signatures are those of Trackio 0.43 (spec/trackio-and-expt_logger.md 1.1)."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from runicorn.compat import trackio
from runicorn.media.medium import Medium

FUNCTIONS = {
    "init": (
        "project, name=None, group=None, space_id=None, server_url=None, dataset_id=None, bucket_id=None, config=None, "
        "resume='never', settings=None, private=None, embed=True, auto_log_gpu=None, gpu_log_interval=10.0, "
        "auto_log_cpu=None, cpu_log_interval=10.0, webhook_url=None, webhook_min_level=None"
    ),
    "log": "metrics, step=None",
    "log_system": "metrics",
    "log_gpu": "run=None, device=None",
    "log_cpu": "run=None",
    "finish": "",
    "alert": "title, text=None, level=<AlertLevel.WARN: 'warn'>, webhook_url=None",
    "save": "glob_str, project=None",
    "show": (
        "project=None, *, dashboard=None, theme=None, mcp_server=None, footer=True, color_palette=None, "
        "open_browser=True, block_thread=None, host=None, share=None, server_port=None, frontend_dir=None"
    ),
    "sync": (
        "project, space_id=None, private=None, force=False, run_in_background=False, sdk='gradio', dataset_id=None, "
        "bucket_id=None, frontend_dir=None"
    ),
    "freeze": "space_id, project, new_space_id=None, private=None, bucket_id=None, frontend_dir=None",
    "delete_project": "project, force=False",
    "import_csv": "csv_path, project, name=None, space_id=None, dataset_id=None, private=None, force=False",
    "import_tf_events": "log_dir, project, name=None, space_id=None, dataset_id=None, private=None, force=False",
}
CLASSES = {
    "Image": "value, caption=None, *, format='png', quality=90",
    "Video": "value, caption=None, fps=24, format=None",
    "Audio": "value, caption=None, sample_rate=None, format=None",
    "Table": (
        "columns=None, data=None, dataframe=None, rows=None, optional=True, allow_mixed_types=False, log_mode=None"
    ),
    "Histogram": "sequence=None, np_histogram=None, num_bins=64",
    "Html": "data, inject=True, data_is_not_path=False, caption=None",
    "Markdown": "text",
    "Object3D": "value, caption=None",
    "Trace": "messages, metadata=None, spans=None",
}
METHODS = {
    "log": "self, metrics, step=None",
    "log_system": "self, metrics",
    "alert": "self, title, text=None, level=<AlertLevel.WARN: 'warn'>, step=None, webhook_url=None",
    "finish": "self",
}


def signature(function: object) -> str:
    """The parameters without their types."""
    assert callable(function)
    parameters = inspect.signature(function).parameters.values()
    return str(inspect.Signature([one.replace(annotation=one.empty) for one in parameters]))[1:-1]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    assert signature(getattr(trackio, name)) == FUNCTIONS[name]


@pytest.mark.parametrize("name", CLASSES)
def test_classes(name: str) -> None:
    assert signature(getattr(trackio, name)) == CLASSES[name]
    assert issubclass(getattr(trackio, name), Medium)


@pytest.mark.parametrize("name", METHODS)
def test_methods_of_a_run(name: str) -> None:
    assert signature(getattr(trackio.Run, name)) == METHODS[name]


def test_every_name_is_there_and_described() -> None:
    assert sorted(trackio.__all__) == trackio.__all__
    assert set(trackio.__all__) >= FUNCTIONS.keys() | CLASSES.keys()
    assert [name for name in trackio.__all__ if not inspect.getdoc(getattr(trackio, name))] == []


def test_levels_are_texts() -> None:
    assert [(level, level.value, str(level)) for level in trackio.AlertLevel] == [
        (word, word, word) for word in ("info", "warn", "error")
    ]


def test_artifacts_are_not_there_and_a_sentence_says_so() -> None:
    assert not hasattr(trackio, "log_artifact")
    with pytest.raises(AttributeError, match="Artifacts are not built yet"):
        _ = trackio.use_artifact
    with pytest.raises(AttributeError, match=r"has no attribute 'nothing'\.$"):
        _ = trackio.nothing


def test_no_module_of_it_loads_more_than_runicorn_does() -> None:
    """Under `runicorn exec` all of them are imported at once."""
    modules = [f"runicorn.compat.trackio.{path.stem}" for path in Path(trackio.__file__).parent.glob("[a-z]*.py")]
    program = f"import sys, runicorn; before = set(sys.modules); import {', '.join(modules)}\n"
    program += "new = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
    program += "print(*(new - sys.stdlib_module_names - {'runicorn', 'runid'}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60.0)
    assert "runicorn.compat.trackio.api" in modules
    assert done.stdout.split() == []
