"""Archived files with names and contents that are made to harm: they are listed, told of and given back as they are."""

import gzip
import io
import os
import struct
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest
from tests.programs import wait
from tests.viewer.conftest import Viewer

import runicorn as rn
from runicorn.viewer.members import members

NAMES = (
    *("new\nline", "carriage\r\nX-Evil: 1", "tab\t", "\u202egnp.exe", "back\\slash", "..\\..\\up", "...", "-rf", " "),
    *("<img src=x onerror=alert(1)>.txt", "a b&c=d#e?f%41", "semi;colon", 'quo"te', "it's", "x" * 255, "\u00e9" * 127),
    *("page.html", "code.js", "con", "~", "$HOME", "`id`", "nul\x01byte", "archive.zip", "\U0001f984"),
)
EVIL = b"<script>alert(1)</script>"


def archive(*names: str) -> bytes:
    """A zip with these members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"evil")
    return made.getvalue()


def test_names(viewer: Viewer, tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).write_bytes(EVIL)
    with rn.init("data", run_id="named") as run:
        run.log_dataset("names", tmp_path, save=True)
    way = f"runs/{run.id}/assets"
    (entry,) = wait(lambda: _saved(viewer, way), "the dataset is not archived")
    one = {"kind": "datasets", "copy": entry["archive_path"]}
    listed = viewer.get(f"{way}/files", **one)["files"]
    assert {file["path"] for file in listed} == set(NAMES)
    for name in NAMES:
        assert viewer.get(f"{way}/preview", **one, name=name)["text"] == EVIL.decode()
        asked = "&".join(f"{key}={quote(value, safe='')}" for key, value in {**one, "name": name}.items())
        answer = viewer.ask(f"/api/v1/{way}/content?{asked}")
        told = answer.headers
        assert (answer.status, answer.body, told["content-type"]) == (200, EVIL, "application/octet-stream"), name
        assert told["content-disposition"].startswith("attachment; filename"), told
        assert "sandbox" in told["content-security-policy"]
        assert "x-evil" not in told


def _saved(viewer: Viewer, way: str) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = viewer.get(way, kind="datasets")["entries"]
    return [entry for entry in entries if entry["saved"]]


def test_members_are_names_and_lead_nowhere(tmp_path: Path) -> None:
    names = ["../../evil", "/etc/passwd", "a/../../b", "C:\\evil", "<b>", "x" * 60_000, "new\nline"]
    (tmp_path / "a.zip").write_bytes(archive(*names))
    found = members(tmp_path / "a.zip")
    assert found is not None
    assert [one.path for one in found.files] == names
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            one = tarfile.TarInfo(f"../{kind!r}")
            one.type, one.linkname = kind, "/etc/passwd"
            tar.addfile(one)
    found = members(tmp_path / "a.tar")
    assert found is not None
    assert len(found.files) == 4
    assert sorted(os.listdir(tmp_path)) == ["a.tar", "a.zip"]


def test_what_unpacks_to_very_much_is_not_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.tar.gz"
    with gzip.open(bomb, "wb", compresslevel=1) as file:
        one = tarfile.TarInfo("zeros")
        one.size = 1 << 40
        file.write(one.tobuf() + bytes(1 << 20))
    found = members(bomb)
    assert found is not None
    assert (found.files[0].size, found.more) == (1 << 40, True)

    many = tmp_path / "many.zip"
    many.write_bytes(archive(*map(str, range(1500))))
    found = members(many)
    assert found is not None
    assert (len(found.files), found.more) == (1000, True)
    said = bytearray(many.read_bytes())
    struct.pack_into("<HH", said, said.rindex(b"PK\5\6") + 8, 65_535, 65_535)
    many.write_bytes(said)
    assert members(many) == ([], True), "the list of a zip with more is read as a whole"


@pytest.mark.parametrize("kind", ["zip", "w:", "w:gz", "w:bz2", "w:xz"])
def test_damaged_archives(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "archive"
    if kind == "zip":
        path.write_bytes(archive("one", "two"))
    else:
        with tarfile.open(path, kind) as tar:  # type: ignore[call-overload]
            for name in ("one", "two"):
                tar.addfile(tarfile.TarInfo(name))
    whole, before = path.read_bytes(), psutil.Process().num_fds()
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        members(path)
        path.write_bytes(whole[:at])
        members(path)
    assert psutil.Process().num_fds() <= before + 1
