"""`init(capture_env=True)`: what surrounds a run, without its secrets, and without keeping anybody waiting."""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pynvml
import pytest
from tests.conftest import Home
from tests.programs import ended, finish, only, read, said, start, train, wait

import runicorn as rn
from runicorn import environment, machine
from runid.store import publishing

TRAIN = """
import sys
import runicorn as rn
with rn.init("captured", capture_env=True, workspace_root=sys.argv[1]) as run:
    run.log(loss=1.0)
"""
SECRETS = ("hunter2", "Zq8Zq8Zq8Zq8Zq8Zq8Zq8Zq8", "ghp_0123456789abcdefghij")


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Path:
    """A git checkout with one commit, one changed and one new file, and a remote whose address holds a token."""
    identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    (tmp_path / "kept.py").write_text("1")
    for command in (
        ["init", "-q", "-b", "topic"],
        ["add", "."],
        [*identity, "commit", "-q", "-m", "first"],
        ["remote", "add", "origin", f"https://{SECRETS[2]}@example.org/it.git"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    (tmp_path / "kept.py").write_text("22")
    (tmp_path / "new.py").write_text("")
    return tmp_path


def test_what_is_captured(root: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "NCCL_DEBUG": "INFO", "TORCH_HUB_TOKEN": SECRETS[0], "HF_HOME": f"https://me:{SECRETS[0]}@h/x",
        "MY_OWN": "private", "SLURM_JOB_ID": "77", "SLURM_JOB_PARTITION": "gpu",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    train(TRAIN, str(checkout), "--api-key", SECRETS[1], f"--password={SECRETS[0]}")
    run = ended(root, "captured/*")
    found = said(run.folder / "environment.json")
    assert found == run.environment == rn.Api().run(run.id).environment
    assert not [secret for secret in (*SECRETS, "private") if secret in everything(run.folder)]
    assert found["rank"] == 0
    assert found["python_version"] == run.meta["python"]
    assert found["argv"][-4:] == [str(checkout), "--api-key", "***", "--password=***"]
    assert found["working_dir"] == os.getcwd()
    assert found["env_variables"].items() >= {"NCCL_DEBUG": "INFO", "TORCH_HUB_TOKEN": "***"}.items()
    assert found["env_variables"]["HF_HOME"] == "https://***@h/x"
    assert found["scheduler"] == {"kind": "slurm", "job_id": "77", "partition": "gpu"}
    assert found["pip_packages"]["pyzmq"] == importlib.metadata.version("pyzmq")
    assert found["cpu"]["usable"] == len(os.sched_getaffinity(0))
    assert found["memory"]["total_bytes"] > 1 << 20
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, check=True, capture_output=True, text=True)
    assert found["git_info"] == {
        "commit": head.stdout.strip(), "branch": "topic", "remote": "https://***@example.org/it.git",
        "has_changes": True, "changed_files_count": 2,
    }  # fmt: skip


def everything(folder: Path) -> str:
    """All that was written of a run."""
    return "".join(path.read_bytes().decode(errors="replace") for path in folder.rglob("*") if path.is_file())


def test_it_is_not_captured_unasked(run: rn.Run) -> None:
    found = read(run)
    assert found.environment == {}
    assert not (found.folder / "environment.json").exists()
    assert "environment.json" not in publishing.published(found)


def test_it_is_not_loaded_unasked() -> None:
    program = "import sys, runicorn; print([name for name in sys.modules if name.startswith('runicorn.env')])"
    assert train(program) == "[]\n"


HANGING = """
import sys, threading
import runicorn as rn, runicorn.environment as inside
go, gather = threading.Event(), inside._git
inside._git = lambda workspace: (go.wait(), gather(workspace))[1]  # a disk that hangs
run = rn.init("hanging", capture_env=True)
run.log(loss=1.0)
assert run._sender.flush(20.0)
print(run.id, flush=True)
input()
go.set()
"""


def test_neither_init_nor_log_waits_for_it_and_the_end_of_the_run_does(root: Path) -> None:
    process = start(HANGING)
    assert process.stdout is not None
    process.stdout.readline()
    assert "pip_packages" not in only(root, "hanging/*").environment
    finish_with_a_line(process)
    assert "pip_packages" in ended(root, "hanging/*").environment


def finish_with_a_line(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    finish(process)


FORKING = """
import os, signal, sys, threading, time
import runicorn as rn

class Slow:
    begun = threading.Event()
    def find_spec(self, name, *_):
        if name == "importlib.metadata" and threading.current_thread() is not threading.main_thread():
            self.begun.set()
            time.sleep(0.5)

sys.meta_path.insert(0, Slow())
run = rn.init("forking", capture_env=True)
assert Slow.begun.wait(20.0)
if os.fork() == 0:
    signal.alarm(10)
    import importlib.metadata
    os._exit(0)
print(os.wait()[1])
"""


def test_a_process_forked_while_it_imports_does_not_wait_for_ever(root: Path) -> None:
    assert train(FORKING) == "0\n"
    assert "pip_packages" in ended(root, "forking/*").environment


def test_what_cannot_be_had_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object) -> dict[str, Any]:
        raise OSError("no")

    monkeypatch.setenv("PATH", "")  # no git
    monkeypatch.setattr(machine, "facts", fail)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    found = {name for facts in environment.facts(tmp_path) for name in facts}
    assert found >= {"python_version", "argv", "env_variables", "pip_packages"}
    assert not found & {"git_info", "gpu_info", "cpu"}


class Nvml:
    """A machine with two GPUs, as nvidia-ml-py tells of it."""

    def __init__(self) -> None:
        self.open = False

    def nvmlInit(self) -> None:  # noqa: N802
        self.open = True

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.open = False

    def __getattr__(self, name: str) -> Any:
        told: dict[str, Any] = {
            "nvmlDeviceGetCount": 2, "nvmlDeviceGetName": "NVIDIA H200", "nvmlDeviceGetUUID": "GPU-1",
            "nvmlDeviceGetMemoryInfo": type("Memory", (), {"total": 1 << 37}), "nvmlSystemGetDriverVersion": "580.1",
            "nvmlSystemGetCudaDriverVersion_v2": 13010, "nvmlDeviceGetHandleByIndex": 0,
        }  # fmt: skip
        assert self.open
        return lambda *_: told[name]


def test_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = Nvml()
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    one = {"name": "NVIDIA H200", "uuid": "GPU-1", "memory_bytes": 1 << 37}
    assert environment._gpus() == {"gpu_info": {"driver": "580.1", "cuda": "13.1", "gpus": [one, one]}}
    assert not nvml.open


@pytest.mark.parametrize("code", [pynvml.NVML_ERROR_LIBRARY_NOT_FOUND, pynvml.NVML_ERROR_DRIVER_NOT_LOADED])
def test_a_machine_without_a_gpu_says_so(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fail() -> None:
        raise pynvml.NVMLError(code)

    monkeypatch.setattr(pynvml, "nvmlInit", fail)
    assert environment._gpus() == {"gpu_info": {"gpus": []}}


def test_whether_there_is_a_gpu_may_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_UNKNOWN)

    monkeypatch.setattr(pynvml, "nvmlInit", fail)
    with pytest.raises(pynvml.NVMLError):
        environment._gpus()


RANKS = """
import os, sys
import runicorn as rn
run = rn.init("ranks", capture_env=True)
run.finish()
"""


def test_of_several_ranks_the_lowest_one_counts(home: Home, daemon: object) -> None:  # noqa: ARG001
    job = os.environ | {"TORCHELASTIC_RUN_ID": "j", "MASTER_ADDR": "h", "MASTER_PORT": "1", "WORLD_SIZE": "2"}
    for rank in ("1", "0"):
        process = start(RANKS, env=job | {"RANK": rank})
        finish(process)
    run = ended(home.root, "ranks/*", writers=2)
    assert (run.environment["rank"], run.environment["env_variables"]["RANK"]) == (0, "0")
    wait(lambda: said(run.folder / "environment.json")["rank"] == 0, "another rank's was published")
