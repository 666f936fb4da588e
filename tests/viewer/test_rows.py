"""The rows of the table as the server makes them: groups, names with commas, values at the best step, files."""

import csv
import math

import pytest
from tests.programs import wait
from tests.viewer.conftest import Viewer

import runicorn as rn
from runicorn.viewer.aggregates import groups
from runid.store.table import Table


def entry(number: int, **config: object) -> dict[str, object]:
    return {"run": f"r{number}", "config": config, "summary": {}, "metrics": {}, "alias": None}


def ordered(
    entries: list[dict[str, object]], key: str, columns: list[str], aggregate: str = "mean"
) -> list[tuple[object, int, object]]:
    table = Table(entries)
    rows = table.ordered(range(len(entries)), [key])
    told = groups(table, rows, key, columns, aggregate)
    return [(one["value"], one["count"], one["columns"]) for one in told]


def test_groups_and_their_numbers() -> None:
    entries = [entry(0, lr=0.1, acc=1.0), entry(1, lr=0.1, acc=3.0), entry(2, lr="1e-1", acc=math.nan), entry(3)]
    assert ordered(entries, "lr", ["acc", "none"]) == [(0.1, 3, {"acc": 2.0}), (None, 1, {})]
    assert ordered(entries, "lr", ["acc"], "max") == [(0.1, 3, {"acc": 3.0}), (None, 1, {})]
    assert ordered(entries, "lr", ["acc"], "min") == [(0.1, 3, {"acc": 1.0}), (None, 1, {})]
    table = Table(entries)
    for aggregate, spread in (("std", 2**0.5), ("sem", 1.0), ("ci95", 1.96)):
        told, _ = groups(table, table.ordered(range(4), ["lr"]), "lr", ["acc"], aggregate)
        assert told["columns"] == {"acc": 2.0}
        assert told["spreads"] == {"acc": pytest.approx(spread, rel=1e-4)}


def test_a_group_stands_together_whatever_its_values_are() -> None:
    values = ["b", 2, True, ["x", "y"], None, math.nan, "a", 2.0, {"n": 1}, ["x", "y"], -math.inf, True]
    entries = [entry(number, key=value) for number, value in enumerate(values)]
    told = ordered(entries, "key", [])
    assert [(value, count) for value, count, _ in told] == [
        (-math.inf, 1),
        (2, 2),
        ("a", 1),
        ("b", 1),
        ("true", 2),
        (("x", "y"), 2),
        ('{"n": 1}', 1),
        (None, 2),
    ]


def test_an_unknown_aggregate_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mean, min, max, std, sem, ci95, not as 'best'"):
        groups(Table(), [], "lr", [], "best")


def test_rows_over_http(viewer: Viewer) -> None:
    runs = []
    for number in range(3):
        config = {"a,b": number, "back\\slash": -number, "set": number % 2}
        with rn.init("many", alias=f"<{number}>", config=config, tags=["one", "t,w"]) as run:
            run.set_primary_metric("loss", "min")
            for step in range(-5, 6):
                run.log({"loss": (step - number) ** 2, "acc, top": 10 * step}, step=step)
            run.log({"rare": 7.0}, step=-3)
        runs.append(run.id)
    wait(lambda: viewer.get("runs", q="status:finished")["found"] == 3, "the catalog does not follow")
    told = viewer.get("runs", sort=r"-config.a\,b", cols=r"config.a\,b,config.back\\slash,metric.acc\, top.max")
    assert told["columns"]["run"] == runs[::-1]
    assert told["columns"]["config.a,b"] == [2, 1, 0]
    assert told["columns"]["config.back\\slash"] == [-2, -1, 0]
    assert told["columns"]["metric.acc, top.max"] == [50, 50, 50]
    told = viewer.get("runs", sort="-loss @best,path", cols=r"loss @best,acc\, top @best")
    assert [told["columns"][key] for key in ("loss @best", "acc, top @best")] == [[0, 0, 0], [None, None, None]]
    assert viewer.get("columns")["primary"] == {"loss": 3}
    grouped = viewer.get("runs", group="config.set", cols="config.set,metric.loss.max")
    assert [one["columns"] for one in grouped["groups"]] == [
        {"config.set": 0, "metric.loss.max": 37.0},
        {"config.set": 1, "metric.loss.max": 36.0},
    ]
    assert "groups" not in viewer.get("runs", group="config.set", lo=1)
    best(viewer, runs)
    exported(viewer, runs)


def best(viewer: Viewer, runs: list[str]) -> None:
    """What a metric was where another one was best, or the primary one, or where it had no point."""
    listed = ",".join([*runs, "none"])
    assert viewer.get("best", runs=listed, metric="acc, top") == [0, 10, 20, None]
    assert viewer.get("best", runs=listed, metric="acc, top", of="loss", mode="max") == [-50, -50, -50, None]
    assert viewer.get("best", runs=listed, metric="rare") == [7, 7, 7, None]
    assert viewer.get("best", runs=runs[0], metric="loss", of="missing") == [None]
    assert viewer.ask(f"/api/v1/best?runs={runs[0]}&metric=loss&of=loss&mode=mean").status == 400


def exported(viewer: Viewer, runs: list[str]) -> None:
    """The table as a file: of all, in order, and of some."""
    answer = viewer.ask(r"/api/v1/runs.csv?sort=alias&cols=tags,config.a%5C,b,metric.loss")
    assert answer.headers["content-disposition"] == 'attachment; filename="runs.csv"'
    rows = list(csv.reader(answer.body.decode().splitlines()))
    assert rows[0] == ["run", "path", "alias", "status", "tags", "config.a,b", "metric.loss"]
    assert rows[1] == [runs[0], "many", "<0>", "finished", "one t,w", "0", "25"]
    assert [row[0] for row in rows[1:]] == runs
    some = viewer.ask(f"/api/v1/runs.csv?runs={runs[1]}").body.decode().splitlines()
    assert [line.split(",")[0] for line in some] == ["run", runs[1]]


def test_rows_of_a_table_follow_their_entries() -> None:
    table = Table([entry(0, lr=3), entry(1, lr=1)])
    assert table.ordered([0, 1], ["lr"]) == [1, 0]
    table.put(1, entry(1, lr=9))
    table.put(2, entry(2, lr="text"))
    assert table.ordered(range(3), ["lr"]) == [0, 1, 2]
    assert table.ordered(range(3), ["-lr"]) == [2, 1, 0]
