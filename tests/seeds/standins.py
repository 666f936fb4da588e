"""Stand-ins for torch and torchvision, which the tests do not install: as much of a training loop as one block needs.

Whatever is asked of them is there, can be called and gives itself, but for what the block's numbers come from: a data
loader gives two batches, and a loss is 0.5.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any


class Anything:
    """A module, class, function or tensor of torch's."""

    def __getattr__(self, name: str) -> Anything:
        return self

    def __call__(self, *_given: Any, **_named: Any) -> Anything:
        return self

    def item(self) -> float:
        return 0.5


class DataLoader(Anything):
    """The batches of an epoch."""

    def __init__(self, *_given: Any, **_named: Any) -> None:
        pass

    def __iter__(self) -> Iterator[tuple[Anything, Anything]]:
        return iter([(Anything(), Anything())] * 2)

    def __len__(self) -> int:
        return 2


class _Module(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()


def install() -> None:
    """Makes them what `import` finds, in this process."""
    names = ("torch", "torch.nn", "torch.optim", "torch.utils", "torch.utils.data", "torchvision")
    sys.modules |= {name: _Module(name) for name in names}
    for name in names:
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], own, sys.modules[name])
    vars(sys.modules["torch.utils.data"])["DataLoader"] = DataLoader
