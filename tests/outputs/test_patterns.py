"""Which files and folders are outputs, by their path below the output folder."""

import pytest

from runid.outputs.patterns import DEFAULT, Patterns, log_like


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("*.pt", ["a.pt", "deep/er/a.pt", ".pt", "a\nb.pt"], ["a.ptx", "a.PT", "a.pt/b"]),
        ("**/best.pt", ["best.pt", "a/best.pt", "a/b/best.pt"], ["a/thebest.pt", "thebest.pt"]),
        ("./a.pt", ["a.pt"], ["b/a.pt"]),
        ("ckpt/*.pt", ["ckpt/a.pt", "ckpt/deep/a.pt"], ["a.pt", "old/ckpt/a.pt"]),
        ("epoch_[0-9]?.pt", ["epoch_12.pt"], ["epoch_1.pt", "epoch_ab.pt"]),
        ("a+(b).pt", ["a+(b).pt"], ["aab.pt"]),
        ("ckpt/", [], ["ckpt", "ckpt/", "ckpt/a.pt", ""]),
    ],
)
def test_files(pattern: str, matches: list[str], others: list[str]) -> None:
    file = Patterns([pattern]).file
    assert [path for path in matches if not file(path)] == []
    assert [path for path in others if file(path)] == []


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("ckpt/", ["ckpt"], ["a/ckpt", "ckpts", "ckpt/a"]),
        ("**/ckpt/", ["ckpt", "a/ckpt", "a/b/ckpt"], ["ackpt"]),
        ("checkpoint-*/", ["checkpoint-1", "checkpoint-20"], ["checkpoint", "a/checkpoint-1"]),
        ("*.pt", [], ["a.pt"]),
    ],
)
def test_folders(pattern: str, matches: list[str], others: list[str]) -> None:
    folder = Patterns([pattern]).folder
    assert [path for path in matches if not folder(path)] == []
    assert [path for path in others if folder(path)] == []


def test_no_pattern_matches_nothing() -> None:
    assert not Patterns([]).file("")
    assert not Patterns([]).folder("a")


def test_the_default_is_what_training_writes() -> None:
    file = Patterns(DEFAULT).file
    written = ["last.ckpt", "a/model.safetensors", "net.onnx", "w.pth", "w.pt", "log.txt", "m.csv", "r.json", "t.log"]
    assert all(map(file, [*written, "b/plot.png"]))
    assert not any(map(file, ["train.bin", "data.npy", "main.py"]))


@pytest.mark.parametrize("name", ["a.log", "a.txt", "a.jsonl", "a.csv", "events.out.tfevents.123.host"])
def test_logs_are_known_by_their_names(name: str) -> None:
    assert log_like(name)
    assert not log_like("a.json")
