"""`trackio.Api`: the runs of a project, as their files stand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

import runicorn as rn
from runicorn.compat.trackio import naming
from runid.errors import NotFoundError

if TYPE_CHECKING:
    from runicorn.api import StoredRun as Stored


class StoredRun:
    """A run of a project; what it does not have itself is that of Runicorn's, such as `history()` and `status`."""

    def __init__(self, stored: Stored, project: str) -> None:
        """`stored`: the run as `runicorn.Api` has it."""
        self._stored = stored
        self.id = stored.id
        self.name = stored.alias
        self.project = stored.meta.get("project", project)

    @property
    def config(self) -> dict[str, Any]:
        """Its config."""
        return self._stored.config

    def alerts(self, level: str | None = None, since: str | None = None) -> list[dict[str, Any]]:
        """Its alerts: title, text, level, step, timestamp (ISO 8601, UTC), run, run_id and project.

        `level`: of this one only; `since`: later than this time, ISO 8601.
        """
        after = None if since is None else datetime.fromisoformat(since).astimezone(UTC)
        found = [(datetime.fromtimestamp(alert["time"], UTC), alert) for alert in self._stored.alerts]
        mine = {"run": self.name, "run_id": self.id, "project": self.project}
        return [
            {key: alert[key] for key in ("title", "text", "level", "step")} | mine | {"timestamp": when.isoformat()}
            for when, alert in found
            if (level is None or alert["level"] == str(level)) and (after is None or when > after)
        ]

    def delete(self) -> NoReturn:
        """Not built yet. Raises NotImplementedError, and deletes nothing."""
        self._cannot("deleted")

    def move(self, new_project: str) -> NoReturn:  # noqa: ARG002
        """Not built yet. Raises NotImplementedError, and moves nothing."""
        self._cannot("moved")

    def rename(self, new_name: str) -> NoReturn:  # noqa: ARG002
        """Not built yet. Raises NotImplementedError, and renames nothing."""
        self._cannot("renamed")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stored, name)

    def __repr__(self) -> str:
        return f"<Run {self.name!r} of {self.project!r}: {self.id}>"

    def _cannot(self, be: str) -> NoReturn:
        raise NotImplementedError(f"Runs cannot be {be} yet; {self.id} stays as it is.")


class Runs(list[StoredRun]):
    """The runs of a project, newest first."""


class Api:
    """Reads runs. It looks in the root that `init()` writes to."""

    def runs(self, project: str) -> Runs:
        """The runs of a project. Raises ValueError where there is none."""
        path = naming.path(project)
        try:
            found = [run for run in rn.Api().runs(f"path:{path}") if run.path == path]
        except NotFoundError as error:
            raise ValueError(str(error)) from error
        if not found:
            raise ValueError(f"There is no project {project!r}: no run has the path {path}.")
        return Runs(StoredRun(run, project) for run in found)

    def alerts(
        self, project: str, run: str | None = None, level: str | None = None, since: str | None = None
    ) -> list[dict[str, Any]]:
        """The alerts of a project, of all runs or of one (its name or id), as `StoredRun.alerts` has them, by time.

        Raises ValueError where there is no such project.
        """
        found = [one for one in self.runs(project) if run is None or run in (one.name, one.id)]
        return sorted((alert for one in found for alert in one.alerts(level, since)), key=lambda one: one["timestamp"])
