"""How long a value needs from log() to the screen: a real program, the daemon, the viewer and a browser."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from benches.home import Home
from benches.rows import Row
from benches.tab import tab

_PAUSES = 0.2, 1.5

# Notes when the chart first reached each step: the frame has ended in which it was painted.
_REACHED = """
globalThis.reached = {};
const noted = new Set();
const look = () => {
  const words = document.querySelector(".panel")?.ariaLabel ?? "";
  const to = /, from [^ ]+ to ([0-9]+)/.exec(words)?.[1];
  if (to && !noted.has(to)) {
    noted.add(to);
    setTimeout(() => (reached[to] = Date.now()));
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
_LOGS = """
import json, sys, time
import runicorn as rn

logged = {}
with rn.init("painted") as run:
    for step, line in enumerate(sys.stdin, 1):
        run.log({"loss": step}, step=step)
        logged[step] = 1000 * time.time()
        print(step, flush=True)
print(json.dumps(logged))
"""


def latencies(
    home: Home, browser: Browser, server: Callable[[Path], AbstractContextManager[Any]], root: Path, values: int
) -> Iterator[Row]:
    """The rows of so many values, logged one by one in a copy of the root."""
    subprocess.run(["cp", "-al", str(root), str(home.root)], check=True)
    home.daemon()
    with server(home.root) as one, tab(browser) as seen:
        seen.page.add_init_script(_REACHED)
        seen.open(f"{one.url}?q=path:painted", found="document.querySelector('.nothing') !== null")
        command = [sys.executable, "-c", _LOGS]
        with subprocess.Popen(
            command, env=home.environment, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as trainer:
            assert trainer.stdin is not None
            assert trainer.stdout is not None
            chance = random.Random(1)
            for step in range(1, values + 2):  # the first one makes the chart
                print(file=trainer.stdin, flush=True)
                trainer.stdout.readline()
                seen.page.wait_for_function(f"() => reached[{step}]", timeout=30_000)
                time.sleep(chance.uniform(*_PAUSES))
            output, _ = trainer.communicate()
        logged = {int(step): when for step, when in json.loads(output.splitlines()[-1]).items()}
        reached = {int(step): when for step, when in seen.page.evaluate("() => reached").items()}
    took = sorted(reached[step] - when for step, when in logged.items() if step > 1)
    p50, p95 = (took[min(len(took) - 1, int(part * len(took)))] for part in (0.5, 0.95))
    how = (
        f"Half of {values} values, logged {_PAUSES[0]:g} to {_PAUSES[1]:g} s apart in a root of thousands of runs: "
        "run.log(), the daemon, the viewer's stream, the series, the frame."
    )
    yield Row("value logged to painted, p50", None, p50, "ms", how)
    yield Row("value logged to painted, p95", 250.0, p95, "ms", f"19 of 20 of them; the slowest {took[-1]:.0f} ms.")
