"""The alerts of many runs, over HTTP."""

from typing import Any

import pytest
from tests.programs import wait
from tests.viewer.conftest import Viewer

import runicorn as rn


@pytest.mark.filterwarnings("ignore")
def test_alerts_of_many_runs_newest_first(viewer: Viewer) -> None:
    running = rn.init("cv", run_id="running")
    with rn.init("nlp", run_id="ended", alias="the-end") as run:
        run.alert("first", "why <b>", level="info", step=3)
        run.alert("second", level="error")
    running.alert("third")
    told = wait(lambda: _all(viewer, 3), "not all alerts are told")
    assert [(one["run"], one["title"]) for one in told["alerts"]] == [
        ("running", "third"), ("ended", "second"), ("ended", "first"),
    ]  # fmt: skip
    assert (told["alerts"][2]["step"], told["alerts"][2]["text"], told["alerts"][2]["alias"]) == (
        3,
        "why <b>",
        "the-end",
    )
    assert (told["runs"], told["total"]) == (2, 2)
    assert [one["title"] for one in viewer.get("alerts", level="error")["alerts"]] == ["second"]
    assert [one["title"] for one in viewer.get("alerts", order="level")["alerts"]] == ["second", "third", "first"]
    assert viewer.get("alerts", q="path:cv")["found"] == 1
    assert [one["title"] for one in viewer.get("alerts", lo=1, hi=2)["alerts"]] == ["second"]
    assert viewer.ask("/api/v1/alerts?level=odd").status == 400
    running.finish()


def _all(viewer: Viewer, count: int) -> dict[str, Any] | None:
    told: dict[str, Any] = viewer.get("alerts")
    named = {one["alias"] for one in told["alerts"]}
    return told if told["found"] == count and "the-end" in named else None
