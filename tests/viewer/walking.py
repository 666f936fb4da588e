"""All addresses of the viewer, found out from the program, so that none can be forgotten."""

import re
from collections.abc import Iterator
from pathlib import Path

from starlette.routing import BaseRoute, Mount, Route

from runicorn.viewer import app, routes

_PARAMETER = re.compile(r"""(?:whole|number|listed)\(request, "(\w+)"|(?:query_params|given)\.get\("(\w+)\"""")


def addresses() -> list[tuple[str, str]]:
    """Method and path of each, such as ("GET", "/api/v1/runs/{run}")."""
    found = sorted(_walked(app.application([Path("/nowhere")], "token").routes))
    assert ("GET", "/api/v1/runs/{run}") in found
    assert ("POST", "/api/v1/edits") in found
    return found


def _walked(listed: list[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    for route in listed:
        if isinstance(route, Mount):
            yield from _walked(route.routes, before + route.path)
        else:
            assert isinstance(route, Route), "Guard and these tests know Mount and Route only."
            yield from ((method, before + route.path) for method in (route.methods or ()) if method != "HEAD")


def parameters() -> list[str]:
    """The names of all parameters that the routes ask for."""
    sources = [path.read_text() for path in Path(routes.__path__[0]).glob("*.py")]
    found = {name for source in sources for pair in _PARAMETER.findall(source) for name in pair if name}
    assert {"q", "root", "cols", "time", "line"} <= found
    return sorted(found)


def filled(path: str, usual: str, **named: str) -> str:
    """The path with what stands for its parameters: what is `named` so, else the `usual`."""
    return re.sub(r"{(\w+)[^}]*}", lambda found: named.get(found[1], usual), path)
