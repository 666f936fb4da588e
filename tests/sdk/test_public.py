"""The names and signatures that programs rely on."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import runicorn as rn

INIT = (
    "path=None, storage=None, run_id=None, alias=None, capture_env=False, snapshot_code=False, workspace_root=None, "
    "snapshot_format='zip', force_snapshot=False, capture_console=False, tqdm_mode='smart', *, project=None, "
    "name=None, group=None, tags=None, notes=None, config=None, resume=None"
)
METHODS = {
    "log": "data=None, *, step=None, stage=None, **metrics",
    "log_text": "text",
    "get_logging_handler": "level=20, fmt=None",
    "log_config": "*, args=None, extra=None, config_files=None",
    "log_image": "key, image, step=None, caption=None, format='png', quality=90",
    "log_rollout": "prompt, messages, rewards, step=None, mode='train', *, id=None, advantage=None, truncated=None",
    "log_dataset": (
        "name, root_or_uri, *, context='train', save=False, description=None, force_save=False, "
        "max_archive_bytes=5368709120, max_archive_files=2000000"
    ),
    "log_pretrained": (
        "name, *, path_or_uri=None, save=False, source_type='unknown', description=None, force_save=False, "
        "max_archive_bytes=5368709120, max_archive_files=2000000"
    ),
    "summary": "update=None",
    "set_primary_metric": "metric_name, mode='max'",
    "alert": "title, text=None, level='warn', *, step=None",
    "flush": "timeout=5.0",
    "finish": "status='finished'",
}
ATTRIBUTES = {
    "id", "path", "alias", "storage_root", "runs_dir", "run_dir", "media_dir", "workspace_root", "is_finished", "step",
    "url", "config", "tags", "notes", "group", "monitor",
}  # fmt: skip


def signature(function: Callable[..., Any]) -> str:
    """The parameters without self and their types."""
    parameters = inspect.signature(function).parameters.values()
    bare = [parameter.replace(annotation=parameter.empty) for parameter in parameters if parameter.name != "self"]
    return str(inspect.Signature(bare))[1:-1]


def test_the_names_of_the_module() -> None:
    assert sorted(rn.__all__) == rn.__all__
    assert set(rn.__all__) >= {
        "NoOpRun", "Run", "__version__", "enabled", "finish", "flush", "get_active_run", "get_logging_handler", "init",
        "is_enabled", "log", "log_config", "log_text", "reset_enabled", "set_enabled", "set_primary_metric", "summary",
    }  # fmt: skip


def test_init() -> None:
    assert signature(rn.init) == INIT


def test_snapshot_workspace() -> None:
    assert signature(rn.snapshot_workspace) == (
        "root, out_zip, *, ignore_file='.rnignore', extra_excludes=None, max_total_bytes=524288000, "
        "max_files=200000, force_snapshot=False"
    )


MEDIA = {
    "Histogram": "sequence=None, np_histogram=None, num_bins=64",
    "Table": "columns=None, data=None, dataframe=None",
    "Figure": "figure, caption=None",
    "Html": "data, caption=None",
    "Image": "value, caption=None, *, format='png', quality=90",
    "Markdown": "text",
    "Object3D": "value, caption=None",
    "Trace": "messages, metadata=None, spans=None",
}


@pytest.mark.parametrize("name", MEDIA)
def test_media(name: str) -> None:
    assert signature(getattr(rn, name)) == MEDIA[name]


@pytest.mark.parametrize("name", METHODS)
def test_methods_and_the_functions_that_call_them(name: str) -> None:
    assert signature(getattr(rn.Run, name)) == METHODS[name]
    assert signature(getattr(rn, name)) == METHODS[name]


def test_the_attributes_of_a_run(run: rn.Run) -> None:
    shown = {name for name in dir(run) if not name.startswith("_")}
    assert shown >= ATTRIBUTES | METHODS.keys()


def test_every_public_name_is_described() -> None:
    functions = [getattr(rn, name) for name in rn.__all__ if not name.startswith("_")]
    members = [member for name, member in vars(rn.Run).items() if not name.startswith("_")]
    assert [thing for thing in [*functions, *members] if not inspect.getdoc(thing)] == []
