"""The query language: which entries each term means, what is wrong with a text and where, and order and groups."""

import math
import re
import time
from itertools import compress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runid.errors import QueryError
from runid.store import listing, query
from runid.store.catalog_line import mended
from runid.store.table import Table

NOW = time.time()


def run(name: str, path: str = "cv/resnet", **fields: Any) -> dict[str, Any]:
    began = fields.pop("began", NOW)
    return mended({"run": name, "path": path, "time": began, "started_at": began, "status": "finished"} | fields)


def last(**values: Any) -> dict[str, Any]:
    return {name: {"count": 3, "last": value, "min": 0.0, "max": 9.0} for name, value in values.items()}


RUNS = [
    run(
        "a1",
        ended_at=NOW + 7200,
        tags=["x", "base line"],
        config={"lr": 1e-4, "opt": "adam"},
        metrics=last(loss=0.5) | last(**{"val/acc": 0.95}),
    ),
    run("b2", "cv/resnet/wide", status="failed", alias="Big One", config={"lr": "1e-3"}, metrics=last(loss="NaN")),
    run("c3", "cv", group="sweep1", config={"lr": 0.1, "flag": True, "layers": [64, 128]}, summary={"best": 3}),
    run("d4", "nlp/gpt", began=NOW - 10 * 86400, notes="it (sic) works\nsecond", metrics=last(loss="Infinity")),
    run("e5", "", status="running", config={"loss": "text", "a b": 2, "n": 2.0, "none": None}, metrics=last(loss=0.1)),
]


def means(text: str) -> str:
    """The first letters of the runs that a query means."""
    return "".join(entry["run"][0] for entry in listing.select(RUNS, text))


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", "abcde"),
        ("  ", "abcde"),
        # bare text: a part of id, path, alias, group, notes or a tag, in whatever case
        ("resnet", "ab"),
        ("BIG", "b"),
        ('"big one"', "b"),
        ("base", "a"),
        ("sweep", "c"),
        ("WORKS", "d"),
        ("a1", "a"),
        ("adam", ""),
        ("~^b", "ab"),
        ("~^c", "abc"),
        ("~'^second$'", "d"),
        ("!~resnet", "cde"),
        ("~(wide|gpt)", "bd"),
        # fields of the run
        ("status!=failed", "acde"),
        ("status:f*", "abcd"),
        ("status=fail", ""),
        ("id=a1 run:a? run_id~1", "a"),
        ("path:cv", "abc"),
        ("path:cv/", "abc"),
        ("path:cv/**", "abc"),
        ("path:cv/*", "a"),
        ("path:**/wide", "b"),
        ("path:*/resnet/**", "ab"),
        ("path:**", "abcde"),
        ("path=cv", "c"),
        ('path=""', "e"),
        ("path:res*", ""),
        ("path!~resnet", "cde"),
        ("tag:x", "a"),
        ("tag!=x", "bcde"),
        ("tag:base*", "a"),
        ('tag="base line"', "a"),
        ("alias!='Big One'", "acde"),
        ("alias=''", "acde"),
        ("group:sweep*", "c"),
        ("notes~'(?s)sic.*second'", "d"),
        # numbers
        ("lr<1e-3", "a"),
        ("lr<=.001", "ab"),
        ("lr=1e-3", "b"),
        ("lr:0.001", "b"),
        ("lr!=.1", "ab"),
        ("not lr=.1", "abde"),
        ("lr >= 1e-4 lr<.1", "ab"),
        ("val/acc>=.9", "a"),
        ("n=2", "e"),
        ("n~^2$", "e"),
        ("layers~^6", "c"),
        ("layers!~^6", ""),
        ("flag=true", "c"),
        ("flag=1", ""),
        ("layers=64", "c"),
        ("layers!=64", ""),
        ("layers:12*", "c"),
        ("none=null", ""),
        ('"a b"=2', "e"),
        ("'a b' > 1.5", "e"),
        # a bare key: config, then summary, then the metric's last value
        ("loss=text", "e"),
        ("loss<1", "a"),
        ("loss>1e300", "d"),
        ("loss=nan", "b"),
        ("loss!=nan", "ade"),
        ("metric.loss<1", "ae"),
        # how long it took, or has taken when its entry was made
        ("duration>1h", "a"),
        ("duration<=1.5m", "bcde"),
        ("duration>=7200 duration<=2h", "a"),
        ("metric.loss.last<.2", "e"),
        ("metric.loss.min<1", "abde"),
        ("metric.loss.count=3", "abde"),
        ("config.loss=text", "e"),
        ("summary.best=3", "c"),
        ("config.best=3", ""),
        ("nosuch>1 or nosuch!=1", ""),
        # when
        ("since:7d", "abce"),
        ("before:7d", "d"),
        ("before:2w", ""),
        ("since:2001-01-31", "abcde"),
        ("before:'2001-01-31 12:00'", ""),
        ("created>2001-01-31T12:00", ""),
        ("started>2001-01-31 started_at<=2999-01-01", "abcde"),
        # together
        ("resnet failed", ""),
        ("resnet status=failed", "b"),
        ("resnet AND status=failed", "b"),
        ("resnet or gpt", "abd"),
        ("resnet or gpt status=failed", "ab"),
        ("(resnet or gpt) status=finished", "ad"),
        ("not resnet", "cde"),
        ("not not resnet", "ab"),
        ("not (resnet or gpt)", "ce"),
        ("((resnet))or(gpt)", "abd"),
        ("a1 ~resnet", "a"),
        ("run ~ a1", "a"),
        ("run ~a1", ""),
        ("'and'", ""),
        ("or=1", ""),
        (r"notes~\(sic\)", "d"),
        (r'"Big \"One"', ""),
    ],
)
def test_a_query_means_these_runs(text: str, runs: str) -> None:
    assert means(text) == runs


@pytest.mark.parametrize(
    ("text", "start", "end", "sentence"),
    [
        ("lr<", 2, 3, "There is no value behind '<'."),
        ("a path: cv", 6, 7, "There is no value behind ':'."),
        ("<3", 0, 1, "There is no key before '<'."),
        ('""=3', 0, 3, "There is no key before '='."),
        ("lr<<3", 2, 4, "'<<' is no operator"),
        ("lr=>3", 2, 4, "'=>' is no operator"),
        ("lr<abc", 3, 6, "'<' compares with a number, and 'abc' is none."),
        ("created<abc", 8, 11, "'<' compares with a time, such as 2026-01-31"),
        ("created:2026-01-31", 7, 8, "created is a time"),
        ("since:soon", 6, 10, "'soon' is no time"),
        ("since<7d", 5, 6, "'since' is followed by a colon"),
        ("since:2026-13-45", 6, 16, "is no time"),
        ("a (b or c", 2, 3, "never closed"),
        ("a b)", 3, 4, "closes none"),
        ("()", 1, 2, "Before this parenthesis a term should be."),
        ("a or", 4, 4, "The query ends where a term should be."),
        ("or a", 0, 2, "There is nothing before 'or'."),
        ("a and and b", 6, 9, "There is nothing before 'and'."),
        ("not", 3, 3, "The query ends"),
        ("don't", 3, 4, "This quote is never closed."),
        ("run~a[b", 4, 7, "'a[b' is no regular expression: missing ]: [b."),
        ("~*", 1, 2, "is no regular expression: no argument for repetition operator: *."),
        ("run~a(?=b)", 4, 10, "is no regular expression: invalid perl operator: (?=."),
        ("~" + "a" * 501, 1, 502, "500 characters"),
        ("a" * 4001, 4000, 4001, "has 4001 characters"),
        ("(" * 41, 40, 41, "40 deep"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, start: int, end: int, sentence: str) -> None:
    with pytest.raises(QueryError) as caught:
        query.parse(text)
    assert sentence in str(caught.value)
    assert (caught.value.start, caught.value.end) == (start, end)


WORDS = [
    "lr",
    "status",
    "since",
    "tag",
    "path",
    "created",
    "and",
    "or",
    "not",
    "1e-3",
    "nan",
    "7d",
    "2026-01-31",
    "cv/**",
]
SIGNS = [*"()[!:=<>~ '", '"', "\\", "==", "!=", "<=", ">=", "!~", "(?P<", "\0", "é"]
PIECES = st.sampled_from(WORDS + SIGNS)


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join))
@example("(" * 3000)
@example("not " * 999)
@example("a or " * 700 + "a")
@example("lr<" + "9" * 3000)
@example("since:" + "9" * 3000 + "d")
@example("before:1e999")
@example("~(?i:a){99999999999}")
def test_any_text_is_a_query_or_an_error_with_a_place(text: str) -> None:
    problem = None
    try:
        assert len(query.parse(text).holds(Table(RUNS))) == len(RUNS)
    except QueryError as error:
        problem = error
    if problem is not None:
        assert 0 <= problem.start <= problem.end <= len(text)
        assert str(problem).endswith(".")


@pytest.mark.parametrize("text", ["~(a+)+b", "notes!~(a|a)*b", "alias~(a*)*b"])
def test_no_regular_expression_tries_without_end(text: str) -> None:
    many = run("f6", notes="a" * 10_000, alias="a" * 10_000)
    assert [one["run"] for one in listing.select([many], text)] == ["f6"] * ("!~" in text)


def test_halves_of_characters_are_searched_too() -> None:
    assert [one["run"] for one in listing.select([run("f6", alias="half \ud83d")], "alias~^half")] == ["f6"]


SIMPLE = st.sampled_from(["status=failed", "lr<1e-3", "tag:x", "resnet", "since:7d", "loss=nan", "nosuch=1", "~^c"])


@st.composite
def nested(draw: st.DrawFn, depth: int = 3) -> tuple[str, list[bool]]:
    """A query, and what Python's own and, or and not make of its terms."""
    kind = draw(st.sampled_from(["term", "not", "and", "side by side", "or"])) if depth else "term"
    if kind == "term":
        text = draw(SIMPLE)
        return text, [bool(one) for one in query.parse(text).holds(Table(RUNS))]
    first, held = draw(nested(depth=depth - 1))
    if kind == "not":
        return f"not ({first})", [not one for one in held]
    second, other = draw(nested(depth=depth - 1))
    sign = {"and": "and", "side by side": "", "or": "or"}[kind]
    combined = zip(held, other, strict=True)
    return f"({first}) {sign} ({second})", [a or b if kind == "or" else a and b for a, b in combined]


@settings(max_examples=100, deadline=None)
@given(nested())
def test_and_or_and_not_are_those_of_logic(case: tuple[str, list[bool]]) -> None:
    text, expected = case
    assert list(map(bool, query.parse(text).holds(Table(RUNS)))) == expected


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text("a1é٣", max_size=3)
    | st.lists(st.integers(), max_size=2)
)


@settings(max_examples=200, deadline=None)
@given(st.lists(VALUES, max_size=6), st.sampled_from(["<", "<=", ">", ">="]), st.floats(allow_nan=False))
def test_orderings_are_those_of_python(values: list[Any], sign: str, limit: float) -> None:
    entries = [run(f"r{number}", config={"key": value}) for number, value in enumerate(values)]
    numbers = [value if type(value) in (int, float) else number(value) for value in values]
    ways = {"<": float.__gt__, "<=": float.__ge__, ">": float.__lt__, ">=": float.__le__}
    expected = [value is not None and ways[sign](limit, value) is True for value in numbers]
    assert list(map(bool, query.parse(f"key{sign}{limit!r}").holds(Table(entries)))) == expected


def number(value: Any) -> float | None:
    """A text of ASCII digits is the number that it tells."""
    return float(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


@settings(max_examples=100, deadline=None)
@given(st.lists(VALUES, max_size=8), st.booleans())
def test_an_order_has_what_is_missing_last_and_keeps_equals_as_they_came(values: list[Any], down: bool) -> None:
    entries = [run(f"r{index}", config={"key": value}) for index, value in enumerate(values)]
    found = listing.ordered(entries, ["-key" if down else "key"])
    assert sorted(entry["run"] for entry in found) == sorted(entry["run"] for entry in entries)
    kept = [entry["config"]["key"] for entry in found]
    missing = [value is None or (isinstance(value, float) and math.isnan(value)) for value in kept]
    assert missing == sorted(missing)
    numbers = [value for value in kept if type(value) in (int, float) and not math.isnan(value)]
    assert numbers == sorted(numbers, reverse=down)


def test_an_order_by_several_keys_and_a_limit() -> None:
    entries = [run(f"r{n}", config={"a": n % 2, "b": n}) for n in range(5)]
    found = listing.select(entries, "b<4", order=["-a", "b"], limit=3)
    assert [entry["run"] for entry in found] == ["r1", "r3", "r0"]
    assert [entry["run"] for entry in listing.select(entries, order="-b", limit=1)] == ["r4"]


def test_a_limit_without_an_order_asks_for_no_more_than_it_needs() -> None:
    entries = (run(f"r{n}") for n in range(100_000))
    assert len(listing.select(entries, "r", limit=3)) == 3
    assert int(next(entries)["run"][1:]) < 1000


def test_groups_come_as_their_first_run_does() -> None:
    found = [(value, [entry["run"] for entry in entries]) for value, entries in listing.grouped(RUNS, "config.lr")]
    assert found == [(1e-4, ["a1"]), ("1e-3", ["b2"]), (0.1, ["c3"]), (None, ["d4", "e5"])]
    assert [value for value, _ in listing.grouped(RUNS, "tags")] == [["x", "base line"], []]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), VALUES), max_size=12), SIMPLE | st.sampled_from(["key>0", "key=1", "key~1"])
)
def test_a_table_that_changed_answers_as_a_new_one(changes: list[tuple[int, Any]], text: str) -> None:
    node, table = query.parse(text), Table()
    node.holds(table)
    for row, value in changes:
        entry = run("resnet", tags=["x"] if value else None, status="failed", config={"key": value, "lr": value})
        table.put(min(row, len(table.entries)), entry)
        assert node.holds(table) == query.parse(text).holds(Table(table.entries))
        assert list(compress(table.entries, node.holds(table))) == listing.select(table.entries, text)


def test_each_query_in_the_docs_is_one() -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
    told = re.findall(r"^\| `([^`]+)` \|", page.partition("## Queries")[2].partition("\n## ")[0], re.MULTILINE)
    assert len(told) == 13
    for text in told:
        query.parse(text)
