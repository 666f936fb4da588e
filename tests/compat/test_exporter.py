"""MetricsExporter: tables, event files and reports of a run."""

import csv
import io
import math
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.programs import ended, train

import runicorn as rn
from runicorn import event_files
from runid.errors import NotFoundError, RunicornError


@pytest.fixture(name="exporter", scope="module")
def _exporter(root: Path) -> rn.MetricsExporter:  # noqa: ARG001  the daemon takes what is logged
    with rn.init("export/it", alias="one|two,=3\n", config={"lr": 0.1, "net": {"depth": 2}}, tags=["<b>"]) as run:
        for step in range(1, 4):
            run.log({"loss": 1 / step, "=x": step}, step=step)
        run.log({"loss": math.nan, "big": 1e300}, step=4)
        run.summary({"note": "a | b"})
    return rn.MetricsExporter(run.run_dir)


def test_csv(exporter: rn.MetricsExporter, tmp_path: Path) -> None:
    text = exporter.to_csv(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == text
    heads = [line for line in text.splitlines() if line.startswith("# ")]
    assert f"# Run: {exporter.run.id}" in heads
    assert {"# Path: export/it", "# Alias: one|two,'=3", "# Status: finished"} <= set(heads)
    bare = exporter.to_csv(include_metadata=False)
    assert text.endswith(bare)
    rows = list(csv.DictReader(io.StringIO(bare)))
    assert [row["step"] for row in rows] == ["1", "2", "3", "4"]
    assert [row["'=x"] for row in rows] == ["1", "2", "3", ""]
    assert float(rows[1]["loss"]) == 0.5
    assert exporter.to_csv(tmp_path / "out.csv", include_metadata=False) == (tmp_path / "out.csv").read_text() == bare


def test_excel(exporter: rn.MetricsExporter, tmp_path: Path) -> None:
    path = exporter.to_excel(str(tmp_path / "out.xlsx"))
    with ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert ">loss<" in sheet
    assert "<v>0.5</v>" in sheet


def test_event_files(exporter: rn.MetricsExporter, tmp_path: Path) -> None:
    [path] = exporter.to_tensorboard(tmp_path / "board")
    assert path.parent == tmp_path / "board"
    assert "tfevents" in path.name
    assert exporter.to_tensorboard(tmp_path / "board") == [path]
    assert len(list(path.parent.iterdir())) == 1
    first, *found = read_events(path.read_bytes())
    assert first[3] == b"brain.Event:2"
    times = [event[1] for event in found]
    assert times == pytest.approx(exporter.run.history()["time"].cast("int64").to_numpy() / 1e6)
    rows = [(event[2], *summary(event[5])) for event in found]
    assert [row for row in rows if row[1] == "=x"] == [(1, "=x", 1.0), (2, "=x", 2.0), (3, "=x", 3.0)]
    loss = [(step, value) for step, name, value in rows if name == "loss"]
    assert loss[:3] == [(1, 1.0), (2, 0.5), (3, struct.unpack("<f", struct.pack("<f", 1 / 3))[0])]
    assert math.isnan(loss[3][1])
    assert (4, "big", math.inf) in rows


# A reader of its own, for the format as it is described by others.


def read_events(data: bytes) -> Iterator[dict[int, object]]:
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        body = data[at + 12 : at + 12 + length]
        assert struct.unpack_from("<I", data, at + 8) == (mask(slow_crc(data[at : at + 8])),)
        assert struct.unpack_from("<I", data, at + 12 + length) == (mask(slow_crc(body)),)
        yield fields(body)
        at += 16 + length


def fields(data: bytes) -> dict[int, object]:
    found: dict[int, object] = {}
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            found[key >> 3], at = varint(data, at)
        elif key & 7 == 2:
            length, at = varint(data, at)
            found[key >> 3], at = data[at : at + length], at + length
        else:
            form, size = {1: ("<d", 8), 5: ("<f", 4)}[key & 7]
            found[key >> 3], at = struct.unpack_from(form, data, at)[0], at + size
    return found


def varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 0x80:
            return number - (number >> 63 << 64), at


def summary(data: object) -> tuple[str, float]:
    assert isinstance(data, bytes)
    [held] = fields(data).values()
    assert isinstance(held, bytes)
    tag, value = fields(held).values()
    assert isinstance(tag, bytes)
    assert isinstance(value, float)
    return tag.decode(), value


def slow_crc(data: bytes) -> int:
    """CRC-32C bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            low = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ 0x82F63B78 * low
    return crc ^ 0xFFFFFFFF


def mask(crc: int) -> int:
    return ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) % (1 << 32)


def test_the_checksum_is_the_one_that_is_published() -> None:
    assert event_files.crc32c(b"123456789") == 0xE3069283


@given(st.text(max_size=300), st.integers(-(1 << 63), (1 << 63) - 1), st.floats(width=32), st.floats(allow_nan=False))
def test_any_point_can_be_read_back(tag: str, step: int, value: float, seconds: float) -> None:
    data = event_files.record(event_files.scalar(tag, step, seconds, struct.pack("<f", value)))
    [event] = read_events(data)
    assert (event[1], event[2]) == (seconds, step)
    name, found = summary(event[5])
    assert name == tag
    assert struct.pack("<f", found) == struct.pack("<f", value) or math.isnan(value)


def test_markdown_and_html_reports(exporter: rn.MetricsExporter, tmp_path: Path) -> None:
    text = exporter.generate_report(tmp_path / "report.md").read_text()
    assert f"# Run {exporter.run.id.replace('_', chr(92) + '_')}" in text
    assert "| Alias | one\\|two,=3 |" in text
    assert "| net.depth | 2 |" in text
    assert "| note | a \\| b |" in text
    assert "| loss | 4 | nan | 0.333333 | 1 |" in text
    page = exporter.generate_report(tmp_path / "report.html", format="html").read_text()
    assert "<td>&lt;b&gt;</td>" in page
    assert "<td>big</td><td>1</td><td>1e+300</td>" in page
    with pytest.raises(ValueError, match="format must be 'markdown', 'html' or 'pdf', got 'docx'"):
        exporter.generate_report(tmp_path / "report.docx", "docx")
    assert not (tmp_path / "report.docx").exists()


def test_a_pdf_is_markdown_and_says_so(
    exporter: rn.MetricsExporter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert exporter.generate_report(str(tmp_path / "report.pdf"), "pdf") == tmp_path / "report.md"
    assert (tmp_path / "report.md").read_text().startswith("# Run ")
    assert "Reports are not made as PDF" in caplog.text


def test_a_live_run(run: rn.Run, tmp_path: Path) -> None:
    exporter = rn.MetricsExporter(run.run_dir)
    assert exporter.to_tensorboard(tmp_path / "empty") == []
    run.log({"loss": 0.5})
    assert run.flush(60.0)
    assert exporter.to_csv(include_metadata=False) == '"step","rank","stage","loss"\n1,0,,0.5\n'
    assert "# Status: running\n" in exporter.to_csv()
    assert rn.MetricsExporter(run.id).run.run_dir == exporter.run.run_dir


RANKED = """
import os
import runicorn as rn
with rn.init("ranked") as run:
    run.log({"loss": float(os.environ["RANK"])})
"""


def test_each_rank_has_its_folder_of_event_files(root: Path, tmp_path: Path) -> None:
    job = os.environ | {"TORCHELASTIC_RUN_ID": "j", "MASTER_ADDR": "h", "MASTER_PORT": "1", "WORLD_SIZE": "2"}
    for rank in ("0", "1"):
        train(RANKED, env=job | {"RANK": rank})
    exporter = rn.MetricsExporter(ended(root, "ranked/*", writers=2).folder)
    written = exporter.to_tensorboard(tmp_path)
    assert [path.parent.name for path in written] == ["rank-0", "rank-1"]
    values = [summary(event[5]) for path in written for event in list(read_events(path.read_bytes()))[1:]]
    assert values == [("loss", 0.0), ("loss", 1.0)]


def test_what_cannot_be_exported(run: rn.Run, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        rn.MetricsExporter(tmp_path)
    run.log({"rank": 1.0})
    assert run.flush(60.0)
    with pytest.raises(RunicornError, match=r"'rank' is a metric of run .* `runicorn export-data` writes one"):
        rn.MetricsExporter(run.run_dir).to_csv()
