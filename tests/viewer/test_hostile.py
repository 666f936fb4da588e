"""Whatever is asked: an answer or a sentence, never an error of the program, and nothing of what lies outside."""

import contextlib
import http.client
import json
import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.conftest import Home
from tests.viewer.conftest import Viewer
from tests.viewer.walking import addresses, filled, parameters

import runicorn as rn

HOSTILE = [
    *(
        "",
        " ",
        ",",
        "-",
        ".",
        "..",
        "/",
        "\\",
        "%",
        "*",
        "?",
        "(",
        '"',
        "'",
        "~",
        "~(",
        "~(a+)+b",
        "run~" + "(a*)*" * 40,
    ),
    *(
        "../../../etc/passwd",
        "/etc/passwd",
        "..%2f..%2fetc",
        "%2e%2e",
        "\0",
        "a\0b",
        "\r\nX-Evil: 1",
        "\ud7ff\uffff",
        "\u202ex",
    ),
    *("0", "-1", "1e999", "NaN", "inf", "-Infinity", "9" * 30, str(2**63), str(-(2**63)), "1_000", "٣", "0x10", "1.5"),
    *("true", "null", "[]", "{}", "__proto__", "constructor", "run", "path", "since:9999999999999w", "lr<", "(" * 3000),
    *(
        "<script>alert(1)</script>",
        "x" * 10_000,
        "a" * 3000 + ")",
        "a,b,c" * 500,
        "é" * 300,
        "🦄",
        "metric..",
        "config.",
    ),
    *(
        "ema:",
        "ema:2",
        "ema:nan",
        "mean:1e9",
        "gauss:-1",
        "median:999999999",
        "step",
        "time",
        "relative",
        "loss",
        "-loss",
    ),
]
TEXTS = st.sampled_from(HOSTILE) | st.text(max_size=20)
GETS = [path for method, path in addresses() if method == "GET" and path != "/api/v1/events"]
POSTS = [path for method, path in addresses() if method == "POST"]
ASKED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


@pytest.fixture
def hostile(home: Home, viewer: Viewer) -> Iterator["Asking"]:
    """A viewer of a run, and of what must not be seen: beside the root, and through a link in it."""
    secret = home.root.with_name("secret")
    secret.mkdir()
    (secret / "meta.json").write_text('{"secret": "hidden treasure"}')
    with rn.init("one/two", alias="a,b", config={"lr": 0.1, "__proto__": {"x": 1}, "": 2}) as run:
        for step in range(5):
            run.log({"loss": float("nan") if step == 3 else step, "a,b/<i>": 1e300, "run": -step}, step=step * 10**17)
        run.log_text("hidden nowhere")
        run.log_rollout("<b>", [{"role": "assistant", "content": {"a": [1]}}], {"r": float("nan")}, step=10**17)
        run.log({"chat": rn.Trace(["a", None], spans=[{"id": 1, "parent_id": 1, "start": float("inf")}])})
    os.symlink(secret, home.root / "runs" / "one" / "linked")
    with contextlib.closing(http.client.HTTPConnection(viewer.host, timeout=60)) as connection:
        yield Asking(viewer, run.id, connection)


class Asking:
    """Asks over one connection, and looks at each answer."""

    def __init__(self, viewer: Viewer, run: str, connection: http.client.HTTPConnection) -> None:
        self.run, self._viewer, self._connection = run, viewer, connection

    def __call__(self, path: str, method: str = "GET", body: bytes | None = None) -> int:
        """The status of an answer as it must be."""
        self._connection.request(method, path, body, {"X-Runicorn-Token": self._viewer.token})
        answer = self._connection.getresponse()
        said = answer.read()
        what = method, path[:300], (body or b"")[:300], answer.status, said[:300]
        assert answer.status < 500, what
        assert b"treasure" not in said, what
        assert b"Traceback" not in said, what
        assert answer.getheader("content-security-policy"), what
        assert not answer.getheader("x-evil"), what
        if answer.status >= 400 and answer.getheader("content-type") == "application/json":
            assert json.loads(said)["error"].endswith((".", "?")), what
        return answer.status


def test_any_parameters(hostile: Asking) -> None:
    said = st.dictionaries(st.sampled_from(parameters()), TEXTS, max_size=5)

    @ASKED
    @given(st.sampled_from(GETS), said, TEXTS, st.booleans())
    def asked(path: str, parameters: dict[str, str], name: str, known: bool) -> None:
        quoted = quote(name, safe="")
        named = filled(path, quoted, run=hostile.run if known else quoted)
        query = "&".join(
            f"{name}={quote(value.encode(errors='replace'), safe='')}" for name, value in parameters.items()
        )
        hostile(f"{named}?{query}")

    asked()


def test_no_path_leads_outside(hostile: Asking) -> None:
    outside = ["..", "../secret", "../../secret", "one/linked", "linked", "one/two/../linked", "/etc", "one", ".", "~"]
    for name in (*outside, *(f"../{one}" for one in outside)):
        for path in GETS:
            if path.startswith("/api/") and "{run}" in path:
                assert hostile(filled(path, "x", run=quote(name, safe=""))) in (400, 404), (path, name)
            is_page = path.startswith(("/artifacts/", "/reports/"))  # which is there, whatever its name
            if re.search("{(?!run|tab)", path) and not is_page:
                assert hostile(filled(path, quote(name, safe=""), run=hostile.run)) in (400, 404), (path, name)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)
NUMBERS = st.none() | st.integers(-(2**65), 2**65) | st.floats() | st.booleans()
ITEM = st.fixed_dictionaries(
    {"metric": st.sampled_from(["loss", "run", "a,b/<i>", "none"]) | TEXTS},
    optional={
        **dict.fromkeys(("lo", "hi", "points", "rank"), NUMBERS),
        **dict.fromkeys(("stage", "x", "smooth", "centre", "band"), TEXTS | NUMBERS),
    },
)
CHANGES = st.dictionaries(
    st.sampled_from(["alias", "tags", "notes", "group", "trashed_at", "id"]) | TEXTS, JSON, max_size=3
)


def test_any_body(hostile: Asking) -> None:
    item = st.builds(
        lambda item, many: item | ({"runs": [hostile.run]} if many else {"run": hostile.run}), ITEM, st.booleans()
    )
    body = (
        st.fixed_dictionaries({"items": st.lists(item | JSON, max_size=3)})
        | st.fixed_dictionaries(
            {"edits": st.lists(st.fixed_dictionaries({"run": TEXTS, "changes": CHANGES}), max_size=2)}
        )
        | JSON
    )

    @ASKED
    @given(st.sampled_from(POSTS), body)
    @example("/api/v1/series", {"items": [{"run": "../secret", "metric": "loss"}]})
    @example("/api/v1/edits", {"edits": [{"run": "../secret", "changes": {"alias": "x"}}]})
    def asked(path: str, said: Any) -> None:
        hostile(path, "POST", json.dumps(said).encode())

    asked()


def test_what_is_no_json(hostile: Asking) -> None:
    for body in (b"", b"\xff", b"[" * 100_000, b'{"items":' * 5000, b"1" * 10_000, b'"\\ud800"', b"\0"):
        for path in POSTS:
            assert hostile(path, "POST", body) == 400, (path, body[:20])


def test_no_request_asks_for_more_than_a_page_can_show(hostile: Asking) -> None:
    few = {"run": hostile.run, "metric": "loss", "points": 10}
    assert hostile("/api/v1/series", "POST", json.dumps({"items": [few] * 500}).encode()) == 200
    for items in ([few] * 501, [few | {"points": 20_000}] * 500, [{"runs": [hostile.run] * 5000, "metric": "loss"}]):
        assert hostile("/api/v1/series", "POST", json.dumps({"items": items}).encode()) == 400
    assert hostile("/api/v1/runs?sort=" + "a," * 100) == 400
    assert hostile("/api/v1/series", "POST", b" " * (33 << 20)) == 400
