"""A run's points table by table: in the order of its history, however small the tables are, and each point once."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.programs import train, wait

import runicorn as rn
from runicorn import tables
from runicorn.api import StoredRun
from runid.store import runs

RANK = """
import runicorn as rn
with rn.init("many", run_id="r1") as run:
    for step in range(500):
        run.log({"loss": run.rank + step / 3, "even": step % 2}, step=step % 300, stage="a" if step < 400 else None)
    run.log({f"rare {run.rank}": 1.0}, step=-5)
"""


@pytest.fixture(scope="module")
def stored(root: Path) -> StoredRun:
    """A run of two ranks, sealed."""
    for rank in "01":
        job = {"TORCHELASTIC_RUN_ID": "job", "MASTER_ADDR": "host", "MASTER_PORT": "1", "WORLD_SIZE": "2"}
        train(RANK, env=os.environ | job | {"RANK": rank})
    folder = runs.run_dir(root, "many", "r1")
    wait(lambda: list((folder / "metrics").glob("*.parquet")), "nothing is sealed")
    return rn.Api(root).run("r1")


def test_tables_are_the_history_in_pieces(stored: StoredRun, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = stored.history()
    monkeypatch.setattr(tables, "MOST", 200)
    monkeypatch.setattr(tables, "_STRETCH", 50)
    monkeypatch.setattr(tables, "_TABLE", 100)
    pieces = list(stored.tables())
    assert len(pieces) > 10
    assert max(map(len, pieces)) < 200
    assert pa.concat_tables(pieces).to_pylist() == whole.to_pylist()


def test_tables_of_some_metrics_ranks_and_steps(stored: StoredRun) -> None:
    some = pa.concat_tables(stored.tables(["loss", "rare 1"], [1, 7], (-10, 20)))
    assert some.to_pylist() == stored.history(["loss", "rare 1"], 1, (-10, 20)).to_pylist()
    assert np.array(some["step"]).min() == -5
    assert set(some["rank"].to_pylist()) == {1}
    assert [len(table) for table in stored.tables("loss", 7)] == [0]
    assert stored.count() == len(stored.history()) == 2002
