"""What it costs to begin: `import runicorn` and `init()`, in fresh processes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benches.home import Home
from benches.rows import Row, median
from benches.workload import answer_of


def rows(tries: int) -> Iterator[Row]:
    """The rows of import and init in so many processes each, with and without a daemon that runs already."""
    with Home() as home:
        begin(home, "runicorn")  # compiles
        home.runid("stop")
        without = []
        for _ in range(tries):
            without.append(begin(home, "runicorn"))
            home.runid("stop")
        home.daemon()
        running = [begin(home, "runicorn") for _ in range(tries)]
        captured = [begin(home, "runicorn-env") for _ in range(tries)]
        floor = median(json.loads(home.python("-c", _FLOOR)) for _ in range(tries))
    how = f"In fresh processes, compiled before, median of {2 * tries}. zmq and msgpack alone: {floor:.1f} ms."
    yield Row("import runicorn", 60.0, median(one["import"] for one in without + running), "ms", how)
    for name, found in (("daemon runs", running), ("no daemon", without), ("capture_env", captured)):
        how = f"The first init() of a fresh process, median of {tries}."
        yield Row(f"init(), {name}", 10.0, median(one["init"] for one in found), "ms", how)


def begin(home: Home, tracker: str) -> dict[str, float]:
    """Milliseconds of import and init in one fresh process."""
    answer: dict[str, float] = answer_of(home.python("-m", "benches.workload", tracker, "startup"))
    return answer


_FLOOR = """
import time
began = time.perf_counter()
import msgpack, zmq
print(1000 * (time.perf_counter() - began))
"""
