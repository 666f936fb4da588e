"""A conversation as it is sent: the messages of a window, each cut to what a screen can show, whatever was logged."""

from __future__ import annotations

import re
from typing import Any

from runid.media import rollout

MOST_TEXT = 20_000
"""Characters of a message among others; alone it is whole."""

_MOST_TOKENS = 5000
_MOST_MORE = 4000
_MOST_IMAGE = 4 << 20
_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")
_SYSTEM = ("system", "developer")
_SHOWN = {"role", "content", "tool_calls", "logprobs", "tokens", "advantages"}

Value = dict[str, Any]


def messages(value: Value) -> list[Value]:
    """All messages of a conversation; a prompt that stands beside them is the first behind those of the system."""
    listed = value.get("messages")
    said = [one if isinstance(one, dict) else {"content": one} for one in listed] if isinstance(listed, list) else []
    prompt = value.get("prompt")
    if prompt is None:
        return said
    if isinstance(prompt, list) and all(isinstance(one, dict) for one in prompt):
        return said if said[: len(prompt)] == prompt else [*prompt, *said]
    if any(one.get("content") == prompt for one in rollout.before_answer(said)):
        return said
    front = next((at for at, one in enumerate(said) if one.get("role") not in _SYSTEM), len(said))
    return [*said[:front], {"role": "prompt", "content": prompt}, *said[front:]]


def told(message: Value, shaded: bool = False) -> Value:
    """{role, text, size: of the text where it is cut, images: [data: address], calls: [{name, arguments}], more: what
    else it says, as JSON, shades: which of logprob and advantage its tokens have}, and its tokens if `shaded`.
    """
    text, images = _content(message.get("content"))
    tokens = rollout.tokens(message)
    found = {
        "role": _role(message.get("role")),
        "text": text[:MOST_TEXT],
        "size": len(text) if len(text) > MOST_TEXT else None,
        "images": images,
        "calls": _calls(message.get("tool_calls")),
        "more": _more({name: one for name, one in message.items() if name not in _SHOWN}),
        "shades": [name for name in ("advantage", "logprob") if any(one.get(name) is not None for one in tokens)],
    }
    return found | ({"tokens": tokens[:_MOST_TOKENS], "token_count": len(tokens)} if shaded else {})


def text_of(message: Value) -> str:
    """All that a message says."""
    return _content(message.get("content"))[0]


def _role(role: Any) -> str:
    return role[:100] if isinstance(role, str) and role else "message"


def _content(content: Any) -> tuple[str, list[str]]:
    """The text of a message, and its pictures: only those that are part of it, for nothing is fetched."""
    if not isinstance(content, list):
        return rollout.content_text(content), []
    texts, images = [], []
    for part in content:
        address = _address(part)
        if address and len(address) <= _MOST_IMAGE and _IMAGE.fullmatch(address):
            images.append(address)
        else:
            texts.append(f"[image {address[:200]}]" if address else rollout.content_text([part]))
    return "\n".join(texts), images


def _address(part: Any) -> str:
    """The address of a part that is a picture; else nothing."""
    given = part.get("image_url") if isinstance(part, dict) else None
    given = given.get("url") if isinstance(given, dict) else given
    return given if isinstance(given, str) else ""


def _calls(given: Any) -> list[Value]:
    found = []
    for one in given if isinstance(given, list) else []:
        function = one.get("function", one) if isinstance(one, dict) else {}
        function = function if isinstance(function, dict) else {}
        arguments = rollout.content_text(function.get("arguments"))
        found.append({"name": str(function.get("name", "?"))[:200], "arguments": arguments[:MOST_TEXT]})
    return found


def _more(other: Value) -> str | None:
    told = {name: one for name, one in other.items() if one is not None}
    return rollout.as_text(told, indented=True)[:_MOST_MORE] if told else None
