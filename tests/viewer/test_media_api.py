"""What the viewer tells of media and tables, asked over HTTP: one root and one viewer for all of it."""

import base64
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.conftest import Home
from tests.programs import wait
from tests.shared import clear, root, run, shared_home
from tests.viewer.conftest import Viewer, shown

import runicorn as rn
from runicorn.viewer import heatmap
from runicorn.viewer.thumbnails import thumbnail

__all__ = ["clear", "root", "run", "shared_home"]
STEPS = range(0, 50, 5)
PAGE = "<svg onload='alert(1)'></svg><script>fetch('/api/v1/info')</script>"


@pytest.fixture(scope="module")
def viewer(root: Path, shared_home: Home) -> Iterator[Viewer]:  # noqa: ARG001  processes are started in it
    with shown(root) as made:
        yield made


def square(grey: int, side: int = 8) -> rn.Image:
    return rn.Image(np.full((side, side), grey, np.uint8), caption=f"grey {grey}")


def only(viewer: Viewer, run: rn.Run, key: str, **of: object) -> dict[str, Any]:
    """The one medium of a key, once its file is made."""

    def made() -> Any:
        (medium,) = viewer.get(f"runs/{run.id}/media", key=key, **of)["rows"][0]["media"]
        return medium if medium.get("bytes") else None

    assert run.flush()
    found: dict[str, Any] = wait(made, f"{key} is not made")
    return found


def test_windows_of_a_keys_steps(viewer: Viewer, run: rn.Run) -> None:
    for step in STEPS:
        run.log({"grid": [square(step + at) for at in range(4)], "single": square(step)}, step=step)
    run.log({"config": {"no": "medium"}, "odd/<b>": rn.Markdown("x" * 5000)}, step=1)
    assert run.flush()
    address = f"runs/{run.id}/media"
    told = {"first": 0, "last": 45, "steps": 10}
    expected = [
        {"key": "grid", "type": "image", "count": 40} | told,
        {"key": "single", "type": "image", "count": 10} | told,
    ]
    assert viewer.get(f"{address}/keys", types="image,video") == {"found": 2, "keys": expected}
    assert viewer.get(f"{address}/keys", q="ODD")["keys"][0]["type"] == "markdown"

    assert "media" not in viewer.get(f"runs/{run.id}"), "what is not shown is not told"
    window = viewer.get(address, key="grid", lo=3, hi=5, n=2)
    assert (window["steps"], window["lo"]) == (10, 3)
    assert [(row["step"], row["count"], len(row["media"])) for row in window["rows"]] == [(15, 4, 2), (20, 4, 2)]
    assert [one["caption"] for one in window["rows"][0]["media"]] == ["grey 15", "grey 16"]
    for step, place in ((17, 3), (0, 0), (-1, -1), (999, 9)):
        found = viewer.get(address, key="single", step=step)
        assert (found["lo"], [row["step"] for row in found["rows"]]) == (place, [5 * place] if place >= 0 else [])

    # What is logged later is read on from there; a step that comes back is put where it belongs.
    run.log({"grid": [square(1)]}, step=12)
    run.log({"odd/<b>": rn.Markdown("y")}, step=2)
    assert run.flush()
    assert [row["step"] for row in viewer.get(address, key="grid", lo=2, hi=4)["rows"]] == [10, 12]
    texts = [row["media"][0]["value"] for row in viewer.get(address, key="odd/<b>", lo=0, hi=2)["rows"]]
    assert texts == ["x" * 2000 + " …", "y"]
    assert viewer.get(address, key="odd/<b>", step=1)["rows"][0]["media"][0]["value"] == "x" * 5000
    missing = viewer.ask(f"/api/v1/{address}?key=nothing")
    assert (missing.status, missing.json) == (404, {"error": "The run has no medium 'nothing'."})


def test_files_are_no_pages_of_ours(viewer: Viewer, run: rn.Run) -> None:
    run.log({"picture": rn.Image(Image.effect_noise((400, 200), 50))}, step=1)
    run.log({"page": rn.Html(PAGE), "tone": rn.Audio(np.zeros(4000, np.float32), sample_rate=8000)}, step=1)
    picture, page, tone = (only(viewer, run, key)["file"] for key in ("picture", "page", "tone"))
    base = f"/api/v1/blob/{run.id}"
    whole, small = viewer.ask(f"{base}/{picture}"), viewer.ask(f"{base}/{picture}?w=64")
    assert (whole.headers["content-type"], small.headers["content-type"]) == ("image/png", "image/jpeg")
    assert Image.open(io.BytesIO(whole.body)).size == (400, 200)
    assert Image.open(io.BytesIO(small.body)).size == (64, 32)
    assert viewer.ask(f"{base}/{picture}?w=400").body == whole.body, "it is small enough"

    html = viewer.ask(f"{base}/{page}")
    policy = html.headers["content-security-policy"]
    assert html.body.decode() == PAGE
    assert policy.startswith("sandbox allow-scripts; default-src 'none';")
    assert not {"allow-same-origin", "'self'", "http:", "https:"} & set(
        policy.replace("frame-ancestors 'self'", "").split()
    )

    part = viewer.ask(f"{base}/{tone}", Range="bytes=10-19")
    assert (part.status, part.headers["content-type"], len(part.body)) == (206, "audio/wav", 10)


def test_no_other_file_is_given_and_none_is_guessed(viewer: Viewer, run: rn.Run) -> None:
    run.log({"picture": square(7)}, step=1)
    media = run.run_dir / only(viewer, run, "picture")["file"]
    odd = {"svg": PAGE, "exe": PAGE, "json": "{}", "png": PAGE}
    for form, text in odd.items():
        (media.parent / f"1_abcdef_odd.{form}").write_text(text)
    os.symlink("/etc/passwd", media.parent / "1_abcdef_link.png")
    os.symlink(run.run_dir / "meta.json", media.parent / "1_abcdef_meta.json")
    base = f"/api/v1/blob/{run.id}"
    for form in odd:
        answer = viewer.ask(f"{base}/media/1_abcdef_odd.{form}")
        sealed = "sandbox" in answer.headers["content-security-policy"] or answer.headers["content-type"] == "image/png"
        assert (answer.status, sealed, answer.headers["x-content-type-options"]) == (200, True, "nosniff")
        assert not {"html", "svg"} & set(answer.headers["content-type"].replace("+", "/").split("/"))
    assert viewer.ask(f"{base}/media/1_abcdef_odd.png?w=64").status == 400
    outside = "meta.json", "media/../meta.json", "media/%2e%2e/meta.json", "media%2f..%2fmeta.json", "/etc/passwd"
    links = "media/1_abcdef_link.png", "media/1_abcdef_meta.json", "media/.incoming/x", "media/1_abcdef_none.png"
    for name in (*outside, *links):
        answer = viewer.ask(f"{base}/{name}")
        assert (answer.status, b"root:" in answer.body) == (404, False), name


def test_rows_of_a_table(viewer: Viewer, run: rn.Run) -> None:
    scores = [0.5, None, float("nan"), 0.75, 0.25]
    rows = [[at, f"item {at}", score, "y" * 1000, {"k": [at]}] for at, score in enumerate(scores)]
    names = ["id", "na,me", "score", "text", "other"]
    run.log({"eval": rn.Table(names, rows)}, step=1)
    run.log({"eval": rn.Table(names, [[4, "item 4", 0.25, "y", None], [0, "item 0", 0.9, "y" * 1000, None]])}, step=2)
    first, second = (only(viewer, run, "eval", step=step)["file"] for step in (1, 2))
    address = f"runs/{run.id}/tables/{first}"
    told = viewer.get(address, lo=1, hi=3)
    assert (told["rows"], told["found"], told["row"]) == (5, 5, [1, 2])
    assert [one["type"] for one in told["columns"]][:4] == ["number", "text", "number", "text"]
    assert told["values"]["score"] == [None, "NaN"]
    assert told["values"]["text"][0] == "y" * 300 + " …"
    assert viewer.get(address, lo=1, hi=2, cols="text")["values"] == {"text": ["y" * 1000]}

    assert viewer.get(address, sort="-score", cols="id")["values"] == {"id": [3, 0, 4, 2, 1]}
    assert viewer.get(address, q="ITEM 3", cols="na,me")["values"] == {"na,me": ["item 3"]}
    assert viewer.get(address, q="score>0.5", cols="id")["values"] == {"id": [3]}
    assert viewer.get(address, q="item", sort="-id", lo=1, hi=3, cols="id")["values"] == {"id": [3, 2]}
    like = viewer.get(f"{address}/columns", cols="score")["score"]
    assert (like["lo"], like["hi"], like["missing"], like["nan"], sum(like["counts"])) == (0.25, 0.75, 1, 1, 3)
    like = viewer.get(f"{address}/columns", cols="text")["text"]
    assert (like["distinct"], like["values"][0][1]) == (1, 5)

    both = viewer.get(address, other=second, cols="score")
    assert (both["by"], both["other_row"], both["others"]) == (
        ["id"],
        [1, -1, -1, -1, 0],
        {"score": [0.9, None, None, None, 0.25]},
    )
    assert (both["unmatched"], viewer.get(f"runs/{run.id}/tables/{second}", other=first)["unmatched"]) == (0, 3)
    assert both["alone"] == 3
    assert viewer.get(address, other=second, differ=1, cols="id")["values"] == {"id": [0, 1, 2, 3, 4]}
    assert viewer.get(address, other=first, differ=1)["found"] == 0
    for wrong, status in (
        ("sort=none", 404),
        ("sort=other", 400),
        ("by=none&other=" + second, 404),
        ("other=media/x", 404),
    ):
        answer = viewer.ask(f"/api/v1/{address}?{wrong}")
        assert (answer.status, set(answer.json)) == (status, {"error"}), wrong
    assert viewer.ask(f"/api/v1/{address}?q=score<").json["start"] == 5
    assert viewer.get(address, other=second, by="#")["other_row"] == [0, 1, -1, -1, -1]


def test_histograms_over_steps_have_common_bins(viewer: Viewer, run: rn.Run) -> None:
    for step, values in enumerate(([0.0, 1.0], [0.0, 9.0, float("nan")], [])):
        run.log({"weights": rn.Histogram(values, num_bins=4)}, step=step)
    assert run.flush()
    told = wait(
        lambda: (got := viewer.get(f"runs/{run.id}/histograms", key="weights"))["step"] == [0, 1, 2] and got,
        "not counted",
    )
    assert (told["lo"], told["hi"], told["total"], told["nonfinite"]) == (0.0, 9.0, [2, 2, 0], [0, 1, 0])
    shares = [np.frombuffer(base64.b64decode(share), "<u2") for share in told["share"]]
    assert [(len(share), round(share.sum() / 65535, 3)) for share in shares] == [(96, 1), (96, 1), (96, 0)]
    assert shares[1][-1] > 0 == shares[0][-1]
    assert (told["least"], told["most"], told["above"]) == (0.0, 9.0, [False] * 3)
    assert heatmap.places(1000, 3) == [0, 500, 999]
    assert heatmap.heatmap([(1, {"counts": "x"}), (2, None)])["step"] == []


def test_an_outlier_does_not_flatten_the_histograms_of_other_steps() -> None:
    usual = {"counts": [1, 2, 1], "edges": [-3, -1, 1, 3]}
    steps = [(step, usual) for step in range(19)]
    told = heatmap.heatmap([*steps, (19, {"counts": [99, 1], "edges": [-3, 5e5, 1e6]})])
    assert (told["lo"], told["hi"], told["least"], told["most"]) == (-3, 3, -3, 1e6)
    assert (told["above"], told["below"]) == ([False] * 19 + [True], [False] * 20)
    assert np.count_nonzero(np.frombuffer(base64.b64decode(told["share"][0]), "<u2")) == 96
    grown = heatmap.heatmap([(step, {"counts": [1], "edges": [0, 2**step]}) for step in range(40)])
    assert not any(grown["above"]), "what grows is no outlier"


def test_a_thumbnail_of_a_small_picture_is_its_own_file_unless_that_is_heavy(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    for name, pixels in (("noise", noise), ("flat", np.full_like(noise, 7)), ("little", noise[:16, :16])):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    made = thumbnail(tmp_path / "noise.png", 64)
    assert made is not None
    assert made[1] == "image/jpeg"
    assert len(made[0]) < (tmp_path / "noise.png").stat().st_size / 2
    assert Image.open(io.BytesIO(made[0])).size == (64, 64)
    assert [thumbnail(tmp_path / f"{name}.png", 64) for name in ("flat", "little")] == [None, None]
