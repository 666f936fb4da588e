"""What surrounded two runs, on the page that compares them: packages, Python, variables, and their machines."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.programs import COMMAND
from tests.viewer.browser.conftest import World, filled

pytestmark = pytest.mark.long

# The GPUs, processors and Python of another machine, as the modules would tell of them that the SDK asks.
_FILL = r"""
import os, pathlib, subprocess, sys

TRAIN = '''
import json, os, sys, types
name, python, model, gpus, cores = json.loads(os.environ["MACHINE"])
sys.version = python + " (main) [GCC]"
nvml = sys.modules["pynvml"] = types.ModuleType("pynvml")
told = {"DeviceGetCount": gpus, "DeviceGetHandleByIndex": 0, "DeviceGetName": model, "DeviceGetUUID": "of " + model}
told |= {"DeviceGetMemoryInfo": types.SimpleNamespace(total=80 << 30), "Init": None, "Shutdown": None}
told |= {"SystemGetDriverVersion": "570.1", "SystemGetCudaDriverVersion_v2": 13010}
for what, value in told.items():
    setattr(nvml, "nvml" + what, lambda *_, value=value: value)
os.cpu_count = lambda: cores
import runicorn as rn
rn.init("around", run_id=name, alias=name, capture_env=True).finish()
'''
home = pathlib.Path(os.environ["HOME"])
(home / "train.py").write_text(TRAIN)
PACKAGES = {"old": {"kept": "1.0", "torch": "2.9.1", "gone": "0.3"}, "new": {"kept": "1.0", "torch": "2.10.0"}}
for which, packages in PACKAGES.items():
    for package, version in packages.items():
        folder = home / which / f"{package}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
OLD = '"3.11.9", "NVIDIA A100", 1, 80'
for name, which, machine, own in (
    ("left", "old", OLD, {"MASTER_PORT": "1", "SLURM_JOB_ID": "7", "NCCL_DEBUG": "INFO"}),
    ("right", "new", '"3.12.4", "NVIDIA H200", 2, 144', {"MASTER_PORT": "2", "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}),
    ("again", "old", OLD, {"MASTER_PORT": "1", "SLURM_JOB_ID": "7", "NCCL_DEBUG": "INFO"}),
):
    own |= {"PYTHONPATH": str(home / which), "MACHINE": f'["{name}", {machine}]'}
    subprocess.run([sys.executable, home / "train.py"], env=os.environ | own, check=True)
subprocess.run([sys.executable, "-c", "import runicorn as rn; rn.init('around', run_id='bare').finish()"], check=True)
"""
HARDWARE = ("cpu.", "memory.", "gpu_info.", "container.", "scheduler.", "hostname")
Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Two runs with other surroundings, one with the same again, and one of which nothing was captured."""
    with filled(_FILL, 4) as made:
        yield made


def told(world: World, a: str, b: str, *more: str) -> dict[str, Rows]:
    """What `runicorn diff --json` tells of the surroundings, by sections of the page and names."""
    command = [*COMMAND, "-m", "runicorn", "diff", a, b, "--json", *more]
    rows = json.loads(subprocess.check_output(command, env=world.environment, text=True))["environment"]
    found: dict[str, Rows] = {"hardware": {}, "environment": {}}
    for row in rows:
        if not row["name"].startswith("git_info."):  # that has a section of its own
            found["hardware" if row["name"].startswith(HARDWARE) else "environment"][row["name"]] = row
    return found


def shows(section: Locator, rows: Rows) -> None:
    """Until a section of the page has these rows, with both of their values, and no others."""
    expect(section.get_by_role("rowheader")).to_have_count(len(rows))
    shown = section.locator("tbody tr").evaluate_all(
        """rows => rows.map((row) => [
            row.querySelector("th").textContent,
            row.className,
            [...row.cells].slice(1, 3).map((cell) => cell.querySelector("code")?.title ?? null),
        ])"""
    )
    assert {name: (same == "same", values) for name, same, values in shown} == {
        name: (row["same"], [exact(row[side]) if side in row else None for side in "ab"]) for name, row in rows.items()
    }


def exact(value: Any) -> str:
    """As the page has it in full, where its pointer rests."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def test_what_differs_is_shown_and_all_with_a_key(page: Page, world: World) -> None:
    differ, whole = told(world, "left", "right"), told(world, "left", "right", "--all")
    kinds = {name.rpartition(".")[0] for name in differ["environment"]}
    assert (kinds, "cpu.count" in differ["hardware"]) == ({"", "env_variables", "pip_packages"}, True)
    page.goto("/diff?a=left&b=right")
    sections = {name: page.get_by_role("region", name=name) for name in differ}
    for name, section in sections.items():
        expect(section.locator("h2")).to_have_text(f"{name} {len(differ[name])} of {len(whole[name])} differ")
        shows(section, differ[name])
    environment, hardware = sections["environment"], sections["hardware"]
    expect(environment.get_by_role("row", name="python", exact=False).first).to_have_text("python3.11.93.12.4")
    for package, a, b in (("torch", "2.9.1", "2.10.0"), ("gone", "0.3", "none")):
        expect(environment.get_by_role("row", name=f"pip_packages.{package}")).to_have_text(
            f"pip_packages.{package}{a}{b}"
        )
    expect(environment).not_to_contain_text("pip_packages.kept")
    # What a launcher makes anew for each run comes last.
    expect(environment.get_by_role("rowheader").last).to_have_text("env_variables.MASTER_PORT")
    expect(hardware.get_by_role("row", name="cpu.count")).to_have_text("cpu.count80144+64")
    expect(hardware.get_by_role("row", name="gpu_info.gpus")).to_contain_text("A100")
    expect(hardware).not_to_contain_text("gpu_info.driver")

    page.keyboard.press("a")
    for name, section in sections.items():
        shows(section, whole[name])
    page.keyboard.press("/")
    page.keyboard.type("packages .kept")
    expect(environment.get_by_role("rowheader")).to_have_text(["pip_packages.kept"])
    expect(hardware.get_by_role("table")).to_have_count(0)
    page.reload()
    expect(environment.get_by_role("rowheader")).to_have_text(["pip_packages.kept"])


def test_the_other_way_round(page: Page, world: World) -> None:
    page.goto("/diff?a=left&b=right")
    expect(page.get_by_role("region", name="hardware").get_by_role("table")).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_role("row", name="cpu.count")).to_have_text("cpu.count14480\u221264")
    for name, rows in told(world, "right", "left").items():
        shows(page.get_by_role("region", name=name), rows)


def test_what_is_the_same_is_folded(page: Page, world: World) -> None:
    whole = told(world, "left", "again", "--all")
    assert told(world, "left", "again") == {"hardware": {}, "environment": {}}
    page.goto("/diff?a=left&b=again")
    for name, rows in whole.items():
        section = page.get_by_role("region", name=name)
        expect(section.locator("h2")).to_have_text(f"{name} all {len(rows)} the same")
        expect(section.get_by_role("table")).to_have_count(0)
    page.get_by_label("only differences").uncheck()
    for name, rows in whole.items():
        shows(page.get_by_role("region", name=name), rows)


def test_what_was_not_captured_is_said(page: Page, world: World) -> None:
    keeps = "packages, git or GPUs: init(capture_env=True) keeps them."
    for a, b, who in (("left", "bare", "B has no"), ("bare", "left", "A has no"), ("bare", "bare", "Neither has")):
        page.goto(f"/diff?a={a}&b={b}")
        environment = page.get_by_role("region", name="environment")
        expect(environment.locator("h2")).to_contain_text(f"{who} {keeps}")
        shows(environment, told(world, a, b)["environment"])
