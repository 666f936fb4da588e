"""The tab of rollouts in a real browser, on what the native API and both compat modules have logged."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.programs import finish, wait
from tests.viewer.browser.conftest import World, filled
from tests.viewer.browser.test_access import found_by_axe

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
expt_logger.log_rollout("2 + 2?", [{{"role": "assistant", "content": "4"}}], {{"correct": 1.0, "format": 0.5}},
                        step=3, id="first")
expt_logger.log_environment("first", "reset <b>twice</b>")
expt_logger.log_environment("second", "not shown")
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

_LIVE = """
import runicorn as rn

with rn.init("rl", run_id="live") as run:
    for step in range(3):
        for reward in (step, step + 0.5):
            run.log_rollout("2 + 2?", [{"role": "assistant", "content": f"{reward}"}], {"r": reward}, step=step)
        run.flush()
        print("ready", flush=True)
        input()
"""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Five runs: of each way to log rollouts, one of odd ones, and one without any."""
    with filled(_FILL, 5) as made:
        wait(lambda: not list(made.root.glob("runs/**/media/.incoming/*")), "not all media are made")
        yield made


def chosen(page: Page) -> str:
    return page.locator(".rollout-samples .chosen .rollout-said").inner_text()


def both_are_told(page: Page, held: str) -> None:
    """Above the columns of a difference."""
    sides = page.locator(".rollout-sides p")
    expect(sides).to_have_count(2)
    read = f"reward {page.locator('.rollout-samples .chosen .rollout-reward').inner_text()}"
    for place, reward in enumerate((held, read)):
        expect(sides.nth(place)).to_contain_text(re.compile(rf"{re.escape(reward)} · advantage \S+ · step 10 "))


def to_the_last_before(page: Page) -> None:
    """From a step without samples."""
    page.goto("/run/native/rollouts?c=25")
    page.get_by_role("button", name="step 20, the last before 25").click()
    expect(page).not_to_have_url(re.compile("c="))


def test_steps_prompts_samples_and_keys(page: Page) -> None:
    to_the_last_before(page)
    steps, samples = page.get_by_label("Steps", exact=True).last, page.get_by_role("listbox", name="Samples")
    expect(steps.get_by_role("option")).to_have_count(3)
    expect(steps.get_by_role("option", selected=True)).to_contain_text("20")
    expect(samples.get_by_role("option")).to_have_count(12)
    expect(page.locator(".rollout-rewards")).to_contain_text("reward 1.55")
    expect(page.get_by_label("Conversation").get_by_role("button")).to_have_text(
        ["systemBe brief.", "prompt", "assistant"]
    )

    page.keyboard.press("h")
    expect(steps.get_by_role("option", selected=True)).to_contain_text("10")
    page.keyboard.press("n")
    expect(page.locator(".rollout-samples header")).to_contain_text("6 samples of step 10, one prompt")
    expect(page.get_by_role("img", name="This prompt at 3 steps")).to_be_visible()
    page.keyboard.press("w")
    expect(samples.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    first = chosen(page)
    page.keyboard.press("j")
    expect(page.locator(".rollout-samples .chosen .rollout-said")).not_to_have_text(first)
    second = f"reward {page.locator('.rollout-samples .chosen .rollout-reward').inner_text()}"
    expect(page.locator(".rollout-rewards b")).to_have_text(second)

    page.keyboard.press("d")  # A is held, and B is what comes next
    expect(page.get_by_role("button", name="A held: choose another sample")).to_be_visible()
    page.keyboard.press("j")
    expect(page.locator(".rollout-samples .rollout-which")).to_have_text("A")
    difference = page.get_by_role("region", name="Difference")
    both_are_told(page, second)
    expect(difference.locator("article del")).not_to_have_count(0)
    expect(difference.locator(".rollout-beside")).not_to_have_count(0)
    page.keyboard.press("v")
    expect(difference.locator(".rollout-beside")).to_have_count(0)
    page.keyboard.press("k")
    page.keyboard.press("d")
    expect(page.locator(".rollout-rewards b")).to_have_text(second)
    for part in ("c=10", "prompt=", "sample=", "best=reward"):
        assert part in page.url
    page.reload()
    expect(page.locator(".rollout-rewards b")).to_have_text(second)
    expect(page.locator(".rollout-samples .chosen")).to_be_visible()

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("hold the sample and compare others with it")
    expect(page.get_by_role("dialog")).to_contain_text("the reward of this name")
    expect(page.get_by_role("dialog")).not_to_contain_text("status=failed")


def test_best_and_worst_of_a_step_and_of_all(page: Page) -> None:
    page.goto("/run/native/rollouts?c=10")
    header = page.locator(".rollout-samples header")
    rewards = page.locator(".rollout-samples .rollout-reward")
    expect(rewards.first).to_have_text("1.50")
    page.keyboard.press("w")
    expect(rewards.first).to_have_text(".10")
    page.keyboard.press("b")
    expect(rewards.first).to_have_text("1.50")
    page.keyboard.press("n")
    expect(header).to_contain_text("6 samples of step 10, one prompt")
    picture = page.get_by_role("img", name="This prompt at 3 steps")
    picture.click(position={"x": 8, "y": 20})
    expect(header).to_contain_text("6 samples of step 0, one prompt")
    page.keyboard.press("l")
    expect(header).to_contain_text("12 samples of step 10")
    page.keyboard.press("p")
    page.keyboard.press("e")
    expect(header).to_contain_text("18 samples of all steps, one prompt")
    page.keyboard.press("a")
    expect(header).to_contain_text("36 samples of all steps")


def test_what_a_filter_means(page: Page) -> None:
    page.goto("/run/native/rollouts")
    steps = page.get_by_label("Steps", exact=True).last
    page.get_by_label("Filter the rollouts").fill("reward.total<.2 truncated=false")
    expect(page.get_by_role("status").filter(has_text="of 36")).to_have_text("3 of 36 rollouts")
    expect(steps.get_by_role("option")).to_have_count(2)
    prompts = page.get_by_role("listbox", name="Prompts")
    before = prompts.bounding_box()
    prompts.get_by_role("option").first.click()
    expect(page.locator(".rollout-samples header")).to_contain_text("one prompt")
    expect(page.get_by_role("img", name="This prompt at 3 steps")).to_be_visible()
    assert prompts.bounding_box() == before  # what lies under the pointer stays there
    page.get_by_role("listbox", name="Samples").get_by_role("option").last.click()
    page.get_by_label("Filter the rollouts").fill('"The sum of both is 4"')
    expect(page.get_by_role("status").filter(has_text="of 36")).not_to_have_text("3 of 36 rollouts")
    expect(page.get_by_label("Conversation")).to_contain_text("The sum of both is 4.")
    assert "sample=" not in page.url
    assert "prompt=" not in page.url
    page.get_by_label("Filter the rollouts").fill("reward<")
    expect(page.get_by_role("alert")).to_contain_text("no value behind '<'")
    page.get_by_label("Filter the rollouts").fill("")
    page.get_by_label("stage").select_option("eval")
    expect(page.get_by_label("Conversation")).to_contain_text("held out")


def test_a_flag_is_an_edit_of_the_run(page: Page, world: World) -> None:
    page.goto(f"/?token={world.token}")
    page.goto("/run/native/rollouts?c=0")
    expect(page.locator(".rollout-rewards b")).to_have_text("reward 1.45")
    page.keyboard.press("j")
    expect(page.locator(".rollout-rewards b")).to_have_text("reward 1.30")
    page.keyboard.press("f")
    expect(page.locator(".rollout-samples .chosen .rollout-flag")).to_be_visible()
    page.get_by_role("button", name="⚑ 1").click()
    expect(page.get_by_role("status").filter(has_text="of 36")).to_have_text("1 of 36 rollouts")
    expect(page.locator(".rollout-rewards b")).to_have_text("reward 1.30")
    page.keyboard.press("f")
    expect(page.get_by_text("None of 36 rollouts fits the filter.")).to_be_visible()
    expect(page.get_by_role("region", name="Sample", exact=True).locator(".rollout-rewards")).to_have_count(0)


def test_whatever_was_logged_is_text(page: Page) -> None:
    page.goto("/run/odd/rollouts?of=rollouts&best=logged")
    listed = page.get_by_role("listbox", name="Samples").get_by_role("option")
    expect(listed).to_have_count(7)
    expect(listed.locator(".rollout-reward")).to_have_text(["NaN", "1.00", "∞", "\u22121.00", "0", "1e300"])
    talk = page.get_by_label("Conversation")
    expect(talk.locator(".rollout-message.answer .rollout-text")).to_contain_text("<img src=x onerror=alert(1)>")
    page.keyboard.press("m")
    expect(talk.locator(".markdown strong").first).to_have_text("bold")
    assert page.locator(".rollouts a, .rollouts script, .rollouts img").count() == 0
    page.keyboard.press("m")

    listed.nth(1).click()
    expect(talk).to_contain_text("no answer")
    listed.nth(2).click()
    expect(talk).to_contain_text('{"deep":[1,null]}')
    expect(talk).to_contain_text("text alone")
    listed.nth(3).click()
    expect(talk).to_contain_text("Yes, it is")
    page.keyboard.press("s")
    tokens = talk.locator(".rollout-tokens span")
    expect(tokens).to_have_text(["Yes", ",", " it", " is"])
    expect(tokens.nth(1)).to_have_attribute("title", "advantage \u22121")
    page.keyboard.press("s")
    expect(tokens.nth(1)).to_have_attribute("title", "logprob \u22124")
    page.keyboard.press("s")
    expect(tokens).to_have_count(0)
    listed.nth(4).click()
    expect(talk.locator(".rollout-call")).to_have_text('add {"a": 2}')
    expect(talk.locator("img")).to_have_count(1)
    expect(talk).to_contain_text("[image https://example.com/track.png]")
    listed.nth(5).click()
    expect(talk.locator("article")).to_have_count(50)
    talk.get_by_role("button", name="200 more").click()
    expect(talk.locator("article")).to_have_count(250)
    listed.nth(6).click()
    talk.get_by_role("button", name="all 500,007 characters").click()
    expect(talk.locator(".rollout-message.answer .rollout-text")).to_contain_text("the end")


def test_spans_are_a_tree_with_times(page: Page) -> None:
    page.goto("/run/odd/rollouts?of=chat&see=spans")
    spans = page.get_by_role("region", name="Spans")
    expect(spans.locator(".rollout-span bdi")).to_have_text(["turn", "generate", "<b>tool</b>", "circle", "circle too"])
    bars = spans.locator(".rollout-time i")
    styles = bars.evaluate_all("all => all.map(one => [one.style.left, one.style.width])")
    assert styles == [["0%", "100%"], ["25%", "50%"], ["50%", "12.5%"]]
    expect(spans.locator(".rollout-took")).to_have_text(["2s", "1s", "failed 250ms", "", ""])
    spans.get_by_role("button", name="<b>tool</b>").click()
    expect(spans.locator("dd").filter(has_text="broke")).to_have_text("it <i>broke</i>")


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("expt", [("", "reward 1.50", "4")]),
        ("tracked", [("?of=completions", "reward 1.00", "two"), ("?of=chat", "reward .25", "ho")]),
    ],
)
def test_other_trackers_rollouts(page: Page, world: World, name: str, seen: list[tuple[str, str, str]]) -> None:
    run = next(path.name for path in world.root.glob("runs/*/*") if path.parent.name.startswith(name))
    for query, reward, said in seen:
        page.goto(f"/run/{run}/rollouts{query}")
        expect(page.locator(".rollout-rewards b")).to_have_text(reward)
        expect(page.locator(".rollout-message.answer .rollout-text")).to_have_text(said)
    if name == "expt":
        expect(page.get_by_label("Conversation").locator("article").last).to_have_text("environmentreset <b>twice</b>")


def test_new_ones_come_by_themselves(page: Page, world: World) -> None:
    program = world.program(_LIVE)
    assert program.stdout is not None
    assert program.stdin is not None
    assert program.stdout.readline() == "ready\n"
    page.goto("/run/live/rollouts")
    steps = page.get_by_role("listbox", name="Steps").get_by_role("option")
    said = page.locator(".rollout-message.answer .rollout-text")
    expect(said).to_have_text("0.5")
    print(file=program.stdin, flush=True)
    expect(steps).to_have_count(2)
    expect(said).to_have_text("1.5")  # of the last step, the best
    page.keyboard.press("j")
    expect(said).to_have_text("1")
    print(file=program.stdin, flush=True)
    expect(steps).to_have_count(3)
    expect(steps.and_(page.locator("[aria-selected=true]"))).to_contain_text("1")
    expect(said).to_have_text("1")  # who reads one stays there
    print(file=program.stdin, flush=True)
    finish(program)


def test_for_all_eyes_on_any_screen(page: Page) -> None:
    page.goto("/run/none/rollouts")
    expect(page.locator(".nothing")).to_contain_text("run.log_rollout(")
    expect(page.locator(".of-run").get_by_text("none", exact=True)).to_have_count(1)  # a run without an alias
    for address in ("native/rollouts", "odd/rollouts?of=chat&see=spans"):
        page.goto(f"/run/{address}")
        expect(page.locator(".rollout-about")).to_be_visible()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-theme", scheme)
            assert not found_by_axe(page)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto("/run/native/rollouts")
    panes = [page.locator(f".rollout-{name}") for name in ("steps", "samples", "one")]
    for number in range(3):
        for place, pane in enumerate(panes):
            expect(pane).to_be_visible(visible=place == number)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
        assert not found_by_axe(page)
        if number < 2:
            panes[number].locator(".rollout-line").first.click()
    page.get_by_role("button", name="samples").click()
    expect(panes[1]).to_be_visible()
