"""The tab of rollouts in a real browser, on what the native API and both compat modules have logged."""

from collections.abc import Iterator

import pytest
from tests.programs import wait
from tests.viewer.browser.conftest import World, filled

pytestmark = pytest.mark.long

MANY = 450
_FILL = f"""
import base64, io, math
from PIL import Image
import runicorn as rn
from runicorn.compat import expt_logger, trackio

HOSTILE = "<img src=x onerror=alert(1)> \\u202eright to left \\x1b[31mred\\x1b[0m **bold** [x](javascript:alert(1))"
def encoded():
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, "PNG")
    return file.getvalue()

PICTURE = "data:image/png;base64," + base64.b64encode(encoded()).decode()

def answered(text, **more):
    return [{{"role": "system", "content": "Be brief."}}, {{"role": "assistant", "content": text, **more}}]

with rn.init("rl", run_id="native", alias="native") as run:
    for step in range(0, 30, 10):
        for number in range(12):
            right = number % 3 <= step // 10
            text = f"The sum of both is {{4 if right else number}}.\\nIt is so because {{number}} steps were taken."
            rewards = {{"correct": float(right), "format": number / 20}}
            run.log_rollout(
                f"What is 2 + {{number % 2}}?", answered(text), rewards, step=step,
                advantage=number - 6.0, truncated=number == 7,
            )
        run.log_rollout("What is 2 + 1?", answered("held out"), {{"correct": 1.0}}, step=step, mode="eval")
with rn.init("rl", run_id="odd", alias="odd") as run:
    tokens = ["Yes", ",", " it", " is"]
    shaded = {{"tokens": tokens, "logprobs": [-0.1, -4.0, -0.5, -2.0], "advantages": [1.0, -1.0, 0.0, math.nan]}}
    call = [{{"type": "function", "function": {{"name": "add", "arguments": "{{\\"a\\": 2}}"}}}}]
    parts = [{{"type": "text", "text": "Look:"}}, {{"type": "image_url", "image_url": {{"url": PICTURE}}}},
             {{"type": "image_url", "image_url": {{"url": "https://example.com/track.png"}}}}]
    many = [{{"role": "user", "content": f"message {{number}}"}} for number in range({MANY})]
    odd = {{
        HOSTILE: answered(HOSTILE),
        "no answer": [],
        "a number": [{{"role": 7, "content": {{"deep": [1, None]}}}}, {{"content": 5}}, "text alone"],
        "tokens": [{{"role": "assistant", "content": "Yes, it is", **shaded}}],
        "tools": [{{"role": "assistant", "content": None, "tool_calls": call}}, {{"role": "user", "content": parts}}],
        "many": many,
        "long": answered("long " * 100_000 + "the end"),
    }}
    for number, (prompt, messages) in enumerate(odd.items()):
        rewards = [math.nan, None, 1.0, math.inf, -1.0, 0.0, 1e300][number]
        given = {{}} if rewards is None else {{HOSTILE if number == 2 else "r": rewards}}
        run.log_rollout(prompt, messages, given, step=1)
    start = 1_780_000_000.0
    spans = [
        {{"id": "a", "name": "turn", "start_time": start, "end_time": start + 2, "kind": "span"}},
        {{"id": "b", "parent_id": "a", "name": "generate", "start_time": start + 0.5, "duration_ms": 1000}},
        {{"id": "c", "parent_id": "b", "name": "<b>tool</b>", "start_time": start + 1, "duration_ms": 250,
          "error": "it <i>broke</i>", "input": {{"a": [1]}}}},
        {{"id": "d", "parent_id": "e", "name": "circle"}}, {{"id": "e", "parent_id": "d", "name": "circle too"}},
    ]
    run.log({{"chat": rn.Trace(answered("traced"), metadata={{"model": "tiny"}}, spans=spans)}}, step=1)
expt = expt_logger.init(name="expt")
expt_logger.log_rollout("2 + 2?", [{{"role": "assistant", "content": "4"}}], {{"correct": 1.0, "format": 0.5}}, step=3)
expt_logger.end()
trackio.init(project="tracked", name="tracked")
message = [{{"role": "user", "content": "hi?"}}, {{"role": "assistant", "content": "ho"}}]
trackio.log({{"chat": trackio.Trace(messages=message, metadata={{"reward": 0.25}})}})
columns = {{"prompt": ["p", "p"], "completion": ["one", "two"], "accuracy": [0.0, 1.0], "advantage": [-1.0, 1.0]}}
trackio.log({{"completions": trackio.Table(columns=list(columns), data=[list(row) for row in zip(*columns.values())])}})
trackio.finish()
with rn.init("rl", run_id="none"):
    pass
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Five runs: of each way to log rollouts, one of odd ones, and one without any."""
    with filled(_FILL, 5) as made:
        wait(lambda: not list(made.root.glob("runs/**/media/.incoming/*")), "not all media are made")
        yield made
