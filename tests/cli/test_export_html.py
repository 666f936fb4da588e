"""`runicorn export-html`: a run as one file in which nothing of it is HTML or script."""

import base64
import json
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from tests.cli.commands import refused, runicorn
from tests.programs import wait

import runicorn as rn
from runicorn.viewer import frames
from runicorn.viewer.pages import STATIC

HOSTILE = "</script><script>alert(1)</script><!-- {content}"


def fill(run: rn.Run, data: Path) -> None:
    for step in range(5000):
        run.log({"loss": 40.0 if step == 1234 else 1.0}, step=step)
    for step in range(3):
        run.log({"answers": rn.Table(data=[[row, HOSTILE] for row in range(150)], columns=["at", "said"])}, step=step)
        run.log(
            {"weights": rn.Histogram(np.arange(10.0) + step), "loud": rn.Audio(np.zeros(80), sample_rate=8000)},
            step=step,
        )
        said = [{"role": "assistant", "content": HOSTILE * 100}]
        for number in range(40):
            run.log_rollout(f"prompt {step}", said, {"correct": float(number != 5)}, step=step)
        run.log_rollout("held out", said, {"correct": 0.5}, step=step, mode="eval")
    drawn = Figure(figsize=(10, 4))
    run.log({"curve": drawn, "words": [rn.Markdown(HOSTILE), rn.Markdown("long " * 20_000)]}, step=2)
    run.log_dataset("digits", data)
    run.log_text("\n".join(f"line {number} {HOSTILE}" for number in range(3000)))


@pytest.mark.usefixtures("shared_home")
def test_a_run_as_one_file(tmp_path: Path) -> None:
    if not (STATIC / "file.js").is_file():
        pytest.skip("The viewer's pages are not built, so this was NOT tested: install npm, and run scripts/install.")
    with rn.init("file", run_id="in-a-file", alias=HOSTILE, config={"text": HOSTILE}) as run:
        fill(run, tmp_path)
        assert run.flush()
    wait(lambda: not list(Path(run.run_dir).glob("media/.incoming/*")), "not all media are made")
    made = tmp_path / "run.html"
    runicorn("export-html", "in-a-file", "-o", made)
    refused("export-html", "in-a-file", "-o", made)
    page = made.read_text()
    assert page.count("<script") == page.count("</script") == 2
    assert "<title>&lt;/script&gt;" in page
    found = re.search(r'id="content">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    content = json.loads(found[1])
    assert content["run"]["alias"] == content["run"]["config"]["text"] == HOSTILE
    assert "environment" in content["run"]
    (table,) = content["tables"]
    assert (table["key"], table["step"], table["rows"], len(table["values"]["at"])) == ("answers", 2, 150, 100)
    (histogram,) = content["histograms"]
    assert (histogram["step"], histogram["total"]) == ([0, 1, 2], [10, 10, 10])
    samples = [(one["stage"], one["messages"][0]["text"], one["reward"]) for one in content["samples"]]
    wrong = [("train", f"prompt {step}", 0.0) for step in range(3)]
    assert samples == [("train", "prompt 2", 1.0)] * 29 + wrong + [("eval", "held out", 0.5)] * 3
    assert [one["text"][-1] for one in content["samples"][0]["messages"]] == ["2", "…"]
    assert [one["text"][:20] for one in content["texts"]] == [HOSTILE[:20], ("long " * 4)]
    assert len(content["texts"][1]["text"]) < 60_000
    (figure,) = content["figures"]
    assert (figure["key"], figure["src"][:22]) == ("curve", "data:image/png;base64,")
    sentences = (
        "Of 3 tables 1 is here",
        "Of 123 rollouts and traces 35 are here",
        "in the run: audio (3).",
        "run: datasets.",
        "the path of the run's folder.",
    )
    for what in sentences:
        assert any(what in one for one in content["limits"]), content["limits"]
    assert content["text"][0]["lines"][-1].endswith(f"line 2999 {HOSTILE}")
    assert len(content["text"][0]["lines"]) == 2000
    assert any("last lines" in one for one in content["limits"])
    ((told, columns),) = frames.unpack(base64.b64decode(content["frame"]))
    assert told["metric"] == "loss"
    assert (len(columns["max"]) <= 2000, columns["max"].max()) == (True, 40.0)
