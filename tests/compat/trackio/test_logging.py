"""What the calls of a run keep: points, system values, alerts, files, media."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import programs
from tests.compat.trackio.reading import Point, logged, points, stored
from tests.seeds.running import assets, image
from tests.webhooks import Server, serving

import runicorn as rn
from runicorn.api import StoredRun
from runicorn.compat import trackio
from runicorn.compat.trackio import AlertLevel, system
from runicorn.notices import Notices


def test_steps_begin_at_0_and_go_on_behind_the_largest(run: trackio.Run) -> None:
    for step in (None, None, 10, None, 5, None):
        trackio.log({"loss": 1.0}, step=step)
    run.log({"loss": 1.0}, step=np.int64(3))  # type: ignore[arg-type]
    run.log({"loss": 1.0})
    assert [step for _, step, _ in logged(run)] == [0, 1, 3, 5, 10, 11, 12, 13]


def test_a_step_among_the_metrics_is_the_step(run: trackio.Run) -> None:
    trackio.log({"loss": 1.0, "train/global_step": 500})
    trackio.log({"loss": 2.0, "train/global_step": 1000})
    assert [point for point in logged(run) if point[0] == "loss"] == [("loss", 500, 1.0), ("loss", 1000, 2.0)]


def test_an_empty_call_is_a_step(run: trackio.Run) -> None:
    trackio.log({})
    trackio.log({"loss": 1.0})
    assert logged(run) == [("loss", 1, 1.0)]


def test_what_is_no_mapping_raises(run: trackio.Run) -> None:  # noqa: ARG001
    with pytest.raises(TypeError):
        trackio.log([1.0])  # type: ignore[arg-type]


def test_system_values_lie_at_the_last_step_and_leave_it(run: trackio.Run) -> None:
    trackio.log_system({"early": 1.0})
    for _ in range(3):
        trackio.log({"loss": 1.0})
    trackio.log_system({"gpu/0/temp": np.float32(50.0), "note": {"fan": "on"}, "": 1.0})
    trackio.log({"loss": 1.0})
    found = stored(run)
    assert [point[:2] for point in points(found)] == [("loss", step) for step in range(4)]
    assert [point[:2] for point in points_of(found, "sys/early", "sys/gpu/0/temp")] == [
        ("sys/early", 0), ("sys/gpu/0/temp", 2)
    ]  # fmt: skip
    (note,) = found.objects()
    assert (note["key"], note["value"]) == ("sys/note", {"fan": "on"})


def points_of(run: StoredRun, *metrics: str) -> list[Point]:
    rows = run.history(metrics).to_pylist()
    return sorted((row["metric"], row["step"], row["value"]) for row in rows)


def test_system_values_after_the_end_are_a_notice(run: trackio.Run, caplog: pytest.LogCaptureFixture) -> None:
    run.finish()
    with caplog.at_level(logging.WARNING, "runicorn"):
        run.log_system({"x": 1.0})
    assert "has finished" in caplog.text


@pytest.mark.parametrize("wrong", [None, [1], "x"])
def test_system_values_that_are_no_mapping_are_a_notice(
    run: trackio.Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, wrong: Any
) -> None:
    monkeypatch.setattr("runicorn.compat.trackio.run.warn_once", Notices().once)
    trackio.log_system(wrong)
    assert "What log_system() was given is no mapping and left out" in caplog.text
    assert logged(run) == []


def test_a_webhook_of_one_alert_is_a_notice_that_says_what_to_do(
    run: trackio.Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runicorn.compat.trackio.run.warn_once", Notices().once)
    trackio.alert("hot", webhook_url="http://127.0.0.1:9/x")
    assert "trackio.init(webhook_url=...)" in caplog.text
    assert [(alert["title"], alert["webhooks"]) for alert in stored(run).alerts] == [("hot", 0)]


def test_one_look_at_the_machine(run: trackio.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    gpus = [{"index": 0, "utilization": 50, "memory": {"used": 1, "total": 4}}, {"index": 1, "utilization": 70}]
    monkeypatch.setattr("runid.jobs.sampler._gpus", lambda: gpus)
    first, second = trackio.log_cpu(), trackio.log_cpu(run)
    assert 0 < first["memory"] <= 100
    assert {"cpu", "memory", "memory/used"} <= second.keys()
    assert trackio.log_gpu() == {
        "gpu/0/utilization": 50.0, "gpu/0/memory": 1.0, "gpu/0/memory/percent": 25.0, "gpu/1/utilization": 70.0
    }  # fmt: skip
    assert trackio.log_gpu(device=1) == {"gpu/1/utilization": 70.0}
    found = stored(run)
    assert points_of(found, "sys/gpu/1/utilization") == [("sys/gpu/1/utilization", 0, 70.0)] * 2
    assert points_of(found, "sys/memory/used")
    assert system._before["gpus"] == gpus


def test_alerts(run: trackio.Run) -> None:
    trackio.alert("early")
    trackio.log({"loss": 1.0}, step=7)
    trackio.alert("hot", "very", AlertLevel.ERROR)
    run.alert("later", level="info", step=9)
    with pytest.raises(ValueError, match="level"):
        trackio.alert("x", level="loud")
    found = stored(run)
    assert [(alert["title"], alert["text"], alert["level"], alert["step"]) for alert in found.alerts] == [
        ("early", None, "warn", 0), ("hot", "very", "error", 7), ("later", None, "info", 9)
    ]  # fmt: skip
    assert "ERROR | hot: very (step 7)\n" in found.text()


@pytest.fixture(name="server")
def _server() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.mark.parametrize("given", ["argument", "environment"])
def test_webhooks_are_of_one_run(project: str, server: Server, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    if given == "argument":
        first = trackio.init(project, webhook_url=server.url, webhook_min_level=AlertLevel.WARN)
    else:
        monkeypatch.setenv("TRACKIO_WEBHOOK_URL", server.url)
        monkeypatch.setenv("TRACKIO_WEBHOOK_MIN_LEVEL", "warn")
        first = trackio.init(project)
        monkeypatch.delenv("TRACKIO_WEBHOOK_URL")
    trackio.alert("small", level="info")
    trackio.alert("hot")
    second = trackio.init(project)
    trackio.alert("nobody hears it")
    trackio.finish()
    said = [alert["webhooks"] for run in (first, second) for alert in rn.Api().run(run.id).alerts]
    assert said == [0, 1, 0]
    programs.wait(lambda: server.heard, "the webhook has not come")
    assert {body["title"] for _, _, body in server.heard} == {"hot"}


def test_saved_files_are_archived(
    root: Path, run: trackio.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.yaml", "sub/b.yaml", "sub/deep/c.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert trackio.save("*.yaml") == str(root / "archive")
    trackio.save(str(tmp_path / "sub/**/*.yaml"))
    trackio.finish()
    said = assets(rn.Api().run(run.id).run_dir, lambda said: [one["saved"] for one in said["datasets"]] == [True] * 3)
    kept = {one["name"]: ((root / one["archive_path"]).read_text(), one["context"]) for one in said["datasets"]}
    assert kept == {name: (name, "file") for name in ("a.yaml", "sub/b.yaml", "sub/deep/c.yaml")}


def test_files_of_the_root_are_not_saved_into_it(root: Path, run: trackio.Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    (root.parent / "mine.yaml").write_text("mine")
    trackio.log({"loss": 1.0})
    run._native.flush(programs.PATIENCE)
    trackio.save("**/*")
    trackio.finish()
    names = {one["name"] for one in rn.Api().run(run.id).datasets}
    assert "mine.yaml" in names
    assert not [name for name in names if name.startswith(root.name)]


def test_nothing_to_save_raises(run: trackio.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(ValueError, match=r"No file matches '\*\.yaml'"):
        trackio.save("*.yaml")
    assert stored(run).datasets == []


def test_lists_of_images(run: trackio.Run) -> None:
    red = np.full((4, 6, 3), (255, 0, 0), np.uint8)
    trackio.log({"images": [trackio.Image(red, caption="one"), trackio.Image(value=red)]})
    found = stored(run)
    assert [(one["index"], one["caption"], one["step"]) for one in found.media("images")] == [
        (0, "one", 0),
        (1, None, 0),
    ]
    assert [image(one["path"]).getpixel((5, 3)) for one in found.media("images")] == [(255, 0, 0)] * 2


ONE_NOTICE = """
import runicorn.compat.trackio as trackio
for _ in range(2):
    trackio.init("notices", space_id="me/space", server_url=None, private=True, embed=False, bucket_id=None)
trackio.init("notices", dataset_id=None, auto_log_gpu=True, resume="never", gpu_log_interval=10)
trackio.log({"loss": 1.0})
print(trackio.sync(project="notices", sdk="static", space_id="me/space", force=True))
print(trackio.freeze(space_id="me/space", project="notices", new_space_id="me/frozen", private=True))
trackio.sync("notices")
app, local, share, address = trackio.show("notices")
trackio.finish()
"""


@pytest.mark.usefixtures("root")
def test_what_has_no_meaning_is_told_once() -> None:
    out, err = programs.finish(programs.start(ONE_NOTICE))
    assert out.splitlines() == [
        "me/space", "me/frozen",
        "The viewer shows runs at http://127.0.0.1:23300, those of 'notices' under the path notices.",
    ]  # fmt: skip
    assert [line.partition(".")[2] for line in err.splitlines()] == [
        "init: space_id, private, embed have no effect. Runs are kept on this machine, and nothing is sent anywhere.",
        "sync() does nothing: runs are kept on this machine.",
        "freeze() does nothing: runs are kept on this machine.",
    ]


def test_a_project_is_not_deleted(run: trackio.Run) -> None:
    trackio.log({"loss": 1.0})
    with pytest.raises(NotImplementedError, match="nothing of"):
        trackio.delete_project(run.project, force=True)
    assert logged(run) == [("loss", 0, 1.0)]


def test_no_system_metrics_where_neither_is_wanted(root: Path, project: str) -> None:
    program = "import runicorn.compat.trackio as trackio\n"
    program += f"run = trackio.init({project!r}, auto_log_gpu=False, auto_log_cpu=False)\n"
    program += "import json; print(json.dumps(run._native._told))"
    assert json.loads(programs.train(program)) == {"system": False}
    assert (root / "runs" / project).exists()
