"""Roots that are removed, come back, or cannot be read, while they are looked at: a sentence, no error of ours."""

import contextlib
import http.client
from collections.abc import Iterator

import pytest
from tests.conftest import Home
from tests.viewer.conftest import Viewer, shown

PATHS = ("info", "tree", "runs", "columns", "alerts", "artifacts", "runs/none", "metrics?runs=none")


@contextlib.contextmanager
def told(viewer: Viewer) -> Iterator[Iterator[bytes]]:
    """The revisions of the catalog that the stream of events tells, one after the other."""
    connection = http.client.HTTPConnection(viewer.host, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", "/api/v1/events?runs=")
        answer = connection.getresponse()
        yield (line.partition(b'"revision":')[2].strip(b"}\n") for line in answer if b"revision" in line)


def sentences(viewer: Viewer) -> set[str]:
    """What all of these paths are answered with."""
    answers = [viewer.ask(f"/api/v1/{path}") for path in PATHS]
    assert {answer.status for answer in answers} <= {400, 404}, [answer.body for answer in answers]
    return {answer.json["error"] for answer in answers}


def test_a_root_that_is_removed_and_comes_back(viewer: Viewer) -> None:
    away = viewer.root.with_name("away")
    with told(viewer) as revisions:
        before = next(revisions)
        viewer.root.rename(away)
        assert next(revisions) == b"-1", "pages that are open are not told"
        sentence = f"There is no storage root at {viewer.root}. Name another root with --storage DIR or RUNICORN_DIR."
        assert sentences(viewer) == {sentence}
        assert viewer.ask("/").status == 200
        away.rename(viewer.root)
        assert int(next(revisions)) >= int(before)
    assert viewer.get("runs")["found"] == 0


def test_a_root_that_cannot_be_read(home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    (home.root / "runs").mkdir(parents=True)
    (home.root / "catalog").write_text("no folder")
    with shown(home.root) as viewer, told(viewer) as revisions:
        assert sentences(viewer) == {f"{home.root}/catalog cannot be read: Not a directory."}
        assert next(revisions) == b"-1"
    assert not capfd.readouterr().err
