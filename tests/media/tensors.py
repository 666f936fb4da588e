"""The outside of a tensor as torch has it, without torch."""

from typing import Any

from numpy.typing import NDArray


class Tensor:
    """One that needs a gradient, on another device: it gives an array only after `detach` and `cpu`."""

    dtype = "torch.float32"

    def __init__(self, array: NDArray[Any], steps: tuple[str, ...] = ()) -> None:
        self._array, self._steps = array, steps

    def detach(self) -> "Tensor":
        return Tensor(self._array, (*self._steps, "detach"))

    def cpu(self) -> "Tensor":
        return Tensor(self._array, (*self._steps, "cpu"))

    def numpy(self) -> NDArray[Any]:
        assert self._steps == ("detach", "cpu")
        return self._array

    def __array__(self) -> NDArray[Any]:
        raise TypeError("cannot convert to an array")
