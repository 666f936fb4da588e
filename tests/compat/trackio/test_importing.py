"""CSV files and TensorBoard's event files become runs."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from tests.compat.trackio.reading import points, runs

import runicorn as rn
from runicorn import event_files
from runicorn.compat import trackio


def test_a_csv_file(project: str, tmp_path: Path) -> None:
    path = tmp_path / "old run.csv"
    long = "validation/accuracy of the ensemble"
    path.write_text(
        f"step,timestamp,loss,{long},note,text\n"
        "0,2024-01-01T00:00:00+00:00,1.5,0.25,,good\n"
        "10,1704067260.5,nan,,7,\n"
        "5.0,,-inf,1e-3,x,y\n"
        "6,nan,2,,,\n7,1e300,2,,,\n8,-1,2,,,\n9,yesterday,2,,,\n"
    )
    trackio.import_csv(path, project)
    (run,) = runs(project)
    assert (run.name, run.status, run.project) == ("old run", "finished", project)
    found = sorted((name, step, str(value)) for name, step, value in points(run))
    assert found == sorted([
        ("loss", 0, "1.5"), ("loss", 10, "nan"), ("loss", 5, "-inf"),
        *(("loss", step, "2.0") for step in range(6, 10)),
        (long, 0, "0.25"), (long, 5, "0.001"), ("note", 10, "7.0"),
    ])  # fmt: skip
    times = {row["step"]: row["time"].timestamp() for row in run.history("loss").to_pylist()}
    assert (times[0], times[10]) == (1704067200.0, 1704067260.5)
    assert min(times[step] for step in range(5, 10)) > run.meta["created_at"] - 60


@pytest.mark.parametrize("names", ["Step,run - loss", " step , run - loss"])
def test_a_csv_file_as_others_write_it(project: str, tmp_path: Path, names: str) -> None:
    (tmp_path / "a.csv").write_text(f'{names}\n0, 0.5\n"1","0.25"\n')
    trackio.import_csv(tmp_path / "a.csv", project)
    (run,) = runs(project)
    assert points(run) == [("run - loss", 0, 0.5), ("run - loss", 1, 0.25)]


def test_it_is_no_active_run_and_finishes_none(run: trackio.Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("step,loss\n1,2\n")
    trackio.import_csv(str(tmp_path / "a.csv"), run.project, name="imported", force=True)
    trackio.log({"mine": 1.0})
    trackio.finish()
    assert [(one.name, points(one)) for one in runs(run.project)] == [
        (run.name, [("mine", 0, 1.0)]), ("imported", [("loss", 1, 2.0)])
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("epoch,loss\n1,2\n", "has no column 'step'; it has: epoch, loss"),
        ("", "has no column 'step', for it is empty"),
        ("step,lo\udcdf\n1,2\n", "is no CSV file in UTF-8"),
        (f"step,note\n1,{'9' * 200_000}\n", "is no CSV file in UTF-8: field larger than"),
        ("step,loss\n1,2\nx,2\n", "line 3: the step 'x' is no whole number"),
        ("step,loss\n1e300,2\n", "line 2: the step '1e300' is no whole number"),
        ("step,loss\n1.5,2\n", "line 2: the step '1.5' is no whole number"),
    ],
)
def test_a_csv_file_without_steps_raises_and_makes_no_run(
    root: Path, project: str, tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "a.csv").write_text(text, errors="surrogateescape")
    with pytest.raises(ValueError, match=why):
        trackio.import_csv(tmp_path / "a.csv", project)
    assert not (root / "runs" / project).exists()


def written(path: Path, *scalars: tuple[str, int, float, float], after: bytes = b"") -> None:
    """An event file with these scalars: tag, step, time, value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    records = [event_files.record(b"\x09" + struct.pack("<d", 1.0) + b"\x1a\x0dbrain.Event:2")]
    records += [
        event_files.record(event_files.scalar(tag, step, seconds, struct.pack("<f", value)))
        for tag, step, seconds, value in scalars
    ]
    path.write_bytes(b"".join(records) + after)


def test_event_files(project: str, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    written(logs / "events.out.tfevents.1.host", ("loss", 1, 1704067200.25, 0.5), ("loss", 2, 1704067201.0, 0.25))
    written(logs / "events.out.tfevents.2.host", ("loss", 3, 1704067202.0, 0.125))
    written(logs / "val/deep/events.out.tfevents.3.host", ("a tag of many/characters", -1, 1704067203.0, 2.0))
    (logs / "notes.txt").write_text("no event file")
    trackio.import_tf_events(logs, project)
    found = {run.name: run for run in runs(project)}
    assert {name: points(run) for name, run in found.items()} == {
        "logs": [("loss", 1, 0.5), ("loss", 2, 0.25), ("loss", 3, 0.125)],
        "logs/val/deep": [("a tag of many/characters", -1, 2.0)],
    }
    assert found["logs"].history()["time"].to_pylist()[0].timestamp() == 1704067200.25
    trackio.import_tf_events(logs / "val", project, name="named")
    assert runs(project)[-1].name == "named/deep"


def test_no_event_file_raises(root: Path, project: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no event file"):
        trackio.import_tf_events(tmp_path, project)
    written(tmp_path / "events.out.tfevents.1", ("loss", 1, 1.0, 2.0))
    for wrong in ("events.out.tfevents.1", "none"):
        with pytest.raises(ValueError, match=f"{wrong} is no folder"):
            trackio.import_tf_events(tmp_path / wrong, project)
    assert not (root / "runs" / project).exists()


def test_what_our_exporter_writes_comes_back(project: str, tmp_path: Path) -> None:
    run = trackio.init(project, name="first")
    for step in range(100):
        trackio.log({"loss": 1 / (step + 1)})
    run.finish()
    rn.MetricsExporter(rn.Api().run(run.id).run_dir).to_tensorboard(tmp_path)
    trackio.import_tf_events(tmp_path, project, name="second")
    first, second = runs(project)
    assert points(second) == [(name, step, float(np.float32(value))) for name, step, value in points(first)]


def test_a_damaged_file_is_taken_up_to_there(project: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    good = ("loss", 1, 1704067200.0, 0.5)
    written(tmp_path / "torn.tfevents", good, after=event_files.record(b"x" * 50)[:-3])
    written(tmp_path / "wrong.tfevents", good, after=b"\0" * 100)
    trackio.import_tf_events(tmp_path, project)
    (run,) = runs(project)
    assert points(run) == [("loss", 1, 0.5)] * 2
    assert "wrong.tfevents is imported up to where it is damaged" in caplog.text
    assert "torn.tfevents" not in caplog.text


def test_a_csv_file_is_read_whole_before_the_run_begins(root: Path, project: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        trackio.import_csv(tmp_path / "none.csv", project)
    assert not (root / "runs" / project).exists()
    assert list(event_files.read(io.BytesIO(b""))) == []
