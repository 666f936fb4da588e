"""All routes of the API. To load them takes what reads runs: pyarrow, NumPy."""

from __future__ import annotations

from starlette.routing import BaseRoute

from runicorn.viewer import live
from runicorn.viewer.routes import (
    alerts,
    artifacts,
    assets,
    best,
    blobs,
    code,
    diff,
    edits,
    export,
    host,
    logs,
    media,
    points,
    ranks,
    reports,
    rollout,
    rollouts,
    run,
    runs,
    series,
    tables,
    views,
)

_PARTS = (
    runs,
    run,
    ranks,
    series,
    points,
    logs,
    media,
    blobs,
    tables,
    rollouts,
    rollout,
    code,
    diff,
    assets,
    artifacts,
    alerts,
    host,
    reports,
    edits,
    views,
    best,
    export,
    live,
)
ROUTES: list[BaseRoute] = [route for part in _PARTS for route in part.ROUTES]
