"""Every point of a chart as a file, exactly."""

import io
from urllib.parse import quote

import numpy as np
import pyarrow.csv
import pyarrow.parquet
from tests.viewer.conftest import Viewer

import runicorn as rn

VALUES = [0.1, 1 / 3, float("nan"), float("inf"), 1e300]
METRIC = "=train/loss"


def test_points_as_files(viewer: Viewer) -> None:
    runs = []
    for alias in ("first", "=2+2"):
        with rn.init("files", alias=alias) as run:
            for step, value in enumerate(VALUES):
                run.log({METRIC: value, "other": 1.0}, step=step)
        runs.append(run.id)
    asked = f"/api/v1/points?runs={','.join(runs)}&metric={quote(METRIC)}"

    answer = viewer.ask(f"{asked}&fmt=parquet")
    assert answer.headers["content-disposition"] == 'attachment; filename="train-loss.parquet"'
    table = pyarrow.parquet.read_table(io.BytesIO(answer.body))
    assert table.column_names[:5] == ["run", "alias", "metric", "stage", "rank"]
    assert table["run"].to_pylist() == [run for run in runs for _ in VALUES]
    np.testing.assert_array_equal(table["value"].to_numpy(), np.array(VALUES * 2))

    told = pyarrow.csv.read_csv(io.BytesIO(viewer.ask(f"{asked}&fmt=csv&lo=1&hi=1").body))
    assert (told["step"].to_pylist(), told["value"].to_pylist()) == ([1, 1], [1 / 3, 1 / 3])
    assert told["alias"].to_pylist() == ["first", "'=2+2"]
    assert told["metric"].to_pylist() == [f"'{METRIC}"] * 2


def test_points_that_cannot_be_had(viewer: Viewer) -> None:
    assert viewer.ask("/api/v1/points?runs=gone&metric=loss").status == 404
    assert viewer.ask("/api/v1/points?runs=&metric=loss&fmt=exe").status == 400


def test_metrics_that_are_known_are_not_sent_again(viewer: Viewer) -> None:
    with rn.init("files") as run:
        run.log({"loss": 1.0}, step=1)
    answer = viewer.ask(f"/api/v1/metrics?runs={run.id}")
    again = viewer.ask(f"/api/v1/metrics?runs={run.id}", if_none_match=answer.headers["etag"])
    assert (answer.json, again.status, again.body) == ({"loss": [0]}, 304, b"")
