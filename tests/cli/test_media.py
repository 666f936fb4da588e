"""How `runicorn show` and `runicorn export-data --media` tell of images, pages, traces and other media."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.cli.commands import call, refused, runicorn, settled, shown
from tests.cli.handmade import logged
from tests.programs import train, wait

import runicorn as rn
from runicorn.cli import export_media, media
from runid import events

RUN = r"""
import numpy as np
import runicorn as rn
with rn.init("media", run_id="kept") as run:
    run.log({"val/pages": [rn.Html("<p>one"), rn.Html("<p>two", caption="the second")]}, step=3)
    run.log({"notes": rn.Markdown("# A title\n\nand a text that is so long that no line can hold all that it says.")})
    run.log({"cloud": rn.Object3D(np.zeros((5, 3)))}, step=5)
    run.log({"chat": rn.Trace([{"role": "user", "content": "Hi\x1b[31m"}, {"role": "assistant", "content": "?"}])})
    run.log_rollout("2 + 2?", [{"role": "assistant", "content": "4"}], {"right": 1.0})
    run.log_image("broken", b"no image")
    run.log_rollout("x" * 300_000, [{"role": "assistant", "content": "4"}] * 3, {})
with rn.init("media", run_id="none") as run:
    run.log(loss=1.0)
"""


@pytest.fixture(scope="module", autouse=True)
def _runs(root: Path) -> None:
    """A run with media, once all of them are made or have failed."""
    train(RUN)
    run = rn.Api(root).run(str(settled(root / "runs" / "media" / "kept").folder))

    def over() -> bool:
        told = run.media()
        known = any("points" in one for one in told) and any("messages" in one for one in told)
        return known and all("error" in one or one["path"].exists() for one in told if one.get("file"))

    wait(over, f"not all is made: {run.media()}")


def test_show_lists_the_last_ones_and_counts_all(root: Path) -> None:
    text = runicorn("show", "kept")
    listed = text.partition("\nmedia\n")[2].partition("\n\n")[0].splitlines()
    pages = [one["file"] for one in rn.Api(root).run("kept").media(type="html")]
    assert [re.sub("  +", "|", line) for line in listed[:5]] == [
        "key|step|type|shows|caption|file",
        f"val/pages [0]|3|html|{pages[0]}",
        f"val/pages [1]|3|html|the second|{pages[1]}",
        "notes|4|markdown|# A title and a text that is so long that no line can hold …",
        f"cloud|5|object3d|5 points|{rn.Api(root).run('kept').media(type='object3d')[0]['file']}",
    ]
    assert re.search(r"\nchat +6 +trace +2 messages: Hi\ufffd\[31m\n", text)
    assert re.search(r"\nrollouts +6 +trace +1 message: 2 \+ 2\?\n", text)
    assert re.search(r"\nrollouts +6 +trace +3 messages +media/\S+.json\n", text)
    assert re.search(r"\nbroken +6 +image +failed: .*cannot identify image file", text)
    assert re.search(r"\npages +2\nmarkdown +1\n3D objects +1\ntraces +3\nimages +1, 1 of them failed\n", text)
    assert "\nmedia\n" not in runicorn("show", "none")


def test_show_gives_all_as_json(root: Path) -> None:
    told = shown("kept")["media"]
    kept = rn.Api(root).run("kept").media()
    assert [one["key"] for one in told] == [one["key"] for one in kept]
    assert told[1] == {name: value for name, value in kept[1].items() if name != "path"} | {"shows": ""}
    assert told[3]["shows"] == "5 points"
    assert not any("value" in one for one in told)


def test_only_the_last_twenty_are_listed_and_no_cells(tmp_path: Path) -> None:
    many = [[events.OBJECT, 5.0, n, None, "text", str(n), {"type": "markdown"}] for n in range(30)]
    cell = {"type": "markdown", "within": "media/1_abcdef_table"}
    folder = logged(tmp_path / "many", 1.0, *many, [events.OBJECT, 5.0, 30, None, "cell", "30", cell])
    text = runicorn("show", folder)
    assert "\nThese are the last 20 of 30; --json lists all.\n" in text
    assert [int(step) for step in re.findall(r"\ntext +(\d+)", text)] == [*range(10, 30)]
    assert not re.search(r"\ncell +30", text)
    assert len(shown(folder)["media"]) == 31


TEXT = "a b " * 100


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"type": "image", "width": 640, "height": 480}, "640x480"),
        (
            {"type": "video", "width": 64, "height": 64, "frames": 10, "seconds": 0.333333333},
            "64x64, 10 frames, 0.333333 s",
        ),
        ({"type": "audio", "seconds": 2.0, "sample_rate": 8000}, "2 s"),
        ({"type": "table", "rows": 5000, "columns": ["a", "b"]}, "5000 rows, 2 columns"),
        ({"type": "table", "rows": 1, "columns": 1}, "1 row, 1 column"),
        ({"type": "histogram", "value": {"edges": [-1.5, 0.0, 2.0], "counts": [3, 4]}}, "7 values, -1.5 … 2"),
        ({"type": "histogram", "value": {"edges": [], "counts": []}}, ""),
        ({"type": "histogram", "value": "odd"}, ""),
        ({"type": "markdown", "value": TEXT}, TEXT[:59] + "…"),
        ({"type": "trace", "value": {"messages": []}}, "0 messages"),
        ({"type": "trace", "value": {"messages": "odd", "prompt": {"a": 1}}}, '0 messages: {"a": 1}'),
        ({"type": "trace", "value": {"messages": [{"content": [{"text": "x"}]}]}}, '1 message: [{"text": "x"}]'),
        ({"type": "html"}, ""),
    ],
)
def test_what_each_one_shows(line: dict[str, Any], words: str) -> None:
    assert media.listed([line])[0]["shows"] == words


# -- export-data ------------------------------------------------------------------------------------------------------


def index(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "media.jsonl").read_text().splitlines()]


def test_files_get_names_that_people_can_read(root: Path, tmp_path: Path) -> None:
    out, err = call("runicorn", "export-data", "kept", "--media", tmp_path / "new")
    assert (out, err) == ("", "1 file is not there: not made yet, or never, where media.jsonl has an error.\n")
    kept = rn.Api(root).run("kept").media()
    lines = index(tmp_path / "new")
    assert [line.pop("exported") for line in lines] == [
        "val_pages-step3-0.html", "val_pages-step3-1.html", None, "cloud-step5.ply", None, None, None,
        "rollouts-step6.json",
    ]  # fmt: skip
    assert lines == [{name: value for name, value in one.items() if name != "path"} for one in kept]
    assert (tmp_path / "new" / "val_pages-step3-1.html").read_text() == "<p>two"
    assert (tmp_path / "new" / "cloud-step5.ply").read_bytes() == kept[3]["path"].read_bytes()
    assert len(list((tmp_path / "new").iterdir())) == 5


def test_only_those_that_are_asked_for(tmp_path: Path) -> None:
    runicorn("export-data", "kept", "--media", tmp_path, "--steps", "4:5", "--ranks", "0,3")
    assert [line["key"] for line in index(tmp_path)] == ["notes", "cloud"]
    runicorn("export-data", "kept", "--media", tmp_path / "b", "--ranks", "3")
    assert index(tmp_path / "b") == []


def test_files_are_replaced_by_force_only(tmp_path: Path) -> None:
    runicorn("export-data", "kept", "--media", tmp_path, "--steps", "3:3")
    (tmp_path / "val_pages-step3-0.html").write_text("mine")
    assert "media.jsonl exists" in refused("export-data", "kept", "--media", tmp_path, "--steps", "3:3")
    (tmp_path / "media.jsonl").unlink()
    assert "val_pages-step3-0.html exists" in refused("export-data", "kept", "--media", tmp_path, "--steps", "3:3")
    assert not (tmp_path / "media.jsonl").exists()
    runicorn("export-data", "kept", "--media", tmp_path, "--steps", "3:3", "--force")
    assert (tmp_path / "val_pages-step3-0.html").read_text() == "<p>one"


def page(n: int) -> events.Event:
    """A page is asked for."""
    about = {"key": "a", "step": 1, "stage": None, "caption": None}
    what = about | {"file": f"media/{n}_abcdef_a.html", "format": "html", "source": {"kind": "file"}}
    return [events.ASK, 5.0, f"{n:016x}", "html", what]


def test_equal_names_are_told_apart(tmp_path: Path) -> None:
    folder = logged(tmp_path / "run", 1.0, *map(page, range(3)))
    (folder / "media").mkdir()
    for n in range(2):
        (folder / "media" / f"{n}_abcdef_a.html").write_text(str(n))
    _, err = call("runicorn", "export-data", folder, "--media", tmp_path / "new")
    assert "1 file is not there" in err
    assert [line["exported"] for line in index(tmp_path / "new")] == ["a-step1.html", "a-step1-2.html", None]
    assert (tmp_path / "new" / "a-step1-2.html").read_text() == "1"


def test_the_rank_is_named_where_there_are_several() -> None:
    one = {"file": "media/1_abcdef_a_b.html", "step": 7, "rank": 3, "index": 2}
    assert export_media._name(one, True, set()) == "a_b-step7-rank3-2.html"


def test_a_file_outside_of_the_run_is_never_copied(tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text("secret")
    ask = page(1)
    ask[4]["file"] = "../secret.html"
    folder = logged(tmp_path / "run", 1.0, ask)
    call("runicorn", "export-data", folder, "--media", tmp_path / "new")
    (line,) = index(tmp_path / "new")
    assert (line["key"], line["exported"]) == ("a", None)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["media.jsonl"]


@pytest.mark.parametrize("option", [["--wide"], ["--metrics", "loss"], ["-o", "x.csv"], ["--format", "csv"]])
def test_points_and_media_are_not_exported_together(tmp_path: Path, option: list[str]) -> None:
    _, err = call("runicorn", "export-data", "kept", "--media", tmp_path / "new", *option, code=2)
    assert "--media goes with --ranks, --steps and --force only." in err
    assert not (tmp_path / "new").exists()


def test_a_histogram_without_finite_counts_is_shown() -> None:
    value = {"counts": ["NaN", 2], "edges": ["-Infinity", 0, "Infinity"]}
    (line,) = media.listed([{"type": "histogram", "key": "h", "value": value}])
    assert line["shows"] == "2 values, -Infinity … Infinity"
