"""No page of anybody else's reaches the viewer, and nothing changes without the token."""

import pytest
from tests.conftest import Home
from tests.viewer.conftest import Viewer, shown

import runicorn as rn


@pytest.fixture
def viewer(shared_viewer: Viewer) -> Viewer:
    return shared_viewer


@pytest.mark.parametrize("host", ["evil.example.com", "evil.example.com:23300", "127.0.0.1.evil.com", "", "0.0.0.0"])
def test_a_foreign_host_is_refused(viewer: Viewer, host: str) -> None:
    assert viewer.ask("/api/v1/info", Host=host).status == 403


def test_a_foreign_origin_is_refused(viewer: Viewer) -> None:
    assert viewer.ask("/api/v1/info", Origin="https://evil.example.com").status == 403
    assert viewer.ask("/api/v1/info", Origin="http://127.0.0.1:1").status == 403
    assert viewer.ask("/api/v1/info", Origin=f"http://{viewer.host}").status == 200


def test_what_changes_something_needs_the_token(viewer: Viewer) -> None:
    assert viewer.ask("/api/v1/runs/x", "PATCH", b"{}").status == 403
    assert viewer.ask("/api/v1/runs/x", "PATCH", b"{}", X_Runicorn_Token="guess").status == 403
    assert viewer.ask("/api/v1/runs/x", "PATCH", b"{}", X_Runicorn_Token=viewer.token).status != 403


def test_who_opens_the_address_with_the_token_gets_it_as_a_cookie(viewer: Viewer) -> None:
    assert "set-cookie" not in viewer.ask("/").headers
    assert "set-cookie" not in viewer.ask("/?token=guess").headers
    cookie, *attributes = viewer.ask(f"/?token={viewer.token}").headers["set-cookie"].split("; ")
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert viewer.ask("/api/v1/runs/x", "PATCH", b"{}", Cookie=cookie).status != 403
    other = cookie.replace(viewer.host.rpartition(":")[2], "1")
    assert viewer.ask("/api/v1/runs/x", "PATCH", b"{}", Cookie=other).status == 403


def test_all_answers_carry_the_policy(viewer: Viewer) -> None:
    for path in ("/api/v1/info", "/api/v1/runs/none", "/nowhere"):
        headers = viewer.ask(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_elsewhere_than_here_reading_needs_the_token_too(shared_home: Home) -> None:
    with shown(shared_home.root, host="0.0.0.0") as viewer:
        local = f"127.0.0.1:{viewer.host.rpartition(':')[2]}"
        assert viewer.ask("/api/v1/info", Host=local).status == 403
        assert viewer.ask(f"/api/v1/info?token={viewer.token}", Host=local).status == 200


def test_a_run_outside_of_the_root_is_none(shared_home: Home, viewer: Viewer) -> None:
    elsewhere = shared_home.root.with_name("elsewhere")
    with rn.init("secret", storage=elsewhere) as run:
        run.log(loss=1.0)
    for name in (str(run.run_dir), f"../../elsewhere/runs/secret/{run.id}"):
        (told, columns), *_ = viewer.series({"run": name, "metric": "loss"})
        assert ("error" in told, columns) == (True, {})
