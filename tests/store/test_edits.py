"""What people change of a run counts over what the program said, wherever it was changed, the newest first."""

import json
from pathlib import Path

import pytest

from runid.errors import FormatError
from runid.store import edits


def test_the_newest_edit_of_each_field_counts(tmp_path: Path) -> None:
    edits.write(tmp_path, "one", {"alias": "a", "tags": ["x"]}, 1.0)
    edits.write(tmp_path, "two", {"alias": "b"}, 3.0)
    edits.write(tmp_path, "one", {"alias": "c", "notes": None}, 2.0)
    assert edits.read(tmp_path) == {"alias": "b", "tags": ["x"], "notes": None}


def test_what_is_damaged_is_left_out(tmp_path: Path) -> None:
    edits.write(tmp_path, "one", {"alias": "a", "group": "g"}, 1.0)
    (tmp_path / "edits" / "two.json").write_text("{")
    wrong = {"alias": {"value": 7, "time": 2.0}, "tags": [], "group": {"value": "h"}, "more": {"value": 1, "time": 9.0}}
    (tmp_path / "edits" / "three.json").write_text(json.dumps(wrong))
    (tmp_path / "edits" / ".four.json.tmp").write_text(json.dumps({"alias": {"value": "half", "time": 5.0}}))
    assert edits.read(tmp_path) == {"alias": "a", "group": "g"}
    assert edits.read(tmp_path / "none") == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "x"},
        {"alias": 1},
        {"alias": "a" * 501},
        {"tags": "a"},
        {"tags": [""]},
        {"tags": [1]},
        {"flags": ["x"] * 1001},
        {"trashed_at": -1},
    ],
)
def test_what_cannot_be_edited_so(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(FormatError, match="cannot be"):
        edits.write(tmp_path, "one", changes, 1.0)
    assert edits.read(tmp_path) == {}
