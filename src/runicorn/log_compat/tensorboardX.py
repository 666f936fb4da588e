"""SummaryWriter, as in tensorboardX: see runicorn.log_compat.tensorboard."""

from __future__ import annotations

import os
from typing import Any

from runicorn.log_compat import tensorboard


class SummaryWriter(tensorboard.SummaryWriter):
    """The writer of runicorn.log_compat.tensorboard; its folder is called `logdir`."""

    def __init__(
        self,
        logdir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
        write_to_disk: bool = True,
        log_dir: str | os.PathLike[str] | None = None,
        **others: Any,
    ) -> None:
        """Makes `logdir`, also called `log_dir`; default runs/<time>_<host name><comment>."""
        super().__init__(logdir or log_dir, comment)

    @property
    def logdir(self) -> str:
        """The folder it was given."""
        return self.log_dir
