"""`runicorn diff`: differences only, nested config, equal steps; and values that differ in writing only are equal."""

import hashlib
import json
import math
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.commands import refused, runicorn
from tests.cli.handmade import logged
from tests.programs import train, wait

import runicorn as rn
from runicorn.differences import code
from runicorn.differences.values import same
from runid import events
from runid.store import blobs

RUNS = """
import runicorn as rn
config = {"lr": 0.1, "seed": 1, "net": {"depth": 5, "act": "relu", "drop": 1}, "same": [1, 2]}
with rn.init("diffs", run_id="one", config=config, tags=["x"]) as run:
    for step in range(100):
        run.log({"loss": 1 / (step + 1), "equal": 1.0, "mine": 2.0, "even": step}, step=2 * step)
    run.log({"alike": 0.5}, step=1)
    run.summary({"final": 0.5, "close": 0.12345678901, "\\x1b[2J": 1})
config = {"lr": "1e-2", "seed": 1, "net": {"depth": 7, "act": "relu", "drop": 1.0, "new": None}, "same": [1, 2.0]}
with rn.init("diffs", run_id="two", config=config, tags=["x"]) as run:
    for step in range(60):
        run.log({"loss": 2 / (step + 1), "equal": 1.0}, step=2 * step)
    run.log({"even": 4}, step=100)
    run.log({"even": 5}, step=101)
    run.log({"alike": 0.5}, step=1)
    run.summary({"final": 0.5, "close": 0.12345678902})
"""


@pytest.fixture(scope="module", autouse=True)
def _runs(root: Path) -> None:  # noqa: ARG001  they lie there
    train(RUNS)


def compared(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(runicorn("diff", "one", "two", "--json", *arguments))
    return found


def test_only_what_differs() -> None:
    told = compared()
    assert [(row["name"], row.get("a"), row.get("b")) for row in told["config"]] == [
        ("lr", 0.1, "1e-2"),
        ("net.depth", 5, 7),
        ("net.new", None, None),
    ]
    assert "a" not in told["config"][-1]
    assert [row["name"] for row in told["summary"]] == ["close", "\x1b[2J"]
    assert told["environment"] == []
    assert (told["a"]["run_id"], told["b"]["status"]) == ("one", "finished")
    assert told["a"]["duration"] == json.loads(runicorn("show", "one", "--json"))["duration"] > 0
    assert (told["a"]["snapshot"], told["b"]["captured"], told["b"]["ranks"]) == (False, False, 1)


def test_all_is_what_is_the_same_too() -> None:
    told = compared("--all")
    assert {row["name"]: row["same"] for row in told["config"]} == {
        "lr": False, "seed": True, "net.depth": False, "net.act": True, "net.drop": True, "net.new": False,
        "same": True,
    }  # fmt: skip
    assert [row["name"] for row in told["metrics"] if row["same"]] == ["alike"]
    assert next(row for row in told["environment"] if row["name"] == "python")["same"]


def test_metrics_at_the_last_step_that_both_have() -> None:
    equal, even, loss, mine = compared()["metrics"]
    assert (equal["step"], equal["difference"], equal["differs_from"]) == (118, 0.0, 120)
    assert (loss["step"], loss["a"], loss["b"]) == (118, 1 / 60, 2 / 60)
    assert loss["difference"] == loss["b"] - loss["a"]
    assert (even["step"], even["a"], even["b"]) == (100, 50.0, 4.0)
    assert (mine["step"], mine["a"], mine["b"], mine["difference"]) == (None, None, None, None)


def test_metrics_after_the_time_that_the_shorter_run_took(tmp_path: Path) -> None:
    a = logged(tmp_path / "a", 1_000.0, *losses(1_000.0, 5.0, 4.0, 3.0, 2.0, 1.0))
    b = logged(tmp_path / "b", 9_000.0, *losses(9_000.0, 8.0, 7.0, 6.0))
    told = json.loads(runicorn("diff", a, b, "--json"))
    (loss,) = told["metrics"]
    assert told["seconds"] == 20.0
    assert (loss["step"], loss["a"], loss["b"]) == (2, 3.0, 6.0)
    assert (loss["a_then"], loss["b_then"], loss["difference_then"]) == (3.0, 6.0, 3.0)
    fast = logged(tmp_path / "fast", 5_000.0, *losses(5_000.0, 5.0, 4.0, 3.0, 2.0, 1.0, every=5.0))
    (loss,) = json.loads(runicorn("diff", a, fast, "--json", "--all"))["metrics"]
    assert (loss["step"], loss["a"], loss["b"], loss["same"]) == (4, 1.0, 1.0, True)
    assert (loss["a_then"], loss["b_then"]) == (3.0, 1.0)


def test_after_equal_time_all_ranks_speak_and_not_the_last_one(tmp_path: Path) -> None:
    a = logged(tmp_path / "a", 1_000.0, *losses(1_000.0, 5.0, 5.0, 5.0))
    logged(tmp_path / "b", 1_000.0, *losses(1_000.0, 9.0, 8.0, 7.0, 6.0))
    b = logged(tmp_path / "b", 1_000.0, *losses(1_001.0, 3.0, 2.0, 1.0, 0.0), host="two", rank=1)
    told = json.loads(runicorn("diff", a, b, "--json"))
    (loss,) = told["metrics"]
    assert [(row["name"], row["a"], row["b"]) for row in told["ranks"]] == [("ranks", 1, 2), ("hosts", 1, 2)]
    assert (loss["step"], loss["b"]) == (2, 4.0)
    assert (loss["a_then"], loss["b_then"]) == (5.0, 5.0), "rank 1 logs step 2 a second later"


def test_a_metric_that_differs_anywhere_is_shown(tmp_path: Path) -> None:
    def run(name: str, *values: float) -> Path:
        return logged(tmp_path / name, 1_000.0, *losses(1_000.0, *values))

    a = run("a", 5.0, 4.0, math.nan, 2.0)
    once, more, nan = run("once", 5.0, 9.0, math.nan, 2.0), run("more", 5.0, 4.0, math.nan, 2.0, 1.0), run("nan", 5.0)
    twice = logged(tmp_path / "twice", 1_000.0, *losses(1_000.0, 5.0, 4.0, math.nan, 2.0), *losses(1_000.0, 5.0))
    for other, step, ended in ((once, 1, None), (more, 4, "ab"), (nan, 1, "ba"), (twice, 0, None)):
        for side, pair in enumerate(((a, other), (other, a))):
            (row,) = json.loads(runicorn("diff", *pair, "--json"))["metrics"]
            assert (row["differs_from"], row["difference"], row["ended"]) == (step, 0.0, ended and ended[side])
    assert re.search(
        r"\nmetrics +step +A +B +B - A +differ from step .*\nloss +3 +2 +2 +0 +1 ", runicorn("diff", a, once)
    )
    (row,) = json.loads(runicorn("diff", a, run("again", 5.0, 4.0, math.nan, 2.0), "--json", "--all"))["metrics"]
    assert (row["same"], row["differs_from"]) == (True, None)


def test_a_key_with_a_dot_hides_no_nested_one(tmp_path: Path) -> None:
    def run(name: str, config: dict[str, Any]) -> Path:
        return logged(tmp_path / name, 1_000.0, [events.CONFIG, 1_000.0, config])

    one, nine = run("one", {"a.b": 1, "a": {"b": 2}}), run("nine", {"a.b": 9, "a": {"b": 2}})
    assert json.loads(runicorn("diff", one, nine, "--json"))["config"] == [
        {"name": '"a.b"', "a": 1, "b": 9, "same": False}
    ]
    flat, nested = run("flat", {"a.b": 2}), run("nested", {"a": {"b": 2}})
    assert json.loads(runicorn("diff", flat, nested, "--json"))["config"] == []


def losses(start: float, *values: float, every: float = 10.0) -> list[events.Event]:
    """One value when the run begins, and the next ones every so many seconds."""
    points = [[events.POINTS, start + every * step, step, None, {"loss": value}] for step, value in enumerate(values)]
    return [[events.START, start, {"created_at": start}], *points]


def test_as_a_table() -> None:
    out = runicorn("diff", "one", "two")
    assert re.search(r"^ +run .* duration\nA +one .* m?s\nB +two .* m?s\n", out)
    assert "\nconfig     A       B\nlr         0.1     1e-2\nnet.depth  5       7\nnet.new    (none)  -\n" in out
    assert "close    0.12345678901  0.12345678902\n" in out
    assert "\ufffd[2J" in out
    assert re.search(r"\nmine +- +- +- +- +", out)
    assert "\nloss     118   0.0166667  0.0333333  0.0166667 " in out
    assert "\x1b" not in out
    assert runicorn("diff", "one", "one").endswith("\n\nThey do not differ.\n")
    assert "Did you mean two" in refused("diff", "one", "twoo")


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (1, 1.0, True),
        (0.001, "1e-3", True),
        (0.1, struct.unpack("f", struct.pack("f", 0.1))[0], True),
        (0.1, 0.1000001, False),
        (16_777_217, 16_777_216.0, False),
        (True, 1, False),
        ("NaN", math.nan, True),
        ("Infinity", math.inf, True),
        ("inf", math.inf, False),
        (-math.inf, -math.inf, True),
        ([1, {"y": math.nan}], [1, {"y": math.nan}], True),
        ({"y": [1]}, {"y": [2]}, False),
        ({"y": 1}, {"z": 1}, False),
        ("1.10", "1.1", False),
        ("1.10", 1.1, False),
        ("1.0", 1, True),
        ("007", 7, False),
        ("1_000", 1000, False),
        (" 1", 1, False),
        ("7e12345", "3e99999", False),
        ("7e12345", math.inf, False),
        ("0.10000000000000001", 0.1, False),
        ("0.1", struct.unpack("f", struct.pack("f", 0.1))[0], False),
        ("1", True, False),
        ("a", "a", True),
        (None, None, True),
        ("1", "one", False),
        ([1, [2.0]], [1.0, [2]], True),
        ([1], [1, 2], False),
        (10**400, 10**400 + 1, False),
    ],
)
def test_values_that_are_the_same(a: Any, b: Any, equal: bool) -> None:
    assert same(a, b) is equal
    assert same(b, a) is equal


@given(st.floats(), st.floats())
def test_floats_are_the_same_in_single_precision_only_if_they_are_near(a: float, b: float) -> None:
    assert same(a, a)
    assert same(a, repr(a)) is math.isfinite(a)
    if same(a, b) and not math.isnan(a):
        assert math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-44)


def test_what_was_captured_is_compared(tmp_path: Path) -> None:
    folders = []
    for name, version, when in (("a", "2.4.6", 1.0), ("b", "2.4.7", 2.0)):
        found = {"pip_packages": {"numpy": version, "msgpack": "1"}, "captured_at": when, "argv": ["t.py"]}
        start = [events.START, when, {"created_at": when, "python": "3.11.7"}]
        folders.append(logged(tmp_path / name, when, start, [events.ENVIRONMENT, when, found]))
    told = json.loads(runicorn("diff", *folders, "--json"))
    assert told["environment"] == [{"name": "pip_packages.numpy", "a": "2.4.6", "b": "2.4.7", "same": False}]
    told = json.loads(runicorn("diff", *folders, "--json", "--all"))
    assert [row["name"] for row in told["environment"]] == [
        "python",
        "pip_packages.numpy",
        "pip_packages.msgpack",
        "argv",
    ]


CODE = """
import runicorn as rn
from pathlib import Path

for name, extra in (("before", ""), ("after", "lr = 0.2\\n")):
    folder = Path(name)
    folder.mkdir()
    (folder / "train.py").write_text("import os\\n" + extra + "print(os)\\n")
    (folder / "same.py").write_text("same\\n")
    (folder / f"only_{name}.bin").write_bytes(b"\\0" * 10)
    rn.init("code", run_id=name, snapshot_code=True, workspace_root=str(folder)).finish()
"""


def test_files_of_the_code_and_their_lines(tmp_path: Path) -> None:
    train(CODE, cwd=tmp_path)
    wait(lambda: all(rn.Api().run(name).code for name in ("before", "after")), "there is no snapshot")
    rows = {row["name"]: row for row in json.loads(runicorn("diff", "before", "after", "--json", "--all"))["code"]}
    assert rows["same.py"]["same"]
    assert (rows["train.py"]["same"], rows["train.py"]["lines"]) == (False, [1, 0])
    assert ("a" in rows["only_after.bin"], rows["only_after.bin"]["b"]) == (False, 10)
    assert "(+1 -0)" in runicorn("diff", "before", "after")


def test_what_git_says_was_changed(tmp_path: Path) -> None:
    patch = b"diff --git a/a b.py b/a b.py\n--- a/a b.py\n+++ b/a b.py\n@@ -1 +1 @@\n+diff --git a/c b/c\n"
    sha256 = hashlib.sha256(patch).hexdigest()
    blob = tmp_path / blobs.blob_path(sha256)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(patch)
    told = {"git": {"diff": {"fingerprint": sha256}, "untracked": ["new.py"]}}
    assert code.Snapshot(tmp_path, told).changed() == {"a b.py", "new.py"}
    assert code.Snapshot(tmp_path, {}).changed() == set()
    none, one = (code.Snapshot(tmp_path, {"git": {"branch": branch, "remote": None}}) for branch in (None, "main"))
    assert code.rows(none, one) == [{"name": "git.branch", "b": "main", "same": False}]
