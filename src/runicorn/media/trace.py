"""Conversations: traces of language models, and rollouts, which have rewards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgpack

from runicorn import pieces
from runicorn.media.medium import Inline, Keep, Medium, Taken
from runicorn.values import Plain, key_text, number, plain


class Trace(Medium):
    """A conversation: {messages, metadata, spans}."""

    kind = "trace"

    def __init__(self, messages: Any, metadata: Any = None, spans: Any = None) -> None:
        """`messages`: a list of mappings {role, content, …} such as OpenAI's; content may be a list of parts.
        `metadata`: a mapping. `spans`: a list of mappings. All become JSON-like; what fits no event becomes a file.
        """
        self.messages, self.metadata, self.spans = messages, metadata, spans

    def taken(self, keep: Keep) -> Taken | Inline:  # noqa: ARG002  there is nothing inside
        return _kept({"messages": self.messages, "metadata": self.metadata, "spans": self.spans})


class Rollout(Medium):
    """A conversation with its rewards: {prompt, messages, rewards: {name: number}}, and, where they are given, id,
    advantage and truncated.
    """

    kind = "trace"

    def __init__(
        self, prompt: Any, messages: Any, rewards: Any, id: Any = None, advantage: Any = None, truncated: Any = None
    ) -> None:
        """As `Run.log_rollout` has them."""
        self.prompt, self.messages, self.rewards = prompt, messages, rewards
        self.id, self.advantage, self.truncated = id, advantage, truncated

    def taken(self, keep: Keep) -> Taken | Inline:  # noqa: ARG002  there is nothing inside
        prompt = self.prompt
        if isinstance(prompt, Mapping) and "content" in prompt:
            prompt = prompt["content"]
        more = {"id": self.id, "advantage": number(self.advantage), "truncated": self._truncated()}
        known = {name: value for name, value in more.items() if value is not None}
        return _kept(known | {"prompt": prompt, "messages": self.messages, "rewards": _rewards(self.rewards)})

    def _truncated(self) -> bool | None:
        return None if self.truncated is None else bool(self.truncated)


def _kept(whole: dict[str, Any]) -> Taken | Inline:
    value = plain(whole)
    assert isinstance(value, dict)
    value["messages"] = _messages(value["messages"])
    packed = msgpack.packb(value)
    return Inline(value) if len(packed) <= pieces.ROOM else Taken([packed], len(packed), "json", {"kind": "msgpack"})


def _messages(given: Plain) -> list[Plain]:
    if isinstance(given, dict):
        return [given]
    if not isinstance(given, list):
        raise ValueError("its messages must be a list of mappings with role and content")
    return [one if isinstance(one, dict) else {"content": one} for one in given]


def _rewards(given: Any) -> dict[str, Any]:
    """Rewards by name, numbers as floats; a number alone is named reward."""
    alone = number(given)
    if alone is not None:
        return {"reward": alone}
    try:
        named = given.items() if isinstance(given, Mapping) else [(one["name"], one["value"]) for one in given]
    except (TypeError, KeyError):
        raise ValueError("its rewards must be {name: number} or a list of {name, value}") from None
    return {key_text(name): value if (found := number(value)) is None else found for name, value in named}
