"""SummaryWriter, as in torch.utils.tensorboard: what it is given goes to the active run, and its folder stays empty."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self

from runicorn import Run, get_active_run, output
from runicorn.log_compat import drawing
from runicorn.log_compat.values import scalar
from runicorn.notices import warn_once
from runicorn.values import plain
from runid.errors import RunicornError

_OTHERS = frozenset((
    "add_audio", "add_custom_scalars", "add_custom_scalars_marginchart", "add_custom_scalars_multilinechart",
    "add_embedding", "add_graph", "add_histogram_raw", "add_image_with_boxes", "add_mesh", "add_onnx_graph",
    "add_openvino_graph", "add_pr_curve", "add_pr_curve_raw", "add_tensor", "add_video",
    "export_scalars_to_json", "use_metadata",
))  # fmt: skip
"""What such writers have besides, and this one has not."""


class SummaryWriter:
    """Logs to the run that is active at each call; without one nothing happens.

    A call without `global_step` is the run's next step, an image without it is of the current one. `walltime` and the
    arguments about buffers are accepted and of no effect: a run stamps the time itself, and what a call has returned
    for is kept. `add_graph`, `add_video` and the like are one notice each.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        """Makes `log_dir`, since scripts keep files of their own there; default runs/<time>_<host name><comment>."""
        named = f"{time.strftime('%b%d_%H-%M-%S')}_{os.uname().nodename}{comment}"
        self.log_dir = os.path.join("runs", named) if not log_dir else os.fspath(log_dir)
        try:
            output.folder(self.log_dir)
        except RunicornError as error:
            warn_once(("log_dir", self.log_dir), str(error))

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Logs a number. Raises TypeError for what is none."""
        if (run := get_active_run()) is not None:
            run.log({tag: _number(tag, scalar_value)}, step=global_step)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Logs several numbers as "main_tag/name". Raises TypeError for what is no number."""
        if (run := get_active_run()) is not None:
            named = {f"{main_tag}/{name}": value for name, value in tag_scalar_dict.items()}
            run.log({tag: _number(tag, value) for tag, value in named.items()}, step=global_step)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Adds "[tag] text" to the run's text."""
        if (run := get_active_run()) is not None:
            run.log_text(f"[{tag}] {text_string}")

    def add_hparams(
        self,
        hparam_dict: Mapping[str, Any],
        metric_dict: Mapping[str, Any],
        hparam_domain_discrete: Mapping[str, Any] | None = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """Puts hyperparameters into the run's config, as `hparams`; logs the metrics, and adds them to the summary.

        Raises TypeError for a metric that is no number.
        """
        if (run := get_active_run()) is not None:
            metrics = {tag: _number(tag, value) for tag, value in metric_dict.items()}
            run.config["hparams"] = dict(hparam_dict)
            run.log(metrics, step=global_step)
            run.summary(metrics)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Keeps an image, an array or tensor whose axes are `dataformats`: CHW, HWC, HW or any other order."""
        self._image(tag, global_step, lambda: drawing.image(img_tensor, dataformats))

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Keeps a batch of images as one, side by side and below each other."""
        self._image(tag, global_step, lambda: drawing.grid(img_tensor, dataformats))

    def add_figure(
        self, tag: str, figure: Any, global_step: int | None = None, close: bool = True, walltime: float | None = None
    ) -> None:
        """Keeps a figure of Matplotlib, or a list of them, as an image; `close`: it is closed then."""
        self._image(tag, global_step, lambda: drawing.figures(figure))
        if close:
            drawing.close(figure)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Keeps how often values occur: edges and counts of bins. `bins`: as of numpy.histogram; by default 64."""
        self._keep(tag, lambda run: run.log({tag: drawing.histogram(values, bins)}, step=global_step))

    def flush(self) -> None:
        """Does nothing: what a call has returned for outlives this process. `Run.flush` waits until it is on disk."""

    def close(self) -> None:
        """Does nothing: the run goes on, and the writer can be used again."""

    def reopen(self) -> None:
        """Does nothing: the writer is always open."""

    def get_logdir(self) -> str:
        """The folder it was given."""
        return self.log_dir

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        if name in _OTHERS:
            return partial(_not_kept, name)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}.")

    def _image(self, tag: str, step: int | None, drawn: Callable[[], Any]) -> None:
        self._keep(tag, lambda run: run.log_image(tag, drawn(), step=step))

    def _keep(self, tag: str, keep: Callable[[Run], object]) -> None:
        """Has the active run keep what may be of any shape; what cannot be is a notice."""
        run = get_active_run()
        if run is None:
            return
        try:
            keep(run)
        except Exception as error:
            warn_once(("writer", tag, str(error)), f"{tag!r} is left out: {plain(error)}.")


def _number(tag: str, value: Any) -> float:
    found = scalar(value)
    if found is None:
        raise TypeError(f"{tag!r} must be a number, but it is {type(value).__name__}.")
    return found


def _not_kept(name: str, *_: Any, **__: Any) -> None:
    warn_once(("writer", name), f"What SummaryWriter.{name} is given is not kept by Runicorn.")
