"""What surrounds a process, for programs that want it without a run: the same facts as `init(capture_env=True)`."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from runicorn import environment, start

Facts = dict[str, Any]


@dataclass(frozen=True)
class EnvironmentInfo:
    """What was found, without secrets; what could not be had is None or empty."""

    python_version: str | None = None
    python_implementation: str | None = None
    python_executable: str | None = None
    platform: str | None = None
    hostname: str | None = None
    os: str | None = None
    argv: list[str] = field(default_factory=list)
    working_dir: str | None = None
    captured_at: float | None = None
    pip_packages: dict[str, str] = field(default_factory=dict)
    conda_env: str | None = None
    env_variables: dict[str, str] = field(default_factory=dict)
    git_info: Facts = field(default_factory=dict)
    gpu_info: Facts = field(default_factory=dict)
    cpu: Facts = field(default_factory=dict)
    memory: Facts = field(default_factory=dict)
    container: Facts = field(default_factory=dict)
    scheduler: Facts = field(default_factory=dict)

    def to_dict(self) -> Facts:
        """All of it by name, as in environment.json."""
        return asdict(self)


class EnvironmentCapture:
    """Gathers what surrounds this process."""

    def __init__(self, working_dir: str | os.PathLike[str] | None = None) -> None:
        """`working_dir`: the folder whose git checkout is described; default the nearest checkout upwards.

        Raises TypeError and ValueError for what is no folder's path.
        """
        self.working_dir = start.workspace(working_dir)

    def capture(self) -> EnvironmentInfo:
        """Gathers it now, in a second or so."""
        known = {one.name for one in fields(EnvironmentInfo)}
        found = {name: value for facts in environment.facts(self.working_dir) for name, value in facts.items()}
        return EnvironmentInfo(**{name: value for name, value in found.items() if name in known})
