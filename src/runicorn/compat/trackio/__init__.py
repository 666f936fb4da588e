"""Trackio's functions and classes, for a script that changes one line:

    import runicorn.compat.trackio as trackio

Each project is a path, each run's name an alias, and all else of Runicorn works on the same runs. What differs from
Trackio stands in docs/coming-from.md. Artifacts and the registry are not here yet.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runicorn.compat.trackio import active, context_vars
from runicorn.compat.trackio.run import AlertLevel, Run
from runicorn.compat.trackio.starting import init

if TYPE_CHECKING:
    from runicorn.compat.trackio.api import Api
    from runicorn.compat.trackio.files import save
    from runicorn.compat.trackio.importing import import_csv, import_tf_events
    from runicorn.compat.trackio.media import Audio, Html, Object3D, Table
    from runicorn.compat.trackio.sharing import delete_project, freeze, show, sync
    from runicorn.compat.trackio.system import log_cpu, log_gpu
    from runicorn.media.histogram import Histogram
    from runicorn.media.image import Image
    from runicorn.media.markdown import Markdown
    from runicorn.media.trace import Trace
    from runicorn.media.video import Video

__all__ = [
    "AlertLevel",
    "Api",
    "Audio",
    "Histogram",
    "Html",
    "Image",
    "Markdown",
    "Object3D",
    "Run",
    "Table",
    "Trace",
    "Video",
    "alert",
    "context_vars",
    "delete_project",
    "finish",
    "freeze",
    "import_csv",
    "import_tf_events",
    "init",
    "log",
    "log_cpu",
    "log_gpu",
    "log_system",
    "save",
    "show",
    "sync",
]

__version__ = "0.43.0"
"""The version of Trackio whose names and signatures these are: clients compare it."""

_HERE = "runicorn.compat.trackio"
_LAZY = {
    "Api": f"{_HERE}.api",
    "Audio": f"{_HERE}.media",
    "Histogram": "runicorn.media.histogram",
    "Html": f"{_HERE}.media",
    "Image": "runicorn.media.image",
    "Markdown": "runicorn.media.markdown",
    "Object3D": f"{_HERE}.media",
    "Table": f"{_HERE}.media",
    "Trace": "runicorn.media.trace",
    "Video": "runicorn.media.video",
    "delete_project": f"{_HERE}.sharing",
    "freeze": f"{_HERE}.sharing",
    "import_csv": f"{_HERE}.importing",
    "import_tf_events": f"{_HERE}.importing",
    "log_cpu": f"{_HERE}.system",
    "log_gpu": f"{_HERE}.system",
    "save": f"{_HERE}.files",
    "show": f"{_HERE}.sharing",
    "sync": f"{_HERE}.sharing",
}
"""Names and the modules they are in, which are loaded when they are used."""

_LATER = ("Artifact", "log_artifact", "use_artifact")


def log(metrics: Mapping[str, Any], step: int | None = None) -> None:
    """`Run.log` of the active run. Raises RuntimeError without one."""
    active.run("log()").log(metrics, step)


def log_system(metrics: Mapping[str, Any]) -> None:
    """`Run.log_system` of the active run. Raises RuntimeError without one."""
    active.run("log_system()").log_system(metrics)


def alert(
    title: str, text: str | None = None, level: AlertLevel | str = AlertLevel.WARN, webhook_url: str | None = None
) -> None:
    """`Run.alert` of the active run. Raises RuntimeError without one."""
    active.run("alert()").alert(title, text, level, webhook_url=webhook_url)


def finish() -> None:
    """Ends the active run, and waits until all is on disk. Raises RuntimeError without one."""
    active.run_to_finish().finish()


def __getattr__(name: str) -> Any:
    if name == "config":
        return active.last().config
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    later = " Artifacts are not built yet: trackio.save() keeps files." if name in _LATER else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}.{later}")
