"""What is told of a conversation in short, so that thousands of them are listed without being read.

    facts   {prompt: its text, shortened, prompt_id: 16 hex, alike for equal prompts, rewards: {name: number}, length,
             unit: "tokens" or "characters", messages: how many, spans: how many, advantage, truncated}

The prompt of one that has none is all before the first answer. The length is that of the answers: in tokens where a
message has `tokens` or OpenAI's `logprobs`. It was `truncated` where it says so, or an answer's `finish_reason` is
"length". `advantage` and `truncated` are left out where nothing tells them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

ANSWERING = "assistant"
SHORT = 200
"""Characters of a text in short."""

_TOTALS = ("total", "reward")
_WORDS = ("reward", "score")
_MOST_REWARDS = 50

Value = dict[str, Any]


def facts(value: Value) -> Value:
    """What is told of a conversation in short; of one of any shape."""
    messages = _messages(value)
    metadata = _mapping(value.get("metadata"))
    prompt = value["prompt"] if value.get("prompt") is not None else before_answer(messages)
    answers = [one for one in messages if one.get("role") == ANSWERING]
    length, unit = _length(answers or ([] if value.get("prompt") is None else messages))
    found = {
        "prompt": short(prompt_text(prompt)),
        "prompt_id": identity(prompt),
        "rewards": rewards(value),
        "length": length,
        "unit": unit,
        "messages": len(messages),
        "spans": len(_listed(value.get("spans"))),
    }
    advantage = number(value.get("advantage", metadata.get("advantage")))
    truncated = value.get("truncated", metadata.get("truncated"))
    if truncated is None:
        reasons = [one["finish_reason"] for one in answers if isinstance(one.get("finish_reason"), str)]
        truncated = "length" in reasons if reasons else None
    found |= {} if advantage is None else {"advantage": advantage}
    return found if truncated is None else found | {"truncated": bool(truncated)}


def rewards(value: Value) -> dict[str, float]:
    """The rewards by name; of a trace those that its metadata tells: numbers that are named a reward or a score."""
    given = value.get("rewards")
    if not isinstance(given, dict):
        metadata = _mapping(value.get("metadata"))
        named = metadata.get("rewards")
        given = named if isinstance(named, dict) else {n: v for n, v in metadata.items() if _is_reward(n)}
    numbers = ((name, number(one)) for name, one in given.items())
    return {name: one for name, one in list(numbers)[:_MOST_REWARDS] if one is not None}


def total(given: dict[str, float]) -> float | None:
    """What a rollout was worth: the reward that is called total, or reward, else the sum of all; None without any."""
    for name in _TOTALS:
        if name in given:
            return given[name]
    return sum(given.values()) if given else None


def number(value: Any) -> float | None:
    """The number that a value is or, of NaN and infinities, that its text tells."""
    if isinstance(value, bool | int | float):
        return float(value)
    return float(value) if value in ("NaN", "Infinity", "-Infinity") else None


def content_text(content: Any) -> str:
    """What a message says, as text: of parts those that are text, and in short what the others are."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, list):
        return "\n".join(map(_part_text, content))
    if isinstance(content, dict) and isinstance(content.get("content"), str):
        return str(content["content"])
    return as_text(content)


def prompt_text(prompt: Any) -> str:
    """A prompt as text: of messages the last one of the user."""
    if isinstance(prompt, list) and all(isinstance(one, dict) for one in prompt):
        users = [one for one in prompt if one.get("role") == "user"]
        return content_text((users or prompt or [{}])[-1].get("content"))
    return content_text(prompt)


def prompt_of(value: Value) -> str:
    """What was asked, as text; of a conversation without a prompt what stands before the first answer."""
    prompt = value.get("prompt")
    return prompt_text(before_answer(_messages(value)) if prompt is None else prompt)


def before_answer(messages: Iterable[Value]) -> list[Value]:
    """The messages before the first answer."""
    found = []
    for one in messages:
        if one.get("role") == ANSWERING:
            break
        found.append(one)
    return found


def answer_text(value: Value) -> str:
    """The last answer of a conversation, or else what was said last."""
    messages = _messages(value)
    answers = [one for one in messages if one.get("role") == ANSWERING]
    return content_text((answers or messages or [{}])[-1].get("content"))


def whole_text(value: Value) -> str:
    """All that is said in a conversation, one message after the other."""
    said = [content_text(one.get("content")) for one in _messages(value)]
    prompt = value.get("prompt")
    return "\n".join(said if prompt is None else [prompt_text(prompt), *said])


def identity(prompt: Any) -> str:
    """16 hex digits that are the same for equal prompts."""
    return hashlib.blake2b(as_text(prompt).encode(errors="replace"), digest_size=8).hexdigest()


def tokens(message: Value) -> list[Value]:
    """The tokens of a message, each {token, logprob, advantage} as far as it is known; none where none are told.

    They are OpenAI's `logprobs: {content: [{token, logprob}]}`, or lists: `tokens`, and beside it `logprobs` and
    `advantages`.
    """
    told = message.get("logprobs")
    if isinstance(told, dict):
        listed = [one for one in _listed(told.get("content")) if isinstance(one, dict)]
        return [{"token": content_text(one.get("token")), "logprob": number(one.get("logprob"))} for one in listed]
    texts = _listed(message.get("tokens"))
    found: list[Value] = [{"token": as_text(one)} for one in texts]
    for name, values in (("logprob", told), ("advantage", message.get("advantages"))):
        for one, value in zip(found, _listed(values), strict=False):
            one[name] = number(value)
    return found


def as_text(value: Any, indented: bool = False) -> str:
    """A text as it is, and any other value as JSON; "…" for what is too deep for that."""
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 if indented else 0).decode()
    except TypeError:
        return "…"


def short(text: str) -> str:
    """The beginning of a text, in one line."""
    line = " ".join(text[: 4 * SHORT].split())
    return line if len(line) <= SHORT else line[: SHORT - 1] + "…"


def _length(messages: list[Value]) -> tuple[int, str]:
    counts = [_token_count(one) for one in messages]
    if any(counts):
        return sum(counts), "tokens"
    return sum(len(content_text(one.get("content"))) for one in messages), "characters"


def _token_count(message: Value) -> int:
    told = message.get("logprobs")
    return len(_listed(told.get("content") if isinstance(told, dict) else message.get("tokens")))


def _part_text(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict):
        return part["text"] if isinstance(part.get("text"), str) else f"[{part.get('type', 'part')}]"
    return as_text(part)


def _messages(value: Value) -> list[Value]:
    return [one for one in _listed(value.get("messages")) if isinstance(one, dict)]


def _is_reward(name: str) -> bool:
    return any(word in name.lower() for word in _WORDS)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Value:
    return value if isinstance(value, dict) else {}
