"""Counts what the files of a run hold against what its trainers counted, in a process that has seen neither.

    python -m harness.count FOLDER [--prefix] COUNTERS…

FOLDER: where the one run lies. Prints JSON, see `Count`. With --prefix what was kept may end earlier than what
returned, but must have no hole: for a machine that lost its memory.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.count_files import FilesCount
from harness.counters import CONFIG, DATASETS, IMAGES, KINDS, OBJECTS, OUTPUTS, POINTS, SUMMARY, TEXT, VIDEOS, Counters
from harness.counting import NOTHING, Numbers, Verdict, judge

_TEXT_LINE = re.compile(r"w(\d+) t(\d+)$")
_NOTE = re.compile(r"w(\d+) o(\d+)$")


@dataclass(slots=True)
class Count:
    """What one run holds.

    `verdicts`: per kind. `kept`: per kind and rank the highest number. `writers`: per rank its status and reason.
    `complaints`: sentences about what is wrong beside the numbers.
    """

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    kept: dict[str, list[int]] = field(default_factory=dict)
    status: str = ""
    exit_reason: str = ""
    writers: dict[int, list[str]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def from_json(cls, text: str) -> Count:
        """The count another process printed."""
        fields: dict[str, Any] = json.loads(text)
        fields["verdicts"] = {kind: Verdict(**verdict) for kind, verdict in fields["verdicts"].items()}
        fields["writers"] = {int(rank): told for rank, told in fields["writers"].items()}
        return cls(**fields)


def main() -> int:
    """Counts one run and prints the result."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--prefix"]
    counters = [Counters(Path(path)) for path in arguments[1:]]
    json.dump(dataclasses.asdict(count(Path(arguments[0]), counters, "--prefix" in sys.argv)), sys.stdout)
    return 0


def count(folder: Path, counters: list[Counters], prefix: bool) -> Count:
    """Counts the run in `folder` against the counters, one per rank."""
    result = Count()
    runs = sorted(folder.glob("*")) if folder.is_dir() else []
    if len(runs) > 1:
        result.complaints.append(f"{folder} holds {len(runs)} runs, not one")
    found = _read(runs[0], result, prefix) if runs else [defaultdict(list) for _ in KINDS]
    for kind, name in enumerate(KINDS):
        verdict = NOTHING
        for rank, counted in enumerate(counters):
            numbers = found[kind].pop(rank, [])
            returned = max(numbers, default=0) if prefix else counted.returned(kind)
            one = judge(numbers, counted.attempted(kind), returned)
            if not one.good:
                result.complaints.append(f"{name} of rank {rank}: {one}, {_example(numbers, returned)}")
            verdict += one
            result.kept.setdefault(name, []).append(max(numbers, default=0))
        strangers = sum(map(len, found[kind].values()))
        result.verdicts[name] = verdict + Verdict(0, 0, 0, foreign=strangers)
    return result


def _example(numbers: list[int], returned: int) -> str:
    missing = sorted(set(range(1, returned + 1)) - set(numbers))
    return f"missing {missing[0]} … {missing[-1]} of {returned}" if missing else f"{returned} returned"


def _read(run_dir: Path, result: Count, prefix: bool) -> list[Numbers]:
    """All numbers in the run's files, per kind."""
    from runid.store.runs import read_run

    run = read_run(run_dir)
    result.status, result.exit_reason = run.status, run.exit_reason or ""
    for writer in run.writers:
        result.writers[writer["rank"]] = [writer["status"], writer["reason"] or ""]
        if writer["dropped"] or writer["lost_bytes"]:
            known = f"{writer['dropped']} events as dropped, {writer['lost_bytes']} bytes as missing"
            result.complaints.append(f"rank {writer['rank']} is said to have lost {known}")
    numbers: list[Numbers] = [defaultdict(list) for _ in KINDS]
    numbers[POINTS] = _points(run.points(), result)
    numbers[TEXT] = _numbered(run.text().splitlines(), _TEXT_LINE, result)
    notes = [found["value"] for found in run.objects() if found["type"] == "json"]
    numbers[OBJECTS] = _numbered(notes, _NOTE, result)
    numbers[SUMMARY] = _keys(run.summary, "s", result)
    numbers[CONFIG] = _keys(run.config, "c", result)
    files = FilesCount(run, result.complaints, prefix)
    numbers[IMAGES], numbers[VIDEOS] = files.images(), files.videos()
    numbers[DATASETS], numbers[OUTPUTS] = files.datasets(), files.outputs()
    for rank, kept in numbers[SUMMARY].items():
        if kept and run.summary.get(f"w{rank}_last") != max(kept):
            result.complaints.append(f"the summary's w{rank}_last is not its last: {max(kept)}")
    _by_duckdb(run_dir, sum(map(len, numbers[POINTS].values())), result)
    return numbers


def _points(table: Any, result: Count) -> Numbers:
    """Per rank the steps of the metric n; complains unless each point holds what was logged, and so does its twin."""
    steps: dict[str, Numbers] = {"n": defaultdict(list), "half": defaultdict(list)}
    columns = [table[name].to_pylist() for name in ("metric", "stage", "rank", "step", "value")]
    for metric, stage, rank, step, value in zip(*columns, strict=True):
        if metric.startswith("sys/"):
            continue
        expected = (step / (2 if metric == "half" else 1), "late" if step > 1000 else "early")
        if metric not in steps or (value, stage) != expected:
            result.complaints.append(f"a point nobody logged: {metric} {stage} rank {rank} step {step} value {value}")
        else:
            steps[metric][rank].append(step)
    for rank in steps["n"].keys() | steps["half"].keys():
        if sorted(steps["n"][rank]) != sorted(steps["half"][rank]):
            result.complaints.append(f"the two metrics of rank {rank} do not hold the same steps")
    return steps["n"]


def _numbered(lines: list[str], pattern: re.Pattern[str], result: Count) -> Numbers:
    """Per rank the numbers in some lines, which must come in order."""
    numbers: Numbers = defaultdict(list)
    for line in lines:
        match = pattern.search(line)
        if match is None:
            result.complaints.append(f"a line nobody logged: {line!r}")
        else:
            numbers[int(match[1])].append(int(match[2]))
    for rank, found in numbers.items():
        if found != sorted(found):
            result.complaints.append(f"the lines of rank {rank} are out of order")
    return numbers


def _keys(mapping: dict[str, Any], letter: str, result: Count) -> Numbers:
    """Per rank the n of keys w<rank>_<letter><n>, whose value must be n."""
    numbers: Numbers = defaultdict(list)
    for key, value in mapping.items():
        match = re.fullmatch(rf"w(\d+)_{letter}(\d+)", key)
        if match and value == int(match[2]):
            numbers[int(match[1])].append(value)
        elif not re.fullmatch(r"w\d+_last", key):
            result.complaints.append(f"a key nobody logged: {key} = {value!r}")
    return numbers


def _by_duckdb(run_dir: Path, points: int, result: Count) -> None:
    """DuckDB alone must find the same points behind the plain glob, two metrics for each step."""
    import duckdb

    both = steps = 0
    if any(run_dir.glob("metrics/*.parquet")):
        segments = f"'{run_dir}/metrics/*.parquet'"
        query = f"select count(*), count(distinct (rank, step)) from {segments} where metric not like 'sys/%'"
        both, steps = duckdb.execute(query).fetchall()[0]
    if (both, steps) != (2 * points, points):
        result.complaints.append(f"DuckDB finds {both} points of {steps} steps, not {2 * points} of {points}")


if __name__ == "__main__":
    sys.exit(main())
