"""What the viewer's addresses answer, asked over HTTP."""

import json
import math
import socket
from urllib.parse import urlsplit

import numpy as np
import pytest
from tests.conftest import Home
from tests.programs import wait
from tests.viewer.conftest import Viewer, shown

import runicorn as rn
from harness.truth import Truth, keep
from runicorn.viewer import frames

SPIKE = 5555


def logged(path: str, points: int = 3, **arguments: object) -> rn.Run:
    with rn.init(path, **arguments) as run:  # type: ignore[arg-type]
        for step in range(points):
            run.log({"loss": 1.0 / (step + 1), "val/acc": step / points}, step=step)
    return run


def test_an_empty_root(viewer: Viewer) -> None:
    assert viewer.get("info")["roots"] == [{"root": str(viewer.root), "runs": 0}]
    assert viewer.get("runs")["found"] == 0
    assert viewer.get("tree") == {"paths": {}, "running": [], "total": 0, "roots": [str(viewer.root)]}


def test_a_window_of_the_runs_that_a_query_means_in_order(viewer: Viewer) -> None:
    for lr in (0.1, 0.2, 0.3, 0.4):
        logged("cv/resnet" if lr < 0.35 else "nlp", config={"lr": lr})
    wait(lambda: viewer.get("runs", q="lr>0 status:finished")["found"] == 4, "the catalog does not follow")
    assert viewer.get("runs", usual=8)["usual"] == viewer.get("runs", usual=8, among="path:cv/**")["usual"] != []
    assert viewer.get("runs", usual=8, among="path:nowhere/**")["usual"] == []
    told = viewer.get("runs", q="path:cv/** duration<1h", sort="-lr", cols="lr,duration", lo=1, hi=3)
    assert (told["total"], told["found"], told["lo"]) == (4, 3, 1)
    assert told["columns"]["lr"] == [0.2, 0.1]
    times = (told["columns"][name] for name in ("started_at", "ended_at", "duration"))
    assert all(end - start == took > 0 for start, end, took in zip(*times, strict=True))
    assert told["columns"]["path"] == ["cv/resnet"] * 2
    assert viewer.get("tree")["paths"] == {"cv/resnet": 3, "nlp": 1}
    assert viewer.get("columns")["config"] == {"lr": 4}
    grouped = viewer.get("runs", group="path")
    assert {one["value"]: one["count"] for one in grouped["groups"]} == {"cv/resnet": 3, "nlp": 1}


def test_a_query_that_cannot_be_understood_says_where(shared_viewer: Viewer) -> None:
    answer = shared_viewer.ask("/api/v1/runs?q=lr%3C")
    assert answer.status == 400
    assert answer.json == {"error": "There is no value behind '<'.", "start": 2, "end": 3}


def test_a_run_and_what_is_not_there(shared_viewer: Viewer) -> None:
    run = logged("one", alias="first")
    assert shared_viewer.get(f"runs/{run.id}")["alias"] == "first"
    assert shared_viewer.get("metrics", runs=run.id) == {"loss": [0], "val/acc": [0]}
    assert shared_viewer.get(f"runs/{run.id}/at", metrics="loss,none", step=9) == {
        "loss": {"step": 2, "value": 1 / 3, "count": 1},
        "none": None,
    }
    ends = [shared_viewer.get(f"runs/{run.id}/moment", step=step)["time"] for step in (0, 99)]
    assert ends == sorted(ends)
    assert shared_viewer.get(f"runs/{run.id}/moment", time=ends[0] - 60)["step"] == 0
    missing = shared_viewer.ask("/api/v1/runs/nothing")
    assert (missing.status, "There is no run 'nothing'" in missing.json["error"]) == (404, True)
    assert "--storage" not in missing.json["error"]  # who looks at pages types no command
    assert "There is no such page" in shared_viewer.ask("/nowhere").body.decode()
    assert shared_viewer.ask("/api/v1/nowhere").json == {"error": "Nothing answers at /api/v1/nowhere."}
    assert shared_viewer.ask("/api/v1/info?root=7").status == 200
    assert shared_viewer.ask("/api/v1/tree?root=7").status == 404


def test_a_run_among_others(shared_viewer: Viewer) -> None:
    runs = []
    for best in (0.3, 0.9, 0.6):
        with rn.init("among/cv") as run:
            run.set_primary_metric("acc", mode="max")
            run.log({"acc": best}, step=1)
        runs.append(run.id)
    other = logged("among/nlp").id
    listed = {"q": "path:among/** status:finished", "sort": "-metric.acc.last"}
    wait(lambda: shared_viewer.get("runs", **listed)["found"] == 4, "the catalog does not follow")
    found = shared_viewer.get(f"runs/{runs[0]}/among", **listed)
    assert found == {"at": 2, "found": 4, "previous": runs[2], "next": other, "place": [3, 3]}
    assert shared_viewer.get(f"runs/{runs[1]}/among", **listed)["place"] == [1, 3]
    outside = {"at": None, "found": 3, "previous": None, "next": None, "place": None}
    assert shared_viewer.get(f"runs/{other}/among", q="path:among/cv") == outside


def test_a_metric_of_all_ranks(shared_viewer: Viewer) -> None:
    folder = shared_viewer.root / "runs" / "of-ranks"
    (folder / "writers").mkdir(parents=True)
    step = np.repeat(np.arange(100), 3)
    rank = np.tile(np.arange(3), 100)
    nothing = np.zeros(300, np.int64)
    keep(folder, Truth(rank, step, nothing, rank + step / 1000), 2, 1)
    answer = shared_viewer.ask("/api/v1/runs/of-ranks/ranks?metric=m&points=200&lo=10&hi=49")
    (told, together), (_, each) = frames.unpack(answer.body)
    assert (told["ranks"], together["count"].tolist()) == ([0, 1, 2], [3.0] * 40)
    assert together["x0"].tolist() == list(range(10, 50))
    assert each["mean"].reshape(3, 40)[2].tolist() == pytest.approx([2 + step / 1000 for step in range(10, 50)])
    assert together["max"].tolist() == pytest.approx(each["mean"].reshape(3, 40)[2].tolist())


def test_series_never_hide_a_spike(shared_viewer: Viewer) -> None:
    with rn.init("spike") as run:
        for step in range(20_000):
            run.log({"loss": 40.0 if step == SPIKE else math.sin(step)}, step=step)
    generator = np.random.default_rng(1)
    items = [{"run": run.id, "metric": "loss", "points": 200}]
    for lo, width in zip(generator.integers(0, SPIKE, 50), generator.integers(1, 14_000, 50), strict=True):
        items.append({"run": run.id, "metric": "loss", "points": 100, "lo": int(lo), "hi": int(max(lo + width, SPIKE))})
    for told, columns in shared_viewer.series(*items):
        assert columns["max"].max() == 40.0, told
        where = int(np.argmax(columns["max"]))
        assert columns["x0"][where] <= SPIKE <= columns["x1"][where]


def test_series_that_cannot_be_had_are_told_one_by_one(shared_viewer: Viewer) -> None:
    run = logged("one")
    (good, columns), (bad, none) = shared_viewer.series(
        {"run": run.id, "metric": "loss"}, {"run": "gone", "metric": "loss"}
    )
    assert "error" not in good
    assert columns["mean"].tolist() == pytest.approx([1.0, 1 / 2, 1 / 3])
    assert ("There is no run 'gone'" in bad["error"], none) == (True, {})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"items": 3}',
        b'{"items": [{"run": "a"}]}',
        b'{"items": [{"run": 1, "metric": "a"}]}',
        b'{"items": [{"run": "a", "metric": "a", "rm": "-rf"}]}',
        b'{"items": [{"run": "a", "metric": "a", "lo": true}]}',
        b'{"items": [{"run": "a", "metric": "a", "rank": [0, [1]]}]}',
    ],
)
def test_what_is_no_request_for_series(shared_viewer: Viewer, body: bytes) -> None:
    answer = shared_viewer.ask("/api/v1/series", "POST", body)
    assert answer.status == 400
    assert answer.json["error"]


def test_lines_of_the_text_a_search_and_a_moment(shared_viewer: Viewer) -> None:
    with rn.init("text") as run:
        for number in range(300):
            run.log_text(f"line {number}" + " CUDA out of memory" * (number == 123))
        run.log({"loss": 1.0}, step=77)
    told = shared_viewer.get(f"runs/{run.id}/logs", row=-2)
    assert (told["lines"], told["rows"], told["row"], told["numbers"]) == (300, 300, 298, [298, 299])
    assert [line.rpartition(" | ")[2] for line in told["texts"]] == ["line 298", "line 299"]
    found = shared_viewer.get(f"runs/{run.id}/logs/search", q="cuda", row=200, marks=3)
    assert (found["count"], found["before"], found["marks"]) == (1, 1, [0, 1, 0])
    assert found["previous"] == found["next"] == {"row": 123, "line": 123}
    shown = shared_viewer.get(f"runs/{run.id}/logs", q="cuda", only=1, line=50)
    assert (shown["rows"], shown["numbers"], shown["spans"]) == (1, [123], {"0": [[31, 35]]})
    assert shared_viewer.get(f"runs/{run.id}/logs/search", q="Cuda")["count"] == 0
    assert shared_viewer.get(f"runs/{run.id}/logs/search", q=r"line \d{2}$", re=1)["count"] == 90
    moment = shared_viewer.get(f"runs/{run.id}/logs/moment", line=123)
    assert moment["step"] == 77
    assert shared_viewer.get(f"runs/{run.id}/logs/at", time=moment["time"])["line"] >= 123
    assert shared_viewer.get(f"runs/{run.id}/logs/at", step=77)["line"] == 299
    assert shared_viewer.get(f"runs/{run.id}/logs/at", time=1)["line"] is None
    assert shared_viewer.get(f"runs/{run.id}/logs/line", line=7)["text"].endswith("| line 7")
    for wrong in ("logs/search?q=(&re=1", "logs?level=loud", "logs?row=a", "logs/at", "logs/search"):
        assert shared_viewer.ask(f"/api/v1/runs/{run.id}/{wrong}").status == 400
    for missing in ("logs?host=nobody", "logs/line?line=300"):
        assert shared_viewer.ask(f"/api/v1/runs/{run.id}/{missing}").status == 404
    whole = shared_viewer.ask(f"/api/v1/runs/{run.id}/logs/file")
    assert whole.headers["content-disposition"].startswith(f'attachment; filename="{run.id}-')
    kept = run.run_dir / "logs.txt"  # which the daemon makes in its own time
    wait(lambda: kept.is_file() and kept.read_bytes() == whole.body, "the file of the text is another one")


def test_live_events_tell_what_to_ask_for(shared_viewer: Viewer) -> None:
    run = rn.init("live")
    run.log(loss=1.0)
    run.flush()
    address = urlsplit(shared_viewer.url)
    with socket.create_connection((address.hostname, address.port), timeout=60) as stream:
        stream.sendall(f"GET /api/v1/events?runs={run.id} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        with stream.makefile("rb") as lines:
            next(line for line in lines if line.startswith(b"event: runs"))
            run.log(loss=2.0)
            event = next(line for line in lines if line.startswith(b"event: run\n"))
            data = json.loads(next(lines).partition(b": ")[2])
    run.finish()
    assert (event, data["run"]) == (b"event: run\n", run.id)


def test_several_roots(home: Home) -> None:
    first, second = home.root.with_name("first"), home.root.with_name("second")
    one = logged("one", storage=first)
    run = logged("two", storage=second)
    with shown(first, second) as viewer:
        assert [one["runs"] for one in viewer.get("info")["roots"]] == [1, 1]
        assert viewer.get("tree", root=1)["paths"] == {"two": 1}
        assert viewer.get(f"runs/{run.id}")["root"] == viewer.get(f"runs/{run.id}", root=1)["root"] == 1
        assert viewer.get(f"runs/{run.id}/among")["at"] == viewer.get(f"runs/{run.id}/among", root=1)["at"] == 0
        assert viewer.ask(f"/api/v1/runs/{run.id}/among?root=0").status == 404
        assert str(first) in viewer.ask("/api/v1/runs/none").json["error"]
        assert viewer.get("diff", a=run.id, b=run.id)["root"] == 1
        assert viewer.ask(f"/api/v1/diff?a={run.id}&b={one.id}").status == 404, "no root has both"
