"""Edits made in the viewer: the daemon writes them, they count at once and for good, and can be undone."""

import json
from typing import Any

from tests.conftest import Daemon, Home
from tests.programs import wait
from tests.viewer.conftest import Viewer

import runicorn as rn
from runid.store import files


def edit(viewer: Viewer, *edits: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps({"edits": edits}).encode()
    answer = viewer.ask("/api/v1/edits", "POST", body, X_Runicorn_Token=viewer.token)
    assert answer.status == 200, answer.body
    return dict(answer.json)


def listed(viewer: Viewer, **parameters: object) -> list[str]:
    return list(viewer.get("runs", **parameters)["columns"]["run"])


def test_an_edit_counts_at_once_and_can_be_undone(viewer: Viewer) -> None:
    with rn.init("one", alias="first", tags=["a"]) as run:
        run.log(loss=1.0)
    told = edit(viewer, {"run": run.id, "changes": {"alias": "best", "tags": ["a", "b"], "notes": "**look**"}})
    assert told == {
        "done": [{"run": run.id, "before": {"alias": "first", "tags": ["a"], "notes": None}}],
        "error": None,
    }
    assert listed(viewer, q="tag:b alias=best") == [run.id]
    assert rn.Api().run("best").tags == ["a", "b"]
    wait(lambda: (files.read_json(run.run_dir / "meta.json") or {}).get("alias") == "best", "meta.json is as it was")
    edit(viewer, {"run": run.id, "changes": told["done"][0]["before"]})
    assert (rn.Api().run(run.id).alias, rn.Api().run(run.id).tags) == ("first", ["a"])


def test_a_run_that_goes_on_keeps_its_edits(viewer: Viewer) -> None:
    run = rn.init("live", alias="first")
    run.log(loss=1.0)
    run.flush()
    edit(viewer, {"run": run.id, "changes": {"alias": "best"}})
    run.log(loss=2.0)
    run.finish()
    wait(lambda: viewer.get("runs", q="alias=best status:finished")["found"] == 1, "the edit is lost")
    assert rn.Api().run(run.id).history("loss")["value"].to_pylist() == [1.0, 2.0]


def test_the_trash_and_back(viewer: Viewer) -> None:
    runs = []
    for _ in range(3):
        with rn.init("many") as run:
            run.log(loss=1.0)
        runs.append(run.id)
    edit(viewer, *({"run": run, "changes": {"trashed_at": 1.0}} for run in runs[:2]))
    assert listed(viewer) == runs[2:]
    assert sorted(listed(viewer, trash=1)) == sorted(runs[:2])
    assert [run.id for run in rn.Api().runs()] == runs[2:]
    edit(viewer, {"run": runs[0], "changes": {"trashed_at": None}})
    assert sorted(listed(viewer)) == sorted([runs[0], runs[2]])


def test_an_edit_survives_the_daemon(home: Home, daemon: Daemon, viewer: Viewer) -> None:
    with rn.init("one") as run:
        run.log(loss=1.0)
    edit(viewer, {"run": run.id, "changes": {"group": "g"}})
    daemon.stop()
    assert rn.Api(home.root).run(run.id).meta["group"] == "g"


def test_what_cannot_be_edited(viewer: Viewer) -> None:
    told = edit(viewer, {"run": "none", "changes": {"alias": "a"}})
    assert (told["done"], "There are no runs in" in told["error"]) == ([], True)
    for body in (b"{}", b'{"edits": [1]}', b'{"edits": [{"run": "a", "changes": {"id": "b"}}]}'):
        assert viewer.ask("/api/v1/edits", "POST", body, X_Runicorn_Token=viewer.token).status == 400
    assert viewer.ask("/api/v1/edits", "POST", b"{}").status == 403
