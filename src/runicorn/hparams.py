"""The object behind `run.config`: the run's hyperparameters by name, read and set as items or as attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from runicorn.notices import Notices
from runicorn.values import Plain, key_text, plain


def entries(data: object) -> dict[str, Plain]:
    """A plain copy of a mapping, of a dataclass and the like, or of the public attributes of an object.

    None is empty. Raises TypeError for everything else.
    """
    if data is None:
        return {}
    if isinstance(copied := plain(data), dict):
        return copied
    attributes = None if callable(data) else getattr(data, "__dict__", None)
    public = plain({name: value for name, value in (attributes or {}).items() if not name.startswith("_")})
    if attributes is None or not isinstance(public, dict) or len(public) < bool(attributes):
        raise TypeError(
            "config must be a mapping of names to values or an object with attributes, such as argparse.Namespace, "
            f"but it is {type(data).__name__}."
        )
    return public


class Config(Mapping[str, Plain]):
    """Hyperparameters by name. Names that begin with `_` or are names of methods are reachable as items only.

    Values are plain copies on the way in and out, so a nested value is changed by assigning it anew. Every change is
    first offered to `changed`, which keeps it in the run and says whether it did; refused changes are not made.
    Wrong arguments to `update` and attributes that cannot be set are one notice each: a training loop goes on.

    Safe in any thread and signal handler: there is no lock, each change is one operation on a dict.
    """

    __slots__ = ("_changed", "_notices", "_values")

    _changed: Callable[[dict[str, Plain]], bool]
    _notices: Notices
    _values: dict[str, Plain]

    def __init__(
        self, values: Mapping[str, Plain], changed: Callable[[dict[str, Plain]], bool], notices: Notices
    ) -> None:
        object.__setattr__(self, "_values", entries(values))
        object.__setattr__(self, "_changed", changed)
        object.__setattr__(self, "_notices", notices)

    def __getitem__(self, key: str) -> Plain:
        return plain(self._values[key_text(key)])

    def __setitem__(self, key: str, value: object) -> None:
        self._change(entries({key: value}))

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return key_text(key) in self._values

    # Any: a config is read like the plain attributes of a namespace, `config.lr * 2`.
    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(f"The run's config has no {name!r}.")
        return self[name]

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("__"):
            object.__setattr__(self, name, value)
            return
        if name.startswith("_") or hasattr(type(self), name):
            self._notices.once(
                ("config", name), f"config.{name} is no value of the config; it was set as config[{name!r}]."
            )
        self[name] = value

    def __reduce__(self) -> tuple[type[dict[str, Plain]], tuple[dict[str, Plain]]]:
        """Copied or pickled it is a plain dict: only this object is connected with the run."""
        return dict, (self.as_dict(),)

    def __repr__(self) -> str:
        return f"Config({self._values!r})"

    def update(self, data: object = None, /, *, allow_val_change: object = None, **more: object) -> None:  # noqa: ARG002
        """Sets several values: those of a mapping, a dataclass or a namespace, then those given by keyword.

        `allow_val_change` is of W&B and Trackio, and changes nothing: any value may change at any time.
        """
        try:
            given = entries(data)
        except TypeError as error:
            self._notices.once(("config", "update", type(data).__name__), f"{error} It is left out.")
            given = {}
        self._change(given | entries(more))

    def setdefault(self, key: str, default: object = None) -> Plain:
        """The value of `key`, which is set to `default` if there is none yet."""
        if key not in self:
            self[key] = default
        return self.get(key)

    def as_dict(self) -> dict[str, Plain]:
        """A copy of all values."""
        return entries(self._values)

    def _take(self, given: dict[str, Plain], gone: Iterable[str]) -> None:
        """Takes values that the run keeps already, without those of the names that are `gone`."""
        for name in gone:
            self._values.pop(name, None)
        self._values.update(given)

    def _change(self, given: dict[str, Plain]) -> None:
        if given and self._changed(given):
            self._values.update(given)
