"""The query language: one text that says which runs are meant, for the command line, the API and the viewer.

    query   = all { "or" all }
    all     = one { ["and"] one }                           terms side by side must all hold
    one     = { "not" } ( "(" query ")" | term )
    term    = text                                          it occurs in id, path, alias, group, notes or a tag
            | "~" regex | "!~" regex                        the same, by regular expression
            | key ( "=" | "==" | "!=" ) value
            | key ( "<" | "<=" | ">" | ">=" ) value         a number; a date for a key that is a time; 1h for `duration`
            | key ( "~" | "!~" ) regex
            | key ":" glob
            | "since:" when | "before:" when                2026-01-31, 2026-01-31T12:00, 7d (ago; s m h d w)

There may be spaces around an operator, but not around `:`; ` ~x` begins a term of its own. A key, a value or a text
with spaces or any of these signs in it stands in "" or '', in which a backslash takes the meaning of the quote behind
it. A value ends at a space, or at a parenthesis that was not opened in it. See runid.store.keys for what a key means.
A run without the key matches no comparison, not even `!=`.

No text makes anything but a QueryError, and none takes longer than what it is asked of is long: a query, a regular
expression (see runid.store.regex) and what it searches are of limited length.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from runid.errors import QueryError
from runid.store import terms
from runid.store.keys import BEGAN, DURATION, FIELDS, TIMES, as_number
from runid.store.terms import Containing, Every, Matching, MatchingValue, Node, Not, Ordering, Some, Tested

T = TypeVar("T")

_LONGEST = 4000
_LONGEST_REGEX = 500
_DEEPEST = 40

_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"(?:[^\s()\"'=<>~:!]|!(?![=~]))+")
_OPERATOR = re.compile(r"\s*(?:(?<!\s):|==|!=|<=|>=|=|<|>|(?:(?<!\s)|(?=!?~\s))!?~)")
_REGEX_SIGN = re.compile(r"!?~")
_VALUE = re.compile(r"\\.?|[^\s\"']", re.DOTALL)


class _Part(NamedTuple):
    """A piece of the query, and where it stands."""

    text: str
    start: int
    end: int


def parse(text: str) -> Node:
    """The query, to be asked which rows of a table of catalog entries it holds for; an empty one holds for all.

    Raises QueryError with the place of what is wrong.
    """
    if len(text) > _LONGEST:
        raise QueryError(f"The query has {len(text)} characters, and {_LONGEST} are the most.", _LONGEST, len(text))
    return _Parser(text).whole()


class _Parser:
    """Goes through the text once; each method takes what its name says, and leaves `at` behind it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def whole(self) -> Node:
        self._space()
        if self._over():
            return Every(())
        node = self._query()
        if not self._over():
            raise QueryError("This parenthesis closes none.", self.at, self.at + 1)
        return node

    def _query(self) -> Node:
        parts = [self._all()]
        while self._said("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Some(parts)

    def _all(self) -> Node:
        parts = [self._one()]
        while not self._over() and self.text[self.at] != ")" and not self._word_is("or"):
            self._said("and")
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Every(parts)

    def _one(self) -> Node:
        negate = False
        while self._said("not"):
            negate = not negate
        node = self._group() if self.text.startswith("(", self.at) else self._term()
        self._space()
        return Not(node) if negate else node

    def _group(self) -> Node:
        start = self.at
        self.depth += 1
        if self.depth > _DEEPEST:
            raise QueryError(f"Parentheses stand in each other {_DEEPEST} deep at most.", start, start + 1)
        self.at += 1
        self._space()
        node = self._query()
        if self._over():
            raise QueryError("This parenthesis is never closed.", start, start + 1)
        self.at += 1
        self.depth -= 1
        return node

    def _term(self) -> Node:
        self._expect_term()
        if found := _REGEX_SIGN.match(self.text, self.at):
            sign = self._part(found)
            matching = _compiled(Matching, self._value(sign))
            return Not(matching) if sign.text == "!~" else matching
        key = self._quoted() if self.text[self.at] in "\"'" else self._word()
        operator = self._operator()
        if operator is None:
            return Containing(key.text)
        if not key.text:
            raise QueryError(f"There is no key before {operator.text!r}.", key.start, operator.end)
        return _compared(key, operator, self._value(operator))

    def _expect_term(self) -> None:
        for word in ("and", "or"):
            if self._word_is(word):
                raise QueryError(f"There is nothing before {word!r}.", self.at, self.at + len(word))
        if self._over():
            raise QueryError("The query ends where a term should be.", self.at, self.at)
        if self.text[self.at] == ")":
            raise QueryError("Before this parenthesis a term should be.", self.at, self.at + 1)

    def _word(self) -> _Part:
        start, found = self.at, _WORD.match(self.text, self.at)
        if found is not None:
            return self._part(found)
        self._operator()
        end = max(self.at, start + 1)
        raise QueryError(f"There is no key before {self.text[start:end]!r}.", start, end)

    def _operator(self) -> _Part | None:
        found = _OPERATOR.match(self.text, self.at)
        return self._part(found) if found else None

    def _value(self, sign: _Part) -> _Part:
        if sign.text != ":":
            self._space()
        if self.text[self.at : self.at + 1] in ('"', "'"):
            return self._quoted()
        start, opened = self.at, 0
        while found := _VALUE.match(self.text, self.at):
            opened += (found[0] == "(") - (found[0] == ")")
            if opened < 0:
                break
            self.at = found.end()
        value = _Part(self.text[start : self.at], start, self.at)
        if not value.text:
            raise QueryError(f"There is no value behind {sign.text!r}.", sign.start, sign.end)
        if value.text[0] in "=<>" and "~" not in sign.text:
            wrong = f"{sign.text}{value.text[0]}"
            raise QueryError(f"{wrong!r} is no operator; a value that begins so must be quoted.", sign.start, start + 1)
        return value

    def _quoted(self) -> _Part:
        quote, start = self.text[self.at], self.at
        found = re.compile(rf"{quote}((?:\\{quote}|[^{quote}])*){quote}").match(self.text, start)
        if found is None:
            raise QueryError("This quote is never closed.", start, start + 1)
        self.at = found.end()
        return _Part(found[1].replace("\\" + quote, quote), start, self.at)

    def _part(self, found: re.Match[str]) -> _Part:
        self.at = found.end()
        text = found[0].lstrip()
        return _Part(text, self.at - len(text), self.at)

    def _word_is(self, word: str) -> bool:
        found = _WORD.match(self.text, self.at)
        if found is None or found[0].lower() != word:
            return False
        return _OPERATOR.match(self.text, found.end()) is None

    def _said(self, word: str) -> bool:
        if not self._word_is(word):
            return False
        self.at += len(word)
        self._space()
        return True

    def _space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _over(self) -> bool:
        return self.at >= len(self.text)


def _compared(key: _Part, sign: _Part, value: _Part) -> Node:
    field = FIELDS.get(key.text)
    if key.text in ("since", "before"):
        return _dated(key, sign, value)
    if sign.text in terms.ORDERINGS:
        return Ordering(key.text, sign.text, _limit(field, sign, value))
    if field in TIMES:
        wrong = f"{key.text} is a time and takes < <= > >=; see also since: and before:."
        raise QueryError(wrong, sign.start, sign.end)
    if "~" in sign.text:
        return _compiled(lambda pattern: MatchingValue(key.text, pattern, sign.text == "!~"), value)
    if sign.text == ":":
        test = terms.path_glob(value.text) if field == "path" else terms.glob(value.text)
        return Tested(key.text, test)
    return Tested(key.text, terms.same(value.text), sign.text == "!=")


def _dated(key: _Part, sign: _Part, value: _Part) -> Node:
    if sign.text not in (":", "=", "=="):
        raise QueryError(f"{key.text!r} is followed by a colon: {key.text}:7d, {key.text}:2026-01-31.", *sign[1:])
    limit = terms.moment(value.text, ages=True)
    if limit is None:
        wrong = f"{value.text!r} is no time: 7d (also s, m, h, w), 2026-01-31 and 2026-01-31T12:00 are."
        raise QueryError(wrong, value.start, value.end)
    return Ordering(BEGAN, ">=" if key.text == "since" else "<", limit)


def _limit(field: str | None, sign: _Part, value: _Part) -> float:
    if field in TIMES:
        limit, kind = terms.moment(value.text), "time, such as 2026-01-31"
    elif field == DURATION:
        limit, kind = terms.seconds(value.text), "duration, such as 90 (seconds) or 1h"
    else:
        limit, kind = as_number(value.text), "number"
    if limit is None:
        raise QueryError(f"{sign.text!r} compares with a {kind}, and {value.text!r} is none.", value.start, value.end)
    return limit


def _compiled(make: Callable[[str], T], value: _Part) -> T:
    """What is made of a regular expression."""
    if len(value.text) > _LONGEST_REGEX:
        wrong = f"A regular expression has {_LONGEST_REGEX} characters at most."
        raise QueryError(wrong, value.start, value.end)
    try:
        return make(value.text)
    except ValueError as error:
        raise QueryError(f"{value.text!r} is no regular expression: {error}.", value.start, value.end) from error
