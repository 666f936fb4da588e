"""Saved views: the daemon writes them, anybody reads them, and what was there before is told."""

import json
from pathlib import Path
from typing import Any

from tests.conftest import Home
from tests.viewer.conftest import Viewer

from runid.store import files, newest, views

FAILED = "q=status=failed&sort=-metric.loss"


def put(viewer: Viewer, name: str, view: object) -> dict[str, Any]:
    body = json.dumps({"view": view}).encode()
    answer = viewer.ask(f"/api/v1/views/{name}", "PUT", body, X_Runicorn_Token=viewer.token)
    told: dict[str, Any] = answer.json
    return {"status": answer.status} | told


def test_a_view_is_kept_and_can_be_taken_back(home: Home, viewer: Viewer) -> None:
    assert viewer.get("views") == {}
    assert put(viewer, "failed%2024h", FAILED) == {"status": 200, "before": None}
    assert put(viewer, "all", "") == {"status": 200, "before": None}
    assert viewer.get("views") == {"all": "", "failed 24h": FAILED}
    assert viewer.get("views/failed%2024h") == {"view": FAILED}
    assert put(viewer, "failed%2024h", None) == {"status": 200, "before": FAILED}
    assert viewer.get("views") == {"all": ""}
    assert put(viewer, "failed%2024h", FAILED)["before"] is None
    assert views.read(home.root) == viewer.get("views")


def test_what_is_no_view(viewer: Viewer) -> None:
    for name, view in (("a", 1), ("a", "x" * 8001), ("%20", "q=a"), ("n" * 101, "q=a"), ("a%E2%80%A8b", "q=a")):
        assert put(viewer, name, view)["status"] == 400, (name, view)
    assert viewer.ask("/api/v1/views/a", "PUT", b"[]", X_Runicorn_Token=viewer.token).status == 400
    assert viewer.ask("/api/v1/views/a", "PUT", b'{"view": "q=a"}').status == 403
    assert viewer.ask("/api/v1/views/a").status == 404
    assert viewer.get("views") == {}


def test_of_two_hosts_the_newest_counts(tmp_path: Path) -> None:
    views.write(tmp_path, "one_1", "best", "q=a", 10.0)
    views.write(tmp_path, "two_2", "best", "q=b", 20.0)
    views.write(tmp_path, "one_1", "mine", "q=c", 5.0)
    assert views.read(tmp_path) == {"best": "q=b", "mine": "q=c"}
    views.write(tmp_path, "one_1", "best", None, 30.0)
    assert views.read(tmp_path) == {"mine": "q=c"}


def test_what_is_damaged_is_left_out(tmp_path: Path) -> None:
    views.write(tmp_path, "one_1", "good", "q=a", 10.0)
    told = {"list": [], "no time": {"value": "q=a"}, "no text": {"value": 1, "time": 1.0}}
    (tmp_path / views.FOLDER).mkdir(exist_ok=True)
    files.replace_json(tmp_path / views.FOLDER / "two_2.json", told)
    (tmp_path / views.FOLDER / "three_3.json").write_text("{")
    assert views.read(tmp_path) == {"good": "q=a"}
    assert newest.read(tmp_path / "missing", lambda *_: True) == {}
    views.write(tmp_path, "three_3", "more", "q=b", 20.0)
    assert views.read(tmp_path) == {"good": "q=a", "more": "q=b"}
    assert (tmp_path / views.FOLDER / "three_3.json.damaged").read_text() == "{"
