"""What it costs to log an image, a table, a histogram."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benches.home import Home
from benches.rows import Row, median

_CALLS = 50
_HISTOGRAMS = 10


def rows(tries: int) -> Iterator[Row]:
    """The rows of log_image beside that of a copy, and those of a table and a histogram."""
    with Home() as home:
        home.daemon()
        found = [json.loads(home.python("-c", _LOGS).splitlines()[-1]) for _ in range(tries)]
        others = [json.loads(home.python("-c", _LOGS_OTHERS).splitlines()[-1]) for _ in range(tries)]
    how = f"{_CALLS} calls, 10 a second, 3 MiB each; median of {tries} processes."
    yield Row("log_image(), 1024², p50", 2.0, median(one[0] for one in found), "ms", how)
    yield Row("log_image(), 1024², p90", None, median(one[1] for one in found), "ms", "The same calls.")
    how = "The floor: numpy.copy of the same array, between two calls."
    yield Row("a copy, 1024², p50", None, median(one[2] for one in found), "ms", how)
    how = f"{_CALLS} calls, 10 a second, a frame of pandas with 2 columns of text and 3 of numbers."
    yield Row("log(Table), 5,000 rows, p50", 3.0, median(one[0] for one in others), "ms", how)
    how = f"{_HISTOGRAMS} calls, one a second, of float64: a copy of 8 MB, which a worker counts."
    yield Row("log(Histogram), 1 M values, p50", 3.0, median(one[1] for one in others), "ms", how)


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

_LOGS_OTHERS = f"""
import json, time
import numpy as np
import pandas as pd
import runicorn as rn

def calls(make, count, pause):
    run.log({{"warm": make()}})
    taken = []
    for _ in range(count):
        time.sleep(pause)
        medium = make()
        began = time.perf_counter()
        run.log({{"medium": medium}})
        taken.append(1000 * (time.perf_counter() - began))
    return sorted(taken)[count // 2]

random = np.random.default_rng(1)
texts = {{name: [f"{{name}} {{row}}, and some more words" for row in range(5000)] for name in ("prompt", "answer")}}
numbers = {{"reward": random.random(5000), "loss": random.random(5000), "tokens": random.integers(0, 999, 5000)}}
frame, values = pd.DataFrame(texts | numbers), random.random(1_000_000)
run = rn.init("others")
assert run.flush(50.0)
table = calls(lambda: rn.Table(dataframe=frame), {_CALLS}, 0.1)
print(json.dumps([table, calls(lambda: rn.Histogram(values), {_HISTOGRAMS}, 1.0)]))
run.finish()
"""
