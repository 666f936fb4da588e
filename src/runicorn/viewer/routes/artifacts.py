"""What all runs of the root were made from and what came out of them, by name and version, and by which runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer.answers import Json
from runicorn.viewer.routes import asked
from runid.errors import NotFoundError
from runid.store.artifacts import KINDS, MADE, Name, Use, Version

_MOST = 500
_NUMBERS, _TEXTS = ("time", "size", "versions", "runs"), ("name", "kind")


def artifacts(request: Request) -> Response:
    """{found, counts: {kind: how many}, lo, artifacts: [{kind, name, versions, runs, size, files, time, archived}]}.

    Those of a `kind`, or all, with the words `q` in their names, by `sort`, "-" in front: largest first; "-time" by
    default. How many versions and runs there are; the rest is of the newest version.
    """
    kind, sort = request.query_params.get("kind", ""), request.query_params.get("sort") or "-time"
    words = request.query_params.get("q", "").lower().split()
    key = sort.removeprefix("-")
    if key not in _NUMBERS + _TEXTS:
        raise ValueError(f"sort must be one of {', '.join(_NUMBERS + _TEXTS)}, got {sort[:100]!r}.")
    with asked.library(request).artifacts() as (known, _):
        every = [(name, found) for name, found in known.all().items() if all(word in name[1].lower() for word in words)]
        rows = [_row(name, found) for name, found in every if kind in ("", name[0])]
    rows.sort(key=lambda row: row[key] or 0 if key in _NUMBERS else row[key].lower(), reverse=sort.startswith("-"))
    counts = {kind: sum(name[0] == kind for name, _ in every) for kind in KINDS}
    lo, hi = _window(request)
    return Json({"found": len(rows), "counts": counts, "lo": lo, "artifacts": rows[lo:hi]})


def _row(name: Name, versions: list[Version]) -> dict[str, Any]:
    newest = versions[-1].uses[0]
    runs = len({use.run for version in versions for use in version.uses})
    told = {"size": newest.size, "files": newest.files, "time": newest.time, "archived": newest.copy is not None}
    return {"kind": name[0], "name": name[1], "versions": len(versions), "runs": runs} | told


def versions(request: Request) -> Response:
    """{kind, name, found, lo, versions: [{number, digest, size, files, time, archived, made, used}]}, newest first.

    Of the `name`, and of `kind` where several have it; how many runs made each content, and used it.
    """
    with asked.library(request).artifacts() as (known, _):
        kind, name = _name(request, known.all())
        found = known.all()[kind, name]
        lo, hi = _window(request)
        rows = [_version(one, known.uses(one.digest) or one.uses) for one in found[::-1][lo:hi]]
    return Json({"kind": kind, "name": name, "found": len(found), "lo": lo, "versions": rows})


def _version(one: Version, uses: list[Use]) -> dict[str, Any]:
    first = one.uses[0]
    made = len({use.run for use in uses if use.kind in MADE})
    used = len({use.run for use in uses if use.kind not in MADE})
    told = {"number": one.number, "digest": one.digest, "made": made, "used": used}
    return told | {"size": first.size, "files": first.files, "time": first.time, "archived": first.copy is not None}


def uses(request: Request) -> Response:
    """{made, used}: each {found, lo, runs: [{run, path, alias, kind, name, copy, time}]}, the first first.

    The runs that made or used the content of `version` of a `name` and `kind`, under whatever name: its number, or how
    its digest begins.
    """
    said = request.query_params.get("version", "")
    with asked.library(request).artifacts() as (known, aliases):
        kind, name = _name(request, known.all())
        found = [one for one in known.all()[kind, name] if said in ("", str(one.number)) or one.digest.startswith(said)]
        if not found:
            raise NotFoundError(f"{name} has no version {said[:100]!r}.")
        every = known.uses(found[-1].digest) or found[-1].uses
    lo, hi = _window(request)
    return Json({side: _side(every, made, lo, hi, aliases) for side, made in (("made", True), ("used", False))})


def _side(every: Iterable[Use], made: bool, lo: int, hi: int, aliases: dict[str, str | None]) -> dict[str, Any]:
    those = [use for use in every if (use.kind in MADE) == made]
    told = ("run", "path", "kind", "name", "copy", "time")
    rows = [{name: getattr(use, name) for name in told} | {"alias": aliases.get(use.run)} for use in those[lo:hi]]
    return {"found": len(those), "lo": lo, "runs": rows}


def _name(request: Request, known: dict[Name, list[Version]]) -> Name:
    """The one that is meant. Raises NotFoundError."""
    name, kind = request.query_params.get("name", ""), request.query_params.get("kind", "")
    for one in KINDS:
        if kind in ("", one) and (one, name) in known:
            return one, name
    raise NotFoundError(f"No run has {name[:200]!r} among its {kind or 'artifacts'}.")


def _window(request: Request) -> tuple[int, int]:
    lo = max(0, asked.whole(request, "lo", 0))
    return lo, min(max(lo, asked.whole(request, "hi", lo + 100)), lo + _MOST)


ROUTES = [
    Route("/artifacts", artifacts),
    Route("/artifacts/versions", versions),
    Route("/artifacts/uses", uses),
]
