"""The object behind `run.config`: the run's own, which has one method more here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runicorn import hparams
from runicorn.values import Plain


class Config(Mapping[str, Plain]):
    """Hyperparameters, read and set as attributes or items; each change is kept in the run at once."""

    __slots__ = ("_config",)

    _config: hparams.Config

    def __init__(self, config: hparams.Config) -> None:
        object.__setattr__(self, "_config", config)

    def to_dict(self) -> dict[str, Plain]:
        """A copy of all values."""
        return self._config.as_dict()

    def update(self, data: object = None, /, **more: object) -> None:
        """Sets several values: those of a mapping, a dataclass or a namespace, then those given by keyword."""
        self._config.update(data, **more)

    def __getitem__(self, key: str) -> Plain:
        return self._config[key]

    def __setitem__(self, key: str, value: object) -> None:
        self._config[key] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self._config)

    def __len__(self) -> int:
        return len(self._config)

    # Any: a config is read like the plain attributes of a namespace, `config.lr * 2`.
    def __getattr__(self, name: str) -> Any:
        return getattr(self._config, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._config, name, value)

    def __reduce__(self) -> tuple[type[dict[str, Plain]], tuple[dict[str, Plain]]]:
        """Copied or pickled it is a plain dict: only this object is connected with the run."""
        return dict, (self.to_dict(),)

    def __repr__(self) -> str:
        return repr(self._config)
