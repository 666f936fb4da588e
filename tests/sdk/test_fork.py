"""Processes that multiply: forked, spawned and exec'd ones are writers of their own, and harm nobody else's outbox."""

import os
from collections import Counter
from pathlib import Path

import pytest
from tests.programs import ended, finish, points, start, text, train

FORK = """\
import gc, os, sys
import runicorn as rn

run = rn.init("fork")

def fork(work):
    child = os.fork()
    if child == 0:
        work()
        sys.exit()
    assert os.waitpid(child, 0) == (child, 0)

def log():
    run.log(child=1.0)
    run.log_text("of the child")
    run.summary({"child": 1})
    gc.collect()
    fork(lambda: run.log(grandchild=1.0))

for step in range(20_000):
    run.log(parent=float(step), step=step)
fork(log)
fork(run.finish)
fork(gc.collect)
fork(lambda: os._exit(0))
run.log(parent=20_000.0)
run.finish()
fork(lambda: run.log(late=1.0))
"""

RANK = {
    "TORCHELASTIC_RUN_ID": "job", "MASTER_ADDR": "localhost", "MASTER_PORT": "29500", "RANK": "3", "WORLD_SIZE": "8"
}  # fmt: skip


def test_a_forked_child_becomes_a_writer_when_it_logs(root: Path) -> None:
    process = start(FORK, env=os.environ | RANK)
    assert "Run" in finish(process)[1].splitlines()[0]
    run = ended(root, "fork/*", 3)
    assert points(run)[-3:] == [("child", 20_000, 1.0), ("parent", 20_000, 20_000.0), ("grandchild", 20_001, 1.0)]
    assert points(run)[:-3] == [("parent", step, float(step)) for step in range(20_000)]
    assert (text(run), run.summary) == (["TEXT | of the child"], {"child": 1})
    assert [(writer["rank"], writer["world"], writer["status"]) for writer in run.writers] == [(3, 8, "finished")] * 3
    assert len({writer["pid"] for writer in run.writers}) == 3


BUSY = """\
import os, threading, time
import runicorn as rn

run = rn.init("busy")
over = threading.Event()

def log_on(name):
    while not over.is_set():
        run.log({name: 1.0})
        time.sleep(0.0001)

threads = [threading.Thread(target=log_on, args=(name,)) for name in ("a", "b")]
for thread in threads:
    thread.start()
for number in range(10):
    child = os.fork()
    if child == 0:
        both = [threading.Thread(target=run.log, args=({"child": float(number)},)) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        run.finish()
        os._exit(0)
    assert os.waitpid(child, 0) == (child, 0)
over.set()
for thread in threads:
    thread.join()
"""


def test_children_of_a_process_whose_threads_log(root: Path) -> None:
    train(BUSY)
    run = ended(root, "busy/*", 11)
    assert (run.status, len(run.writers)) == ("finished", 11)
    values = Counter(value for name, _, value in points(run) if name == "child")
    assert values == dict.fromkeys(map(float, range(10)), 2)


WORKERS = """\
import multiprocessing, sys
import runicorn as rn

def log(number):
    global run
    if run is None:
        run = rn.init(sys.argv[1], run_id="joined")
    run.log({f"worker {number}": float(number)})

run = None
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[2])
    run = rn.init(sys.argv[1], run_id="joined")
    run.log(parent=1.0)
    processes = [context.Process(target=log, args=(number,)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    with context.Pool(1) as pool:
        pool.map(log, [2, 3])
    pool = context.Pool(1)
    pool.map(log, [4, 5])
    pool.close()
    pool.join()
    run.log(parent=2.0)
    print(*(process.exitcode for process in processes))
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_multiprocessing_finish(root: Path, tmp_path: Path, method: str) -> None:
    program = tmp_path / "train.py"
    program.write_text(WORKERS)
    assert train(program, method, method) == "0 0\n"
    run = ended(root, f"{method}/joined", 5)
    assert [writer["status"] for writer in run.writers] == ["finished"] * 5
    values = {(name, value) for name, _, value in points(run)}
    assert values == {(f"worker {number}", float(number)) for number in range(6)} | {("parent", 1.0), ("parent", 2.0)}


FAILING = """\
import multiprocessing, os, signal, sys
import runicorn as rn

def fail(how):
    run.log(worker=1.0)
    run.flush(20)
    exec(how)

run = rn.init("failing")
print(run.id, flush=True)
for how in ("raise ValueError('x')", "sys.exit(3)", "raise SystemExit(4)", "os.kill(os.getpid(), signal.SIGKILL)"):
    worker = multiprocessing.get_context("fork").Process(target=fail, args=(how,))
    worker.start()
    worker.join()
"""


def test_workers_of_multiprocessing_that_fail(root: Path) -> None:
    finish(start(FAILING))
    run = ended(root, "failing/*", 5)
    assert Counter((writer["status"], writer["reason"]) for writer in run.writers) == {
        ("finished", None): 1,
        ("failed", "failed with ValueError: x"): 1,
        ("failed", "left with exit code 3"): 1,
        ("failed", "left with exit code 4"): 1,
        ("crashed", "was killed by SIGKILL"): 1,
    }
    assert run.status == "crashed"


EXEC = """\
import os, sys
import runicorn as rn

run = rn.init("exec")
for step in range(20_000):
    run.log(value=float(step), step=step)
os.execv(sys.executable, [sys.executable, "-c", "import sys; sys.stdin.read()"])
"""

KILLED = """\
import os, signal, subprocess, sys
import runicorn as rn

run = rn.init("killed")
for step in range(20_000):
    run.log(value=float(step), step=step)
worker = os.fork()
if worker == 0:
    sys.stdin.read()
    os._exit(0)
subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], close_fds=False)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("program", "path"), [(EXEC, "exec"), (KILLED, "killed")])
def test_an_outbox_is_drained_although_the_process_or_a_child_lives_on(root: Path, program: str, path: str) -> None:
    process = start(program)
    run = ended(root, f"{path}/*")
    assert [step for _, step, _ in points(run)] == list(range(20_000))
    assert run.status == "crashed"
    finish(process, None)
