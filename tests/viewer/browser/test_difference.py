"""The page that compares two runs, and the tab with the code of one."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.programs import COMMAND, wait
from tests.viewer.browser.conftest import World, filled
from tests.viewer.browser.painted import painted

PROGRAM = """
import os, pathlib, subprocess, sys
import runicorn as rn
RANK = '''
import os, runicorn as rn
with rn.init("code", run_id="of-ranks", snapshot_code=True, workspace_root="/nowhere") as run:
    run.set_primary_metric("step_time", mode="min")
    for step in range(40):
        run.log({"loss": step, "step_time": 0.1 * (1 + (step > 9) * int(os.environ["RANK"]))}, step=step)
'''
job = os.environ | {"WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "job", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500"}
ranks = [subprocess.Popen([sys.executable, "-c", RANK], env=job | {"RANK": str(rank)}) for rank in (0, 1)]
git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example"]
for number, name in enumerate(("left", "right")):
    folder = pathlib.Path(os.environ["HOME"]) / name
    (folder / "models").mkdir(parents=True)
    extra = "<script>alert(1)</script>\\n" if number else ""
    (folder / "train.py").write_text("import os\\nprint(os)\\n")
    (folder / "models" / "net.py").write_text("depth = 50\\n")
    (folder / "weights.bin").write_bytes(bytes([0, number]))
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, "-C", folder, *words], check=True)
    (folder / "train.py").write_text("import os\\n" + extra + "print(os)\\n")
    code = {"snapshot_code": True, "workspace_root": folder}
    with rn.init("code", run_id=f"of-{name}", alias=name, config={"lr": 0.1, "seed": number, "<b>": 1}, **code) as run:
        run.log_dataset("digits", folder / "weights.bin", save=True)
        run.set_primary_metric("loss", mode="min")
        for step in range(10):
            run.log({"loss": step * (1 + (number and step > 4))}, step=step)
        for step in (2, 4, 7 + number):  # each has been asked at 4 last, at which the other was, too
            for prompt in ("1 + 1", "2 + 2"):
                answer = [{"role": "assistant", "content": "4"}]
                run.log_rollout(prompt, answer, {"correct": float(number or prompt == "2 + 2")}, step=step)
        rn.alert(f"Slow {number}", step=6)
        run.log_rollout(f"3 + {number}", answer, {"correct": 0.0}, step=9)
assert not any(rank.wait() for rank in ranks)
"""


def code(world: World, run: str) -> dict[str, Any]:
    """What is known of a run's snapshot; nothing before it is taken, or could not be."""
    with urllib.request.urlopen(f"{world.url}api/v1/runs/{run}/code") as answer:
        found: dict[str, Any] = json.load(answer)["told"]
        return found


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two runs with a snapshot of their code, and one of two ranks, of which one is slow."""
    with filled(PROGRAM, 3) as made:
        wait(lambda: all(code(made, f"of-{name}") for name in ("left", "right", "ranks")), "there is no snapshot")
        yield made


def keys_of_files(page: Page) -> None:
    """Looks at the files by keys alone."""
    page.keyboard.press("u")
    expect(page.locator(".hunk .added")).to_have_text("+<script>alert(1)</script>\n")
    assert "unified=1" in page.url
    for key in "ujj":
        page.keyboard.press(key)
    expect(page.locator("summary:focus")).to_contain_text("weights.bin")
    expect(page.get_by_text("Not compared by lines")).to_be_visible()
    page.keyboard.press("k")
    expect(page.locator("summary:focus")).to_contain_text("train.py")


def told(world: World) -> dict[str, Any]:
    """What the command line tells of the two."""
    command = [*COMMAND, "-m", "runicorn", "diff", "of-left", "of-right", "--json"]
    told: dict[str, Any] = json.loads(subprocess.check_output(command, env=world.environment, text=True))
    return told


def test_why_two_runs_differ(page: Page, world: World) -> None:
    page.goto("/diff?a=of-left&b=of-right")
    expect(page.locator(".verdict")).to_have_text(
        "Neither is better by loss: A 0 at step 0, B 0 at step 0. They differ from step 5 on, first in loss."
    )
    expect(page.locator(".side").first).to_contain_text(re.compile(r"took \d"))
    rollouts = page.get_by_role("region", name="rollouts")
    expect(rollouts.locator("h2")).to_have_text(
        "rollouts No prompt is the same. Mean reward at step 9 of train: A 0, B 0"
    )
    metrics = page.get_by_role("region", name="metrics").get_by_role("row").last
    for place, text in enumerate(("9", "9", "18", "9")):  # the last step, A, B, and their difference
        expect(metrics.get_by_role("cell").nth(place)).to_have_text(text)
    expect(page.get_by_role("table", name="Prompts of each").get_by_role("row").last).to_have_text("3 + 0013 + 101")
    expect(rollouts.get_by_role("link", name="B")).to_have_attribute("href", re.compile("of-right/rollouts.*c=9"))
    page.locator(".verdict").get_by_role("button", name="5").click()
    expect(page.locator("[data-metric=loss] .at-cursor.pinned")).to_be_visible()
    assert "c=5" in page.url
    assert len(painted(page, "loss").columns) > 1
    flag = page.locator("[data-metric=loss] .flag.of-alert")
    expect(flag).to_have_attribute("title", "A: warn at step 6: Slow 0\nB: warn at step 6: Slow 1")
    section = page.get_by_role("region", name="config")
    expect(section.get_by_role("rowheader")).to_have_text(["seed"])
    # The step that was clicked, A, B, and their difference; and last from where on they differ.
    for place, text in ((0, "5"), (1, "5"), (2, "10"), (3, "5"), (-1, "5")):
        expect(metrics.get_by_role("cell").nth(place)).to_have_text(text)
    expect(page.get_by_role("region", name="metrics")).to_contain_text("at step 5")
    expect(rollouts.locator("h2")).to_have_text(
        "rollouts 1 of 2 differ. Mean reward at step 4 of train, the last of both before 5 (next: step 9): A 0.5, B 1"
    )
    expect(rollouts.get_by_role("row").last).to_have_text("1 + 101+1")
    expect(page.locator(".hunk td.added")).to_have_text("<script>alert(1)</script>")
    keys_of_files(page)
    rows = told(world)
    for name in ("config", "data", "metrics"):
        names = [row["name"] for row in rows[name]]
        expect(page.get_by_role("region", name=name).get_by_role("rowheader")).to_have_text(names)
    page.keyboard.press("a")
    expect(section.get_by_role("rowheader")).to_have_text(["lr", "seed", "<b>"])
    page.keyboard.press("x")
    expect(page.locator(".side a")).to_have_text(["right", "left"])
    expect(page.locator(".hunk td.removed")).to_have_text("<script>alert(1)</script>")


def test_how_long_a_run_took_is_told_alike_everywhere(page: Page) -> None:
    page.goto("/diff?a=of-left&b=of-right")
    side = page.locator(".side").first
    expect(side).to_contain_text(re.compile(r"took \d"))
    took = side.inner_text().split("took ")[1].strip()
    then = page.get_by_role("region", name="metrics").get_by_role("columnheader", name="after")
    expect(then).to_have_text(re.compile(r"^after \d\S*s, when [AB] ended$"))
    page.goto("/run/of-left/info")
    expect(page.locator(".state")).to_have_text(f"finished in {took}")
    expect(page.get_by_role("region", name="lifecycle").get_by_text("took").locator("..")).to_have_text(f"took{took}")


def test_what_is_of_different_things_is_not_subtracted(page: Page) -> None:
    """And of what only one has, nothing is asked of the other."""
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 404 else None)
    for runs, has_none in (("a=of-ranks&b=of-left", "A has none"), ("a=of-left&b=of-ranks", "B has none")):
        page.goto(f"/diff?{runs}")
        best = page.get_by_role("region", name="summary").get_by_role("row", name="best_metric_value")
        expect(best.get_by_role("cell").last).to_have_text("")
        expect(page.get_by_role("region", name="rollouts").locator("h2")).to_have_text(f"rollouts {has_none}")
    assert not refused


@pytest.mark.parametrize("width", [1400, 390])
def test_from_a_prompt_to_its_answers(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/diff?a=of-left&b=of-right&c=4")
    prompt = page.get_by_role("region", name="rollouts").get_by_role("row", name="1 + 1")
    for side, run, reward in ((0, "left", "0"), (1, "right", "1.00")):
        prompt.get_by_role("cell").nth(side).get_by_role("link").click()
        samples = page.get_by_role("region", name="Samples")
        expect(samples).to_contain_text("1 sample of step 4, one prompt")
        expect(samples.locator(".rollout-reward")).to_have_text(reward)
        assert f"/run/of-{run}/rollouts" in page.url
        page.go_back()
    page.goto("/diff?a=of-left&b=of-right")
    page.get_by_role("table", name="Prompts of each").get_by_role("link", name="3 + 1").click()
    expect(samples).to_contain_text("1 sample of step 9, one prompt")
    assert "/run/of-right/rollouts" in page.url


def test_lines_of_code_on_any_screen(page: Page) -> None:
    page.goto("/diff?a=of-right&b=of-left")
    expect(page.locator("table.hunk td.removed")).to_have_text("<script>alert(1)</script>")
    page.get_by_role("button", name="unified").click()
    expect(page.locator("pre.hunk .removed")).to_have_text("-<script>alert(1)</script>\n")
    page.get_by_role("button", name="unified").click()
    expect(page.locator("table.hunk")).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 800})  # where two columns have no room
    expect(page.locator("pre.hunk .removed")).to_have_text("-<script>alert(1)</script>\n")
    expect(page.locator("table.hunk")).to_have_count(0)
    expect(page.get_by_role("button", name="unified")).to_have_count(0)
    prompt = page.get_by_role("table", name="Prompts of each").get_by_role("cell", name="3 + 1")
    one_line = "cell => cell.clientHeight < 40 && document.querySelector('.differences').scrollWidth <= innerWidth"
    expect(page.get_by_role("region", name="metrics").get_by_role("rowheader")).to_have_text(["loss"])
    assert prompt.evaluate(one_line), "a table makes room for its words, and what has none scrolls within itself"
    cut = "hunk => hunk.scrollWidth > hunk.clientWidth"
    assert not page.locator("pre.hunk").evaluate(cut)
    page.get_by_text("train.py").click()
    page.get_by_text("weights.bin").click()
    page.reload()
    expect(page.get_by_text("Not compared by lines")).to_be_visible()
    expect(page.locator(".hunk")).to_have_count(0)
    assert page.url.endswith("&turned=train.py,weights.bin")


def test_the_code_of_a_run(page: Page) -> None:
    page.goto("/run/of-right")
    page.get_by_role("link", name="code", exact=True).click()
    tree = page.get_by_role("tree")
    expect(tree.get_by_role("treeitem", name="models")).to_have_attribute("aria-expanded", "true")
    expect(tree.get_by_role("treeitem", name="train.py").locator(".changed")).to_have_count(1)
    expect(tree.locator(".changed")).to_have_count(1)
    source = page.get_by_role("region", name="train.py")
    expect(source.locator(".hl-keyword")).to_have_text(["import"])
    expect(source).to_contain_text("<script>")
    page.get_by_role("button", name="net.py").click()
    expect(page.get_by_role("region", name="models/net.py")).to_contain_text("depth = 50")
    assert "file=models/net.py" in page.url
    with page.expect_download() as kept:
        page.keyboard.press("D")
    assert (kept.value.suggested_filename, "depth = 50" in kept.value.path().read_text()) == ("net.py", True)
    page.keyboard.press("j")
    expect(source.locator(".hl-keyword")).to_have_text(["import"])
    page.keyboard.press("k")
    expect(page.get_by_role("region", name="models/net.py")).to_contain_text("depth = 50")
    page.get_by_role("button", name="1 changed file").click()
    patch = page.get_by_role("region", name="Not committed")
    expect(patch.locator(".hl-addition")).to_have_text(["+<script>alert(1)</script>"])
    page.reload()
    expect(patch).to_contain_text("+<script>alert(1)</script>")


def test_how_many_ranks_two_runs_have_and_which_is_slow(page: Page) -> None:
    page.goto("/diff?a=of-ranks&b=of-left&all=1")
    ranks = page.get_by_role("region", name="ranks")
    slow = "stragglerrank 1 since step 10, step_time +33 %none"
    expect(ranks.get_by_role("row")).to_have_text(["AB", re.compile("ranks21"), "hosts11", slow])
    expect(page.locator(".verdict")).to_contain_text("A has a straggler: rank 1 since step 10, step_time +33 %.")
    why = "code A has no snapshot of the code: There is no code to snapshot, the workspace does not exist: /nowhere."
    expect(page.get_by_role("region", name="code").locator("h2")).to_have_text(why)
    page.keyboard.press("a")
    expect(ranks.get_by_role("row")).to_have_count(3)
    page.goto("/diff?a=of-ranks&b=of-ranks&all=1&x=relative&c=3600")
    loss = page.get_by_role("region", name="metrics").get_by_role("row").nth(2)
    expect(loss.get_by_role("cell")).to_have_text(["39", "39", "39", "0", "39", "39", "0", ""])
    page.goto("/diff?a=of-left&b=of-right")
    expect(ranks.locator("h2")).to_have_text("ranks 1 = 1")
