"""Reports are files of people's own in a folder of the root, and nothing else is reached by their names."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.viewer.conftest import Answer, Viewer, shown
from tests.viewer.test_streams import hears

PNG = b"\x89PNG\r\n\x1a\n"
ODD = ["a b.md", "50 %.md", "a,b#c?d&e=f.md", "ä/\U0001f984.md", "'\"<i>.md", "%2e%2e.md"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    """A viewer of a root without runs."""
    with shown(tmp_path_factory.mktemp("reports") / "root") as made:
        yield made


@pytest.fixture
def viewer(shared: Viewer, request: pytest.FixtureRequest) -> Viewer:
    """That one, with a folder for reports in which there are none."""
    folder = shared.root / "reports"
    if folder.exists():
        folder.rename(shared.root / f"before {request.node.name}")
    folder.mkdir()
    return shared


def write(viewer: Viewer, name: str, content: str | bytes) -> Path:
    path = viewer.root / "reports" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def ask(viewer: Viewer, name: str, known: str = "") -> Answer:
    return viewer.ask(f"/api/v1/reports/{name}", If_None_Match=known)


def quoted(name: str) -> str:
    return "".join(f"%{byte:02x}" if chr(byte) != "/" else "/" for byte in name.encode())


def test_they_are_listed_with_their_first_headings(viewer: Viewer) -> None:
    (viewer.root / "reports").rmdir()
    assert viewer.get("reports") == {"folder": str(viewer.root / "reports"), "reports": []}
    told: dict[str, tuple[str | bytes, str]] = {
        "cv/first.md": ("words\n\n## Deeper is *better* ##\n# later\n", "Deeper is *better*"),
        "code.md": ("```py\n# no heading\n```\n\n#tag\n####### seven\n# Last\n", "Last"),
        "none.md": ("words only\n#", "none"),
        "late.md": ("x\n" * 5000 + "# far below", "late"),
        "bytes.md": (b"# caf\xe9\n", "caf\ufffd"),
        "empty.md": ("", "empty"),
    }
    for name, (text, _) in told.items():
        write(viewer, name, text)
    for name in ("plot.png", "notes.txt", ".hidden.md", ".git/HEAD.md", "cv/.obsidian/a.md", "x.md/y.txt"):
        write(viewer, name, "# no report")
    os.utime(viewer.root / "reports" / "none.md", (1.78e9, 1.78e9))
    found = {one["name"]: one for one in viewer.get("reports")["reports"]}
    assert list(found) == sorted(told)
    assert {name: one["title"] for name, one in found.items()} == {name: title for name, (_, title) in told.items()}
    assert found["none.md"]["changed"] == 1.78e9


def test_one_is_told_as_it_is_and_once(viewer: Viewer) -> None:
    path = write(viewer, "cv/a.md", b"# caf\xe9 <b>\r\n\0")
    answer = ask(viewer, "cv/a.md")
    assert answer.json["text"] == "# caf\ufffd <b>\r\n\0"
    assert answer.json["title"] == "caf\ufffd <b>"
    assert ask(viewer, "cv/a.md", answer.headers["etag"]).status == 304
    path.write_text("# other")
    assert ask(viewer, "cv/a.md", answer.headers["etag"]).json["text"] == "# other"
    path.write_bytes(b"x" * 1_000_000)
    assert len(ask(viewer, "cv/a.md").json["text"]) == 1_000_000
    path.write_bytes(b"x" * 1_000_001)
    answer = ask(viewer, "cv/a.md")
    assert (answer.status, answer.json["error"]) == (400, f"{path} has more than 1 MB, and is not shown.")


def test_any_name_that_can_be_typed(viewer: Viewer) -> None:
    for name in ODD:
        write(viewer, name, f"# {name}")
    Path(os.fsdecode(os.fsencode(viewer.root / "reports") + b"/\xff.md")).write_text("# no address names it")
    assert {one["name"] for one in viewer.get("reports")["reports"]} == set(ODD)
    for name in ODD:
        assert ask(viewer, quoted(name)).json["text"] == f"# {name}"


def test_pictures_beside_them_are_pictures_and_nothing_else_is_served(viewer: Viewer) -> None:
    write(viewer, "cv/plot.PNG", PNG)
    answer = ask(viewer, "cv/plot.PNG")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/png", PNG)
    assert answer.headers["x-content-type-options"] == "nosniff"
    for name in ("page.html", "page.svg", "run.js", "data.csv", "noending", "a.md.png.html"):
        write(viewer, name, "<script>alert(1)</script>")
        assert ask(viewer, name).status == 404, name


def test_nothing_else_is_reached(viewer: Viewer) -> None:
    (viewer.root / "secret.md").write_text("treasure")
    (viewer.root / "secret.png").write_bytes(b"treasure")
    (viewer.root.parent / "reports-of-others").mkdir(exist_ok=True)
    (viewer.root.parent / "reports-of-others" / "a.md").write_text("treasure")
    folder = viewer.root / "reports"
    write(viewer, "real.md", "# real")
    (folder / "same.md").symlink_to("real.md")
    (folder / "out.md").symlink_to("../secret.md")
    (folder / "out.png").symlink_to(viewer.root / "secret.png")
    (folder / "around").symlink_to(folder)
    (folder / "others").symlink_to(viewer.root.parent / "reports-of-others")
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "gone.md").symlink_to("nowhere.md")
    os.mkfifo(folder / "waits.md")
    (folder / "folder.md").mkdir()
    names = (
        *("out.md", "out.png", "others/a.md", "loop.md", "gone.md", "waits.md", "folder.md", "none.md", "real.md/x.md"),
        *("../secret.md", "..%2fsecret.md", "%2e%2e/secret.md", "x/../../secret.md", "x/%2e%2e/%2e%2e/secret.md"),
        *(quoted(str(viewer.root / "secret.md")), "/secret.md", ".", "", "a%00.md", "real.md%00", "x" * 5000 + ".md"),
        *("..%5csecret.md", "%c0%ae%c0%ae/secret.md", "./real.md", "real.md/"),
    )
    for name in names:
        answer = ask(viewer, name)
        assert answer.status in (307, 400, 404), (name, answer)
        assert b"treasure" not in answer.body, name
    assert [one["name"] for one in viewer.get("reports")["reports"]] == ["real.md", "same.md"]
    assert ask(viewer, "same.md").json["text"] == "# real"

    for path in folder.iterdir():
        if not path.is_dir() or path.is_symlink():
            path.unlink()
        else:
            path.rmdir()
    folder.rmdir()
    folder.symlink_to(viewer.root.parent / "reports-of-others")
    assert viewer.get("reports")["reports"] == []
    assert ask(viewer, "a.md").status == 404
    folder.unlink()


def test_who_shows_one_hears_that_it_was_saved(viewer: Viewer) -> None:
    path = write(viewer, "a, b.md", "# one")
    request = f"GET /api/v1/events?runs=/reports,/reports/a%5C,%20b.md,none HTTP/1.1\r\nHost: {viewer.host}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", viewer.port), timeout=60) as connection:
        connection.sendall(request.encode())
        assert hears(connection, b"event: runs")
        path.write_text("# another")
        assert hears(connection, b'"run":"/reports"')
        path.unlink()
        assert hears(connection, b'"run":"/reports/a, b.md"')
