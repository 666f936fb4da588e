"""What all runs were made from and what came out of them."""

import json
from pathlib import Path

from runid.store.artifacts import Artifacts


def say(root: Path, run: str, **said: object) -> None:
    folder = root / "runs" / "cv" / run
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "assets.json").write_text(json.dumps(said))


def entry(digest: str, **more: object) -> dict[str, object]:
    return {"saved": True, "fingerprint": digest, "archive_path": f"archive/{digest}"} | more


def test_versions_and_who_has_them(tmp_path: Path) -> None:
    code = {"snapshot": entry("cc", workspace_root="/home/me/project/", total_bytes=7)}
    say(tmp_path, "a", outputs=[entry("bb", key="out/m.pt", archived_at=50, size_bytes=3)], code=code)
    say(tmp_path, "b", pretrained=[entry("bb", name="start")], datasets=[entry("d1", name="data", file_count=2)])
    say(tmp_path, "c", datasets=[entry("d2", name="data"), {"name": "web", "uri": "s3://x", "saved": False}])
    failed = {"key": "x.pt", "saved": False, "last_error": "It changed."}
    unsaved = {"name": "data", "saved": False, "fingerprint": {"size_bytes": 3, "mtime": 1}}
    say(tmp_path, "odd", outputs=[failed, 3, {"key": 7}], datasets=[unsaved], pretrained="none", code=[])
    runs = [("cv", run, 100.0 * at) for at, run in enumerate(("a", "b", "c", "odd", "gone"), 1)]
    known = Artifacts(tmp_path)
    known.refresh(runs)
    named = {name: [one.digest for one in versions] for name, versions in known.all().items()}
    (without,) = {digest for digest in named["datasets", "data"] if digest not in ("d1", "d2")}
    assert named == {
        ("outputs", "out/m.pt"): ["bb"],
        ("code", "project"): ["cc"],
        ("pretrained", "start"): ["bb"],
        ("datasets", "data"): ["d1", "d2", without],
        ("datasets", "web"): [""],
    }
    assert [(use.run, use.kind, use.size, use.time) for use in known.uses("bb")] == [
        ("a", "outputs", 3, 50.0),
        ("b", "pretrained", None, 200.0),
    ]
    assert [version.number for version in known.all()["datasets", "data"]] == [1, 2, 3]

    say(tmp_path, "b", datasets=[entry("d2", name="data")])
    known.refresh(runs[:3])
    assert [use.run for use in known.uses("d2")] == ["b", "c"]
    assert known.uses("d1") == known.uses("") == []
    assert without not in [one.digest for one in known.all()["datasets", "data"]]
    (tmp_path / "runs/cv/c/assets.json").write_bytes(b'{damaged "fingerprint"')
    known.refresh(runs[:3])
    assert [use.run for use in known.uses("d2")] == ["b"]
