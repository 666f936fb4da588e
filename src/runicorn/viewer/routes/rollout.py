"""One of a run's conversations: its messages, a window of them, its spans, and in which words two differ.

All take what runicorn.viewer.routes.asked_rollouts says.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from runicorn.differences.words import differences
from runicorn.viewer import conversation, spans
from runicorn.viewer.answers import Json
from runicorn.viewer.routes import asked
from runicorn.viewer.routes.asked_rollouts import asked_for, one_of, prompt_of, sample, window
from runid.errors import NotFoundError
from runid.media import rollout

_MOST_MESSAGES, _MOST_COMPARED = 200, 200
_MOST_SAID = 100


def one(request: Request) -> Response:
    """A sample, `id`, or the first that /samples lists, with messages `lo` to `hi` (see viewer.conversation).

    What /samples tells of it, and {rewards, count: of messages, lo, messages, with `shaded=1` also their tokens,
    metadata: as text, spans: how many, name: its id where it was logged with one, environment: what log_environment of
    expt_logger kept of that id, error: why it cannot be read}; null
    where nothing is listed.
    """
    with asked_for(request) as it:
        try:
            place, value, problem = one_of(request, it)
        except NotFoundError:
            if "id" in request.query_params:
                raise
            return Json(None)
        messages = conversation.messages(value)
        lo, hi = window(request, _MOST_MESSAGES)
        shaded = request.query_params.get("shaded") == "1"
        name = value["id"] if isinstance(value.get("id"), str) else None
        metadata, listed = value.get("metadata"), value.get("spans")
        told = sample(it, place, value) | {
            "rewards": value.get("rewards") or rollout.rewards(value),
            "prompt": prompt_of(value),
            "count": len(messages),
            "lo": lo,
            "messages": [conversation.told(message, shaded) for message in messages[lo:hi]],
            "metadata": rollout.as_text(metadata, indented=True)[: conversation.MOST_TEXT] if metadata else None,
            "spans": len(listed) if isinstance(listed, list) else 0,
            "name": name,
            "environment": [text[: conversation.MOST_TEXT] for text in it.index.environment(name or "", _MOST_SAID)],
            "error": problem,
        }
        return Json(told)


def message(request: Request) -> Response:
    """All of message `n` of a sample, as plain text."""
    with asked_for(request) as it:
        _, value, _ = one_of(request, it)
        messages, number = conversation.messages(value), asked.whole(request, "n", 0)
        if not 0 <= number < len(messages):
            raise NotFoundError(f"The sample has {len(messages)} messages, and none has the number {number}.")
        return PlainTextResponse(conversation.text_of(messages[number]).encode(errors="replace"))


def waterfall(request: Request) -> Response:
    """The spans of a sample as a tree (see viewer.spans); with `n`, what the span of this place says: {said}."""
    with asked_for(request) as it:
        _, value, _ = one_of(request, it)
        if "n" not in request.query_params:
            return Json(spans.tree(value.get("spans")))
        try:
            return Json({"said": spans.one(value.get("spans"), max(0, asked.whole(request, "n", 0)))})
        except IndexError as error:
            raise NotFoundError("The sample has no such span.") from error


def diff(request: Request) -> Response:
    """The messages of samples `a` and `b`, word by word.

    {a, b: what /samples tells of each, messages: [{a, b: roles, or null, parts: [[=, - or +, text]]}], more: how many
    there are besides}.
    """
    with asked_for(request) as it:
        (place_a, a, _), (place_b, b, _) = (one_of(request, it, name) for name in ("a", "b"))
        about = {"a": sample(it, place_a, a), "b": sample(it, place_b, b)}
        sides = [conversation.messages(value) for value in (a, b)]
    found = []
    for number in range(min(max(map(len, sides)), _MOST_COMPARED)):
        pair = [side[number] if number < len(side) else None for side in sides]
        texts = ["" if one is None else conversation.text_of(one)[: conversation.MOST_TEXT] for one in pair]
        roles = [None if one is None else conversation.told(one)["role"] for one in pair]
        found.append({"a": roles[0], "b": roles[1], "parts": differences(*texts)})
    return Json(about | {"messages": found, "more": max(map(len, sides)) - len(found)})


ROUTES = [
    Route("/runs/{run}/rollouts/one", one),
    Route("/runs/{run}/rollouts/message", message),
    Route("/runs/{run}/rollouts/spans", waterfall),
    Route("/runs/{run}/rollouts/diff", diff),
]
