"""A run's conversations: how their rewards lie by step and by prompt, and samples of them.

All take what runicorn.viewer.routes.asked_rollouts says. What was read of the run is told as `read`: a run of 100,000
takes seconds the first time, so a page asks again until it is 1; so it is with `tested`, the share that was tested for
the query.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from runicorn.viewer.answers import Json
from runicorn.viewer.routes import asked
from runicorn.viewer.routes.asked_rollouts import READING, Asked, asked_for, prompt_number, prompt_of, sample, window
from runid.media import rollout
from runid.store import rollout_sums
from runid.store.rollouts import Places, Rollouts


def steps(request: Request) -> Response:
    """Steps `lo` to `hi`, the latter not included, of those at which there are some.

    {read, tested, sets: [{key, type, count, stages: [[name or null, count]]}], key, type, stage, count, found, flagged,
    names: of rewards, unit: of lengths, advantage: whether there are any, ends: of histograms, or null, steps: how
    many, lo, rows: [{step, count, mean, std, lo, hi, truncated, counts: of the histogram}], at: the row of `step`, the
    last one before it, or the last, here: its step, or null}.
    """
    with asked_for(request, READING) as it:
        of, parts = it.of, rollout_sums.by(it.of["step"], it.chosen)
        first = of["step"][parts.order[parts.starts[:-1]]]
        wanted = asked.whole(request, "step", 0) if "step" in request.query_params else None
        at = len(parts) if wanted is None else int(np.searchsorted(first, wanted, side="right"))
        lo, hi = window(request)
        ends = rollout_sums.ends(of, it.all)
        rows = []
        for number in range(lo, min(hi, len(parts))):
            part = parts.part(number)
            counts = rollout_sums.counts(of, part, *ends) if ends else []
            rows.append({"step": int(first[number]), **rollout_sums.worth(of, part), "counts": counts})
        at = max(0, at - 1)
        here = int(first[at]) if len(parts) else None
        told = {"steps": len(parts), "lo": lo, "rows": rows, "at": at, "here": here, "ends": ends}
        return Json(_about(it) | told)


def groups(request: Request) -> Response:
    """The prompts of the samples at `step`, from `lo` to `hi`; `order`: "std" is those that differ most first, "-mean"
    the best, "mean" the worst, "" as they were logged.

    {tested, step, groups: how many, lo, rows: [{prompt_id, prompt, count, mean, std, lo, hi, truncated}]}.
    """
    with asked_for(request) as it:
        step, places = it.here(request)
        parts = rollout_sums.by(it.of["prompt"], places)
        order = _group_order(it.of, parts, request.query_params.get("order", ""))
        lo, hi = window(request)
        some = [parts.part(int(number)) for number in order[lo:hi]]
        texts = it.index.values(it.of, np.array([part[0] for part in some], np.int64))
        rows = [
            {"prompt_id": f"{it.of['prompt'][part[0]]:016x}", "prompt": text, **rollout_sums.worth(it.of, part)}
            for part, text in zip(some, map(prompt_of, texts), strict=True)
        ]
        return Json({"tested": it.tested, "step": step, "groups": len(parts), "lo": lo, "rows": rows})


def samples(request: Request) -> Response:
    """Samples `lo` to `hi` of `step` and `prompt`, as far as these are given; `order`: see rollout_sums.ORDERS.

    {tested, step, found, lo, at: the row of the sample `id`, or -1, ends: of all rewards, rows: [{id, step, stage,
    rank, time, reward, length, advantage, truncated, flagged, prompt, answer}]}; texts in short.
    """
    with asked_for(request) as it:
        step, places = it.listed(request)
        wanted = it.of.place(request.query_params.get("id", ""), it.index.hosts)
        found = np.flatnonzero(places == (-1 if wanted is None else wanted))
        lo, hi = window(request)
        some = places[lo:hi]
        rows = []
        for place, value in zip(some.tolist(), it.index.values(it.of, some), strict=True):
            said = {"prompt": prompt_of(value), "answer": rollout.short(rollout.answer_text(value))}
            rows.append(sample(it, place, value) | said)
        at = int(found[0]) if len(found) else -1
        return Json(
            {
                "tested": it.tested,
                "step": step,
                "found": len(places),
                "lo": lo,
                "at": at,
                "ends": rollout_sums.ends(it.of, it.all),
                "rows": rows,
            }
        )


def over(request: Request) -> Response:
    """The samples of a `prompt` over steps: {step, mean, lo, hi, count}, lists."""
    with asked_for(request) as it:
        same = it.all[it.of["prompt"][it.all] == prompt_number(request.query_params.get("prompt", ""))]
        return Json(rollout_sums.over_steps(it.of, same))


def _about(it: Asked) -> dict[str, Any]:
    sets = []
    for of in it.index.of.values():
        numbers = np.bincount(of["stage"], minlength=len(of.stages)).tolist()
        sets.append(
            {"key": of.key, "type": of.type, "count": len(of), "stages": list(zip(of.stages, numbers, strict=True))}
        )
    return {
        "read": it.read,
        "tested": it.tested,
        "sets": sets,
        "key": it.of.key,
        "type": it.of.type,
        "stage": it.stage,
        "count": len(it.all),
        "found": len(it.chosen),
        "flagged": len(it.flags),
        "names": it.of.names,
        "unit": "tokens" if bool(it.of["tokens"].any()) else "characters",
        "advantage": bool(np.isfinite(it.of["advantage"]).any()),
    }


def _group_order(of: Rollouts, parts: rollout_sums.Parts, order: str) -> Places:
    if order == "std":
        return np.asarray(np.argsort(-rollout_sums.deviations(of, parts), kind="stable"))
    if order in ("mean", "-mean"):
        means = [rollout_sums.worth(of, parts.part(number))["mean"] for number in range(len(parts))]
        values = np.array([np.nan if one is None else one for one in means])
        return np.asarray(np.argsort(-values if order == "-mean" else values, kind="stable"))
    return np.asarray(np.argsort(parts.order[parts.starts[:-1]], kind="stable"))


ROUTES = [
    Route("/runs/{run}/rollouts", steps),
    Route("/runs/{run}/rollouts/groups", groups),
    Route("/runs/{run}/rollouts/samples", samples),
    Route("/runs/{run}/rollouts/over", over),
]
