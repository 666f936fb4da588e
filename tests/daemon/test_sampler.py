"""System metrics: what one look finds, whatever is missing or hangs, and what two looks come to."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.programs import PATIENCE, wait

from runid import places
from runid.jobs import cgroups, gpus, sampler
from runid.sampling import Process, Sampler, machine_values, process_values

MIB = 1 << 20
Facts = dict[str, Any]


def look(*pids: int, roots: tuple[str, ...] = ()) -> Facts:
    """One look at these processes."""
    processes = [[pid, places.process_start(pid)] for pid in pids]
    return sampler.sample({"processes": processes, "roots": roots}, None)


@pytest.fixture(autouse=True)
def _no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without a driver, unless a test says otherwise."""
    monkeypatch.setattr(sampler, "_ask_gpus", None)
    monkeypatch.setattr(gpus, "_ready", False)
    monkeypatch.setattr(gpus, "nvml", Nvml(0))
    monkeypatch.setattr(sampler, "_PATIENCE", PATIENCE)


def test_a_process_is_told_with_its_children() -> None:
    big = "import sys; block = b'x' * (64 << 20); print('ready', flush=True); sys.stdin.read()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {big!r}])"
    alone = look(os.getpid())["processes"][str(os.getpid())]
    with subprocess.Popen([sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = look(os.getpid(), process.pid)["processes"]
        process.communicate()
    told = found[str(process.pid)]
    assert told["memory"] > 64 * MIB
    assert told["threads"] >= 2
    assert told["cpu"] > 0
    both = found[str(os.getpid())]
    assert both["threads"] >= alone["threads"] + 2
    assert both["memory"] > 64 * MIB


def test_a_process_that_is_gone_is_left_out_and_so_is_another_one_of_its_number() -> None:
    mine = os.getpid()
    found = sampler.sample({"processes": [[mine, places.process_start(mine) - 1], [1 << 22, 5]], "roots": []}, None)
    assert found["processes"] == {}


def test_the_machine(tmp_path: Path) -> None:
    found = look(roots=(str(tmp_path), "/nowhere/at/all"))
    assert found["cpu"] > 0
    assert 0 < found["memory"]["used"] < found["memory"]["total"]
    free = os.statvfs(tmp_path)
    assert 0 < found["free"].pop(str(tmp_path)) <= free.f_blocks * free.f_frsize
    assert found["free"] == {}
    assert found["cores"] == os.cpu_count()
    assert found["gpus"] == []


def test_what_hangs_is_left_out_and_asked_again_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "_PATIENCE", 0.01)
    calls: list[None] = []
    back = threading.Event()

    def sick() -> list[Facts]:
        calls.append(None)
        back.wait()
        return [{"index": 0}]

    monkeypatch.setattr(gpus, "read", sick)
    assert look()["gpus"] == []
    wait(lambda: calls, "it was not asked")
    assert look()["gpus"] == []
    assert len(calls) == 1, "a driver that hangs is not asked again"
    back.set()
    wait(lambda: look()["gpus"] == [{"index": 0}], "it is not asked again")


class Nvml:
    """NVML as a machine has it with so many GPUs, of which the second is cut into parts and tells less."""

    NVML_TEMPERATURE_GPU = 0
    NVML_DEVICE_MIG_ENABLE = 1

    class NVMLError(Exception):
        """What NVML raises."""

    class _Memory:
        used, total = 20 << 30, 80 << 30

    def __init__(self, count: int) -> None:
        self.count = count
        self.begun = 0

    def nvmlInit(self) -> None:  # noqa: N802  named by NVIDIA
        self.begun += 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return self.count

    def nvmlDeviceGetHandleByIndex(self, index: int) -> str:  # noqa: N802
        if index == 2:
            raise self.NVMLError("lost")
        return f"gpu {index}"

    def nvmlDeviceGetName(self, handle: str) -> str:  # noqa: N802
        return handle.upper()

    def nvmlDeviceGetUtilizationRates(self, handle: str) -> Any:  # noqa: N802
        if handle == "gpu 1":
            raise self.NVMLError("not supported")
        return type("Rates", (), {"gpu": 97, "memory": 40})

    def nvmlDeviceGetMemoryInfo(self, handle: str) -> Any:  # noqa: N802, ARG002
        return self._Memory

    def nvmlDeviceGetPowerUsage(self, handle: str) -> int:  # noqa: N802, ARG002
        return 350_500

    def nvmlDeviceGetTemperature(self, handle: str, sensor: int) -> int:  # noqa: N802, ARG002
        return 61

    def nvmlDeviceGetMigMode(self, handle: str) -> list[int]:  # noqa: N802
        return [int(handle == "gpu 1"), 0]

    def nvmlDeviceGetMaxMigDeviceCount(self, handle: str) -> int:  # noqa: N802, ARG002
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle: str, index: int) -> str:  # noqa: N802
        if index not in (0, 3):
            raise self.NVMLError("not found")
        return f"{handle}.{index}"


def test_gpus_parts_of_them_and_what_they_do_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "nvml", Nvml(3))
    looked = look()
    assert [gpu.get("name") for gpu in looked["gpus"]] == ["GPU 0", "GPU 1", None]
    found = machine_values(looked, {}, "", "")
    assert {name: value for name, value in found.items() if name.startswith("sys/gpu/")} == {
        "sys/gpu/0/utilization": 97.0,
        "sys/gpu/0/memory": 20.0 * (1 << 30),
        "sys/gpu/0/memory/percent": 25.0,
        "sys/gpu/0/power": 350.5,
        "sys/gpu/0/temperature": 61.0,
        "sys/gpu/1/memory": 20.0 * (1 << 30),
        "sys/gpu/1/memory/percent": 25.0,
        "sys/gpu/1/power": 350.5,
        "sys/gpu/1/temperature": 61.0,
        **{f"sys/gpu/1/mig/{part}/memory": 20.0 * (1 << 30) for part in (0, 3)},
        **{f"sys/gpu/1/mig/{part}/memory/percent": 25.0 for part in (0, 3)},
    }


def test_a_driver_that_is_loaded_anew_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    nvml = Nvml(1)
    monkeypatch.setattr(gpus, "nvml", nvml)
    assert len(look()["gpus"]) == 1
    with monkeypatch.context() as patch:
        patch.setattr(nvml, "nvmlDeviceGetCount", lambda: (_ for _ in ()).throw(nvml.NVMLError("gone")))
        assert look()["gpus"] == []
    assert len(look()["gpus"]) == 1
    assert nvml.begun == 2


@pytest.fixture(name="tree")
def _tree(tmp_path: Path) -> Path:
    """A tree of groups and a /proc, in which process 7 belongs to /job/step."""
    (tmp_path / "proc" / "7").mkdir(parents=True)
    return tmp_path / "cgroup"


def write(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text + "\n")


def test_of_groups_above_each_other_the_tightest_counts(tree: Path) -> None:
    (tree.parent / "proc" / "7" / "cgroup").write_text("0::/job/step\n")
    write(tree, cgroup__controllers="cpu memory")
    write(tree / "job", memory__max="1000", memory__current="700", memory__stat="anon 1\ninactive_file 200")
    write(tree / "job", cpu__max="400000 100000", cpu__stat="usage_usec 2500000\nuser_usec 1")
    write(tree / "job" / "step", memory__max="max", memory__current="600", cpu__max="max 100000")
    assert cgroups.limits(7, tree, tree.parent / "proc") == {
        "memory": {"used": 500, "total": 1000},
        "cores": 4.0,
        "cpu": 2.5,
    }


def test_a_container_that_sees_its_own_group_as_the_root(tree: Path) -> None:
    (tree.parent / "proc" / "7" / "cgroup").write_text("0::/../../the/host/s/name\n")
    write(tree, cgroup__controllers="memory", memory__max="4096", memory__current="1024")
    assert cgroups.limits(7, tree, tree.parent / "proc") == {"memory": {"used": 1024, "total": 4096}}


def test_groups_of_version_1(tree: Path) -> None:
    (tree.parent / "proc" / "7" / "cgroup").write_text("5:memory:/job\n4:cpu,cpuacct:/job\n1:name=systemd:/\n0::/\n")
    write(tree / "memory", memory__limit_in_bytes=str((1 << 63) - 4096), memory__usage_in_bytes="9")
    write(tree / "memory" / "job", memory__limit_in_bytes="1000", memory__usage_in_bytes="700")
    write(tree / "memory" / "job", memory__stat="total_inactive_file 100")
    write(tree / "cpu,cpuacct", cpu__cfs_quota_us="-1", cpu__cfs_period_us="100000", cpuacct__usage="1")
    write(tree / "cpu,cpuacct" / "job", cpu__cfs_quota_us="50000", cpu__cfs_period_us="100000")
    write(tree / "cpu,cpuacct" / "job", cpuacct__usage="3000000000")
    assert cgroups.limits(7, tree, tree.parent / "proc") == {
        "memory": {"used": 600, "total": 1000},
        "cores": 0.5,
        "cpu": 3.0,
    }


def test_without_groups_there_are_no_limits(tree: Path) -> None:
    assert cgroups.limits(7, tree, tree.parent / "proc") == {}


EARLIER: Facts = {
    "at": 100.0,
    "cores": 8,
    "cpu": 1000.0,
    "memory": {"used": 10, "total": 100},
    "disk": {"read": 500, "write": 500},
    "net": {"sent": 0, "received": 1 << 40},
    "processes": {"7": {"cpu": 50.0, "memory": 30, "threads": 3, "limits": {}}},
    "free": {"/nowhere": 77},
}
LATER = EARLIER | {
    "at": 110.0,
    "cpu": 1020.0,
    "disk": {"read": 600, "write": 500},
    "net": {"sent": 20, "received": 5},
    "processes": {"7": {"cpu": 65.0, "memory": 40, "threads": 4, "limits": {}}},
}


def test_two_looks_come_to_means_over_the_time_between() -> None:
    assert machine_values(LATER, EARLIER, "7", "/nowhere") == {
        "sys/cpu": 25.0,
        "sys/cpu/cores": 2.0,
        "sys/memory": 10.0,
        "sys/memory/used": 10.0,
        "sys/disk/read": 10.0,
        "sys/disk/write": 0.0,
        "sys/disk/free": 77.0,
        "sys/net/sent": 2.0,  # what came in fell: the card was reset
    }
    assert process_values(LATER, EARLIER, "7") == {
        "sys/process/cpu": 150.0,
        "sys/process/memory": 40.0,
        "sys/process/threads": 4.0,
    }


def test_one_look_tells_levels_only() -> None:
    assert machine_values(LATER, {}, "7", "/elsewhere") == {"sys/memory": 10.0, "sys/memory/used": 10.0}
    assert process_values(LATER, {}, "7") == {"sys/process/memory": 40.0, "sys/process/threads": 4.0}
    assert process_values(LATER, EARLIER, "8") == {}


def test_in_a_container_its_limits_count() -> None:
    def limited(facts: Facts, cpu: float) -> Facts:
        limits = {"cores": 0.5, "cpu": cpu, "memory": {"used": 3, "total": 4}}
        return facts | {"processes": {"7": {"limits": limits}}}

    found = machine_values(limited(LATER, 4.0), limited(EARLIER, 1.5), "7", "")
    assert (found["sys/cpu"], found["sys/cpu/cores"]) == (50.0, 0.25)
    assert (found["sys/memory"], found["sys/memory/used"]) == (75.0, 3.0)


class Daemon:
    """A sampler, the jobs it submits, and what it gives to runs."""

    def __init__(self) -> None:
        self.jobs: list[tuple[Facts, Any]] = []
        self.given: list[tuple[str, dict[int, dict[str, float]]]] = []
        self.lines: list[str] = []
        self.sampler = Sampler(
            lambda job, done: self.jobs.append((job, done)),
            lambda _, folder, values: self.given.append((folder.name, values)),
            self.lines.append,
        )

    def tick(self, now: float, *writers: Process) -> int:
        """How many looks were asked for so far."""
        self.sampler.tick(now, set(writers))
        return len(self.jobs)

    def look(self, result: Facts | None, error: str | None = None) -> None:
        self.jobs[-1][1](result, error)


def writer(run: str = "a", rank: int = 0, pid: int = 7, forked: bool = False, start: int = 1) -> Process:
    return Process(Path("/nowhere"), Path("/nowhere/runs", run), rank, pid, start, forked)


def test_when_the_machine_is_looked_at() -> None:
    daemon = Daemon()
    assert daemon.tick(0.0) == 0, "nobody wants it"
    one, other = writer(), writer("b", pid=8)
    assert daemon.tick(1.0, one) == 1, "a new writer is looked at once"
    assert daemon.tick(60.0, one) == 1, "the worker has not answered"
    daemon.look(EARLIER)
    assert daemon.tick(60.0, one) == 2, "and once more soon"
    daemon.look(LATER)
    assert daemon.tick(69.9, one) == 2
    assert daemon.tick(70.0, one) == 3
    daemon.look(LATER)
    assert daemon.tick(70.9, one, other) == 3, "not more than once a second"
    assert daemon.tick(71.0, one, other) == 4
    job = daemon.jobs[-1][0]
    assert job == {"name": "sample", "processes": job["processes"], "roots": ["/nowhere"]}
    assert sorted(job["processes"]) == [[7, 1], [8, 1]]


def test_the_machine_s_metrics_go_to_the_lowest_rank_of_each_run() -> None:
    daemon = Daemon()
    # A forked child and an earlier process of a rank do not count beside the one that trains.
    ranks = [writer(rank=2), writer(rank=3, pid=9), writer(rank=2, pid=8, forked=True, start=5)]
    daemon.tick(0.0, *ranks, writer("b", rank=1))
    daemon.look(EARLIER)
    found = dict(daemon.given)
    assert found["a"].keys() == {2}, "of rank 3 nothing is known"
    assert found["a"][2].keys() == found["b"][1].keys() > {"sys/memory", "sys/disk/free", "sys/process/memory"}


def test_an_old_look_is_no_beginning() -> None:
    daemon = Daemon()
    daemon.tick(0.0, writer())
    daemon.look(EARLIER)
    daemon.tick(1000.0, writer())
    daemon.look(LATER | {"at": 1100.0})
    assert "sys/cpu" not in daemon.given[-1][1][0]


def test_trouble_is_said_once_and_does_not_end_it() -> None:
    daemon = Daemon()
    for now in (0.0, 10.0):
        daemon.tick(now, writer())
        daemon.look(None, "no worker")
    assert daemon.lines == ["System metrics could not be read: no worker"]
    daemon.tick(20.0, writer())
    daemon.look(EARLIER)
    assert len(daemon.given) == 1


@pytest.mark.parametrize(
    ("info", "pid"),
    [
        ({}, 7),
        ({"pidns": "another"}, 0),
        ({"pid": "7"}, 0),
        ({"start": None}, 0),
        ({"system": False}, None),
        ({"system": "yes"}, None),
        ({"rank": -1}, None),
        ({"rank": None}, None),
    ],
)
def test_who_wants_system_metrics(info: Facts, pid: int | None) -> None:
    told = {"system": True, "rank": 1, "pid": 7, "start": 5, "pidns": places.pid_namespace()}
    found = Process.of(Path("/nowhere"), Path("/nowhere/runs/a"), told | info)
    assert (found and found.pid) == pid
