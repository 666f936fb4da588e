"""`trackio.config`: a dict, as Trackio's users and libraries take it for."""

from __future__ import annotations

from typing import Any, Self

from runicorn import hparams


class Config(dict[str, Any]):
    """The run's config, by item or attribute; each value that is set is kept in the run at once.

    What is removed is gone from here: the run keeps what once was in its config. Copied or pickled it is a plain dict.
    """

    _config: hparams.Config

    def __init__(self, config: hparams.Config) -> None:
        super().__init__(config)
        object.__setattr__(self, "_config", config)

    def update(self, data: Any = None, /, *, allow_val_change: object = None, **more: object) -> None:  # noqa: ARG002
        """Sets several values, as `runicorn.Run.config` does: those of a mapping or namespace, then the keywords'."""
        self._config.update(data, **more)
        try:
            given = hparams.entries(data) | hparams.entries(more)
        except TypeError:  # of which there is a notice
            given = hparams.entries(more)
        super().update({name: self._config[name] for name in given if name in self._config})

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of `key`, which is set to `default` if there is none yet."""
        if key not in self:
            self[key] = default
        return self.get(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __ior__(self, other: Any) -> Self:  # type: ignore[override,misc]
        self.update(other)
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self:
            raise AttributeError(f"The run's config has no {name!r}.")
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)
