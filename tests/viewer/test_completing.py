"""What is offered can be typed, and means what it says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicorn.viewer.completing import complete
from runid.store import listing

ENTRIES: list[dict[str, Any]] = [
    {
        "run": f"r{number}", "path": "cv" if number else "nlp", "status": "finished", "tags": ["a b"] * (number % 2),
        "config": {"lr": 0.1, "model.name": "x y"}, "summary": {}, "metrics": {"val/loss": {"last": 1.0}}, "time": 1.0,
    }
    for number in range(3)
]  # fmt: skip


def offered(text: str) -> list[str]:
    return [option for option, _ in complete(text, ENTRIES).options]


def test_keys_that_begin_so_come_first() -> None:
    assert offered("l")[0] == "lr"
    assert "val/loss" in offered("lo")
    assert offered("lr>0 and mod") == ["model.name"]
    assert complete("(pa", ENTRIES).start == 1
    assert set(offered("")) > {"lr", "model.name", "val/loss"}
    assert offered("stat") == ["status"]


def test_each_key_with_how_many_runs_have_it() -> None:
    metric = {"val/loss": {"last": 1.0}}
    found = complete("val", [ENTRIES[0] | {"summary": {"val/loss": 1.0}, "metrics": metric}, *ENTRIES[1:]])
    assert found.options == [("val/loss", 3)]


def test_values_of_a_key_the_frequent_ones_first() -> None:
    assert complete("path=", ENTRIES).options == [("cv", 2), ("nlp", 1)]
    assert complete("x path:n", ENTRIES).start == 7
    assert offered("tag:") == ['"a b"']
    assert offered('model.name="x') == ['"x y"']
    assert offered("nothing=") == []


@given(st.text(max_size=20))
def test_nothing_that_is_typed_is_an_error(text: str) -> None:
    found = complete(text, ENTRIES)
    assert 0 <= found.start <= len(text)


@pytest.mark.parametrize(
    "value", ["back\\slash", 'say "so"', "it's", '\\"', "a\\ b", "=", "a b", "<i>", "(", "\n", "~", "\u202e"]
)
def test_what_is_offered_of_odd_values_is_understood(value: str) -> None:
    odd = ENTRIES[0] | {"alias": value}
    (offered, _), *_ = complete("alias=", [odd]).options
    assert listing.select([odd, *ENTRIES[1:]], f"alias={offered}") == [odd]


def test_what_is_offered_is_understood() -> None:
    for key in ("path", "tag", "model.name", "lr"):
        for value, count in complete(f"{key}=", ENTRIES).options:
            assert len(listing.select(ENTRIES, f"{key}={value}")) == count
