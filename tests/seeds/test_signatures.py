"""The names, parameters and defaults that the seed documents give are ours, read from the copied pages themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.seeds import documents
from tests.seeds.documents import ASSETS_07, OVERVIEW

import runicorn as rn

MISSING = inspect.Parameter.empty

# Ours is wider: summary() and summary(None) do nothing.
WIDER = {("summary", "update")}

DECLARED = {
    block.name.split(".")[1].removesuffix("()"): block.signature()
    for block in documents.blocks(OVERVIEW)
    if not block.parses
}

TABLES = dict(
    zip(
        [
            "snapshot_workspace", "log_image", "log_config", "log_dataset", "log_pretrained", "scan_outputs_once",
            "watch_outputs",
        ],
        documents.tables(ASSETS_07),
        strict=True,
    )
)  # fmt: skip
"""The tables of the page on assets, by what they are about; the page has them in this order."""


def parameters(name: str) -> list[inspect.Parameter]:
    """Of the function of the module, or the method of a run, without self."""
    function: Callable[..., Any] = rn.init if name == "init" else getattr(rn.Run, name, None) or getattr(rn, name)
    return [one for one in inspect.signature(function).parameters.values() if one.name != "self"]


@pytest.mark.parametrize("name", DECLARED)
def test_a_declared_signature(name: str) -> None:
    theirs = list(DECLARED[name].parameters.values())
    own = parameters(name)
    for given, mine in zip(theirs, own, strict=False):
        assert given.kind is mine.kind
        assert given.name == mine.name or given.kind is given.VAR_KEYWORD
        assert given.default == mine.default or (name, given.name) in WIDER
    assert all(one.kind is one.KEYWORD_ONLY and one.default is not MISSING for one in own[len(theirs) :])


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_parameters(name: str) -> None:
    theirs, own = TABLES[name], {one.name: one.default for one in parameters(name)}
    assert list(own.items())[: len(theirs)] == list(theirs.items())
    assert MISSING not in list(own.values())[len(theirs) :]


def test_all_tables_and_signatures_are_read() -> None:
    assert len(DECLARED) == 11
    assert [len(table) for table in TABLES.values()] == [7, 6, 3, 8, 8, 7, 8]


@pytest.mark.parametrize("page", documents.USED)
def test_every_call_that_a_page_names_exists(page: str) -> None:
    named = set(re.findall(r"\b(rn|run)\.(\w+)\(", documents.text(page)))
    assert len(named) > 5
    for thing, name in sorted(named):
        assert callable(getattr(rn if thing == "rn" else rn.Run, name))
