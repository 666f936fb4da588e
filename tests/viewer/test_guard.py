"""No page of anybody else's reaches the viewer, and nothing changes without the token."""

import re

import pytest
from tests.conftest import Home
from tests.viewer.conftest import Viewer, shown
from tests.viewer.walking import addresses

import runicorn as rn


@pytest.fixture
def viewer(shared_viewer: Viewer) -> Viewer:
    return shared_viewer


HOSTS = ["evil.example.com", "evil.example.com:23300", "127.0.0.1.evil.com", "localhost.", "", "0.0.0.0", "[::]"]
FOREIGN = [
    *({"Host": host} for host in HOSTS),
    *({"Origin": origin} for origin in ("https://evil.example.com", "http://127.0.0.1:1", "null")),
    *({"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"} for site in ("cross-site", "same-site", "new-site")),
]


def refused(viewer: Viewer, method: str, path: str, **headers: str) -> bool:
    """Whether it was, by the guard, and with all that an answer must carry."""
    path = re.sub("{.*?}", "x", path)
    answer = viewer.ask(path, method, b"{}" if method == "POST" else None, **headers)
    assert "default-src 'self'" in answer.headers["content-security-policy"], path
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    return answer.status == 403


def test_no_address_answers_a_foreign_page(viewer: Viewer) -> None:
    for method, path in addresses():
        for headers in FOREIGN:
            assert refused(viewer, method, path, **headers, X_Runicorn_Token=viewer.token), (path, headers)


def test_nothing_but_series_is_asked_for_by_post_without_the_token(viewer: Viewer) -> None:
    for method, path in addresses():
        if method != "GET":
            assert refused(viewer, method, path) is (path != "/api/v1/series"), path
            assert refused(viewer, method, path, X_Runicorn_Token="guess") is (path != "/api/v1/series"), path
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NEW"):
        assert refused(viewer, method, "/api/v1/runs")


def test_our_own_pages_and_people_are_answered(viewer: Viewer) -> None:
    for headers in (
        {},
        {"Host": "localhost:1"},
        {"Origin": f"http://{viewer.host}"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},  # a link in a chat
    ):
        assert viewer.ask("/api/v1/info", "GET", None, **headers).status == 200, headers


def test_what_changes_something_needs_the_token(viewer: Viewer) -> None:
    assert viewer.ask("/api/v1/edits", "POST", b"{}").status == 403
    assert viewer.ask("/api/v1/edits", "POST", b"{}", X_Runicorn_Token="guess").status == 403
    assert viewer.ask("/api/v1/edits", "POST", b"{}", X_Runicorn_Token=viewer.token).status == 400
    assert viewer.ask(f"/api/v1/edits?token={viewer.token}", "POST", b"{}").status == 403


def test_who_opens_the_address_with_the_token_gets_it_as_a_cookie(viewer: Viewer) -> None:
    port = viewer.host.rpartition(":")[2]
    for address in ("/", "/?token=guess"):  # the page learns that it may not edit
        assert viewer.ask(address).headers["set-cookie"] == f"runicorn_edits_{port}=0; Path=/; SameSite=Strict"
    assert "set-cookie" not in viewer.ask("/api/v1/info").headers
    cookie, *attributes = viewer.ask(f"/?token={viewer.token}").headers["set-cookie"].split("; ")
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert viewer.ask("/api/v1/runs/x", "PATCH", b"{}", Cookie=cookie).status != 403
    assert f"runicorn_edits_{port}=1;" in viewer.ask("/", Cookie=cookie).headers["set-cookie"]
    other = cookie.replace(port, "1")
    assert viewer.ask("/api/v1/runs/x", "PATCH", b"{}", Cookie=other).status == 403


def test_pages_are_framed_by_nobody_but_embedded_charts_by_notebooks(viewer: Viewer) -> None:
    for path in ("/", "/api/v1/info", "/api/v1/runs/none", "/nowhere"):
        assert "frame-ancestors 'none'" in viewer.ask(path).headers["content-security-policy"]
    embedded = viewer.ask("/embed").headers["content-security-policy"]
    assert "frame-ancestors 'self' http://127.0.0.1:*" in embedded
    (policy,) = (part for part in embedded.split("; ") if part.startswith("frame-ancestors"))
    schemes = {one.partition(":")[0] for one in policy.split()[2:]}
    assert schemes == {"http", "https", "vscode-webview", "vscode-file"}
    assert all(re.fullmatch(r"https?://(127\.0\.0\.1|localhost):\*|vscode-\w+:", one) for one in policy.split()[2:])


def test_elsewhere_than_here_everything_needs_the_token(shared_home: Home) -> None:
    with shown(shared_home.root, host="0.0.0.0") as viewer:
        for method, path in addresses():
            assert refused(viewer, method, path), path
            assert refused(viewer, method, path, Host="evil.example.com"), path
        cookie = viewer.ask(f"/?token={viewer.token}").headers["set-cookie"].partition(";")[0]
        by_name = f"gpu1.example.com:{viewer.port}"  # by which it is reached from there
        assert viewer.ask("/api/v1/info", Host=by_name, Cookie=cookie).status == 200
        assert viewer.ask("/api/v1/info", Host=by_name, Cookie=cookie, Origin="http://evil.example.com").status == 403


def test_a_viewer_that_is_started_again_knows_its_token(home: Home) -> None:
    with shown(home.root) as first:
        pass
    with shown(home.root, port=first.port) as again, shown(home.root) as other:
        assert again.token == first.token != other.token
        assert again.ask("/api/v1/edits", "POST", b"{}", X_Runicorn_Token=first.token).status == 400
    (kept,) = home.runtime.glob("**/secret.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_text("{}")
    with shown(home.root, port=first.port) as anew:
        assert anew.token not in (first.token, other.token)


def test_a_run_outside_of_the_root_is_none(shared_home: Home, viewer: Viewer) -> None:
    elsewhere = shared_home.root.with_name("elsewhere")
    with rn.init("secret", storage=elsewhere) as run:
        run.log(loss=1.0)
    for name in (str(run.run_dir), f"../../elsewhere/runs/secret/{run.id}"):
        (told, columns), *_ = viewer.series({"run": name, "metric": "loss"})
        assert ("error" in told, columns) == (True, {})
