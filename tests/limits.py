"""Where tests write: a disk that is full at some size, and a folder that costs no time."""

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Files cannot grow beyond this size meanwhile: the write that tries is cut short, as on a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is one, so that the hundreds of fsyncs of an example cost nothing."""
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="rn-", dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)
