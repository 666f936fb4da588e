"""Which copies have to go, and that they go with their entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.outputs.conftest import Scanner

from runid.outputs.retention import Retention
from runid.outputs.state import Item, Version


def items(*values: float | None, size: int = 10) -> dict[str, Item]:
    """One output, with a version for each value of the metric."""
    versions = [Version(str(n), f"path{n}", size, float(n), value) for n, value in enumerate(values)]
    return {"a.pt": Item(versions=versions)}


def left(retention: Retention, *values: float | None) -> list[int]:
    """The numbers of the versions that stay."""
    gone = {version.time for _, version in retention.removable(items(*values))}
    return [number for number in range(len(values)) if number not in gone]


@pytest.mark.parametrize(
    ("retention", "expected"),
    [
        (Retention(), [0, 1, 2, 3, 4]),
        (Retention(keep_last=2), [3, 4]),
        (Retention(keep_last=9), [0, 1, 2, 3, 4]),
        (Retention(keep_best=1), [1, 4]),
        (Retention(keep_best=2), [1, 3, 4]),
        (Retention(keep_best=2, larger_is_better=False), [0, 2, 4]),
        (Retention(keep_last=2, keep_best=1), [1, 3, 4]),
        (Retention(max_bytes=35), [2, 3, 4]),
        (Retention(max_bytes=1), [4]),
        (Retention(keep_best=1, max_bytes=19), [4]),
        (Retention(keep_best=1, max_bytes=20), [1, 4]),
    ],
)
def test_what_stays(retention: Retention, expected: list[int]) -> None:
    assert left(retention, 0.1, 0.9, 0.2, 0.5, 0.3) == expected


def test_a_version_without_a_value_is_no_best_and_of_equal_ones_the_newer_is() -> None:
    best = Retention(keep_best=1)
    assert left(best, None, float("nan"), 0.1, None) == [2, 3]
    assert left(best, 0.5, 0.5, 0.5, 0.1) == [2, 3]


def test_each_output_has_its_own_versions_and_max_bytes_is_for_all() -> None:
    both = {"a.pt": Item(versions=items(1.0, 2.0)["a.pt"].versions)}
    both["b.pt"] = Item(versions=[Version("b", "b", 10, 0.5, None)])
    assert Retention(keep_last=1).removable(both) == [("a.pt", both["a.pt"].versions[0])]
    assert [key for key, _ in Retention(max_bytes=10).removable(both)] == ["a.pt", "b.pt"]


@given(
    st.lists(st.one_of(st.none(), st.floats()), min_size=1, max_size=8),
    st.one_of(st.none(), st.integers(1, 9)),
    st.one_of(st.none(), st.integers(1, 9)),
    st.one_of(st.none(), st.integers(1, 99)),
)
def test_the_newest_always_stays(
    values: list[float | None], last: int | None, best: int | None, most: int | None
) -> None:
    kept = left(Retention(last, best, most), *values)
    assert kept[-1] == len(values) - 1
    assert most is None or len(kept) == 1 or 10 * len(kept) <= most


def test_copies_go_with_their_entries(scanner: Scanner) -> None:
    for number in range(4):
        scanner.write("a.pt", f"content {number}")
        scanner.write("ckpt/b.bin", f"content {number}")
        scanner.scan(mode="overwrite_versions", patterns=["*.pt", "ckpt/"], keep_last=2)
    archived = {entry["archive_path"] for entry in scanner.entries}
    assert len(archived) == 4
    assert {path for path in scanner.copies() if path.endswith("a.pt")} == {
        path.removeprefix("archive/") for path in archived if path.endswith("a.pt")
    }
    assert len(scanner.copies()) == 2 + 2 * 2


def test_the_best_are_those_of_the_metric_when_they_were_archived(scanner: Scanner) -> None:
    for number, value in enumerate([0.1, 0.9, 0.2, 0.3]):
        scanner.write("a.pt", f"content {number}")
        metric = {"name": "acc", "mode": "max", "value": value}
        scanner.scan(mode="overwrite_versions", keep_best=1, metric=metric)
        scanner.forget()
    assert scanner.kept() == {"out/a.pt": ["content 1", "content 3"]}
    assert [entry["metric"]["value"] for entry in scanner.entries] == [0.9, 0.3]


def test_what_had_to_go_is_not_archived_again(scanner: Scanner) -> None:
    for number in range(3):
        scanner.write(f"epoch{number}.pt", f"content {number}")
        scanner.scan(max_bytes=10)
    assert scanner.kept() == {"out/epoch2.pt": ["content 2"]}
    assert scanner.scan(max_bytes=10)["archived"] == 0
    scanner.forget()
    assert scanner.scan(max_bytes=10)["archived"] == 0
    assert len(scanner.copies()) == 1
    scanner.write("epoch0.pt", "new")
    scanner.scan(max_bytes=10)
    assert scanner.kept() == {"out/epoch0.pt": ["new"]}


def test_nothing_but_this_run_s_copies_is_ever_deleted(scanner: Scanner) -> None:
    from runid.outputs.archive import Archive

    other = scanner.root / "archive" / "outputs" / "rolling" / "p" / "r2" / "x.pt"
    other.parent.mkdir(parents=True)
    other.write_text("another run's")
    mine = Archive(scanner.root, scanner.root / "runs" / "p" / "r1", "one")
    for path in ("rolling/p/r2/x.pt", "rolling/p/r1/../r2/x.pt", "rolling/r1/x.pt", "/etc/passwd", "../../runs"):
        with pytest.raises(ValueError, match="no output of run p/r1"):
            mine.remove(path if path.startswith("/") else f"archive/outputs/{path}")
    assert other.read_text() == "another run's"
