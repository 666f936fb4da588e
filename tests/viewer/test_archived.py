"""What is archived of a run, over HTTP: lists, files, previews, bytes, and nothing that lies elsewhere."""

import json
import zipfile
from pathlib import Path
from urllib.parse import quote

from tests.programs import wait
from tests.viewer.conftest import Viewer

import runicorn as rn


def test_lists_files_previews_and_bytes(viewer: Viewer, tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "inner").mkdir(parents=True)
    (data / "inner" / "a.txt").write_text("hello <b>")
    (data / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with zipfile.ZipFile(data / "two.zip", "w") as archive:
        archive.writestr("one.bin", b"12345")
    for number in range(2):
        with rn.init("data", run_id=f"of-{number}") as run:
            run.log_dataset("numbers", data, save=True)
    ways = [f"runs/of-{number}/assets" for number in range(2)]
    wait(lambda: all(_saved(viewer, way) for way in ways), "the dataset is not archived")
    told = viewer.get(ways[0], kind="datasets", q="NUMB")
    assert (told["counts"], told["found"]) == ({"datasets": 1, "pretrained": 0, "outputs": 0}, 1)
    one = {"kind": "datasets", "copy": told["entries"][0]["archive_path"]}
    listed = viewer.get(f"{ways[0]}/files", **one)
    assert [file["path"] for file in listed["files"]] == ["dot.png", "inner/a.txt", "two.zip"]
    assert viewer.get(f"{ways[0]}/files", **one, lo=1, hi=2)["found"] == 3
    assert [file["path"] for file in viewer.get(f"{ways[0]}/files", **one, q="TXT")["files"]] == ["inner/a.txt"]
    assert viewer.get(f"{ways[0]}/preview", **one, name="inner/a.txt")["text"] == "hello <b>"
    assert viewer.get(f"{ways[0]}/preview", **one, name="dot.png")["picture"]
    assert viewer.get(f"{ways[0]}/preview", **one, name="two.zip")["members"] == [{"path": "one.bin", "size": 5}]
    users = wait(lambda: viewer.get(f"{ways[0]}/users", **one)["runs"], "assets.json is not written")
    assert [(run["run"], run["kind"]) for run in users] == [("of-1", "datasets")]

    content = f"/api/v1/{ways[0]}/content?kind=datasets&copy={quote(one['copy'])}"
    answer = viewer.ask(f"{content}&name=inner/a.txt")
    assert (answer.body, answer.headers["content-type"]) == (b"hello <b>", "application/octet-stream")
    assert answer.headers["content-disposition"] == 'attachment; filename="a.txt"'
    assert viewer.ask(f"{content}&name=dot.png&show=1").headers["content-type"] == "image/png"
    for name in ("../../../meta.json", "/etc/passwd", "inner", "", "nothing"):
        assert viewer.ask(f"{content}&name={quote(name)}").status == 404


def test_what_the_files_of_a_run_say_leads_nowhere_else(viewer: Viewer) -> None:
    with rn.init("data", run_id="evil") as run:
        pass
    secret = viewer.root.parent / "secret.txt"
    secret.write_text("secret")
    (viewer.root / "archive").mkdir(exist_ok=True)
    (viewer.root / "archive" / "link").symlink_to(secret)
    copies = ["../secret.txt", str(secret), "archive/../../secret.txt", "archive/link", "runs/data/evil/meta.json"]
    usual = {"name": "x", "saved": True, "mode": "rolling", "stamp": "1"}
    entries = {copy: usual | {"key": copy, "archive_path": copy} for copy in copies}
    host = json.loads((run.run_dir / "meta.json").read_text())["host"]
    (run.run_dir / "assets").mkdir()
    (run.run_dir / "assets" / f"{host}.json").write_text(json.dumps({"through": 10**9, "entries": entries}))
    assert viewer.get("runs/evil/assets")["found"] == len(copies)
    for copy in copies:
        for way in ("files", "content", "preview"):
            answer = viewer.ask(f"/api/v1/runs/evil/assets/{way}?kind=outputs&copy={quote(copy)}")
            assert (answer.status, b"secret" in answer.body.replace(b"secret.txt", b"")) == (404, False), answer.body


def _saved(viewer: Viewer, way: str) -> bool:
    return any(entry["saved"] for entry in viewer.get(way, kind="datasets")["entries"])
