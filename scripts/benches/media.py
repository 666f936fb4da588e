"""What it costs to log an image."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benches.home import Home
from benches.rows import Row, median

_CALLS = 50


def rows(tries: int) -> Iterator[Row]:
    """The row of log_image beside that of a copy."""
    with Home() as home:
        home.daemon()
        found = [json.loads(home.python("-c", _LOGS).splitlines()[-1]) for _ in range(tries)]
    how = f"{_CALLS} calls, 10 a second, 3 MiB each; median of {tries} processes."
    yield Row("log_image(), 1024², p50", 2.0, median(one[0] for one in found), "ms", how)
    yield Row("log_image(), 1024², p90", None, median(one[1] for one in found), "ms", "The same calls.")
    how = "The floor: numpy.copy of the same array, between two calls."
    yield Row("a copy, 1024², p50", None, median(one[2] for one in found), "ms", how)


_LOGS = f"""
import json, time
import numpy as np
import runicorn as rn

def timed(step):
    began = time.perf_counter()
    kept = step()
    return 1000 * (time.perf_counter() - began)

image = np.random.default_rng(1).integers(0, 256, (1024, 1024, 3), np.uint8)
run = rn.init("images")
run.log_image("first", image)
assert run.flush(50.0)
logged, copied = [], []
for _ in range({_CALLS}):
    time.sleep(0.1)
    logged.append(timed(lambda: run.log_image("val/pred", image)))
    copied.append(timed(lambda: np.copy(image)))
run.finish()
logged.sort(), copied.sort()
print(json.dumps([logged[{_CALLS} // 2], logged[{_CALLS} * 9 // 10], copied[{_CALLS} // 2]]))
"""
