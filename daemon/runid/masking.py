"""Secrets, masked by the names they go by and by their shape, in what is captured without the user naming it."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "***"

_WORD_EDGE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NAMED = re.compile(
    r"(?<![a-z])(secrets?|token|pass|passwd|password|pwd|passphrase|credentials?|auth|authorization|bearer|cookie|dsn|"
    r"(api|access|private|auth|account|ssh|license|encryption|signing)[-_.]?key|apikey|pat)(?![a-z])",
    re.IGNORECASE,
)
_KEY = re.compile(r"(?<![a-z])key$", re.IGNORECASE)
_RANDOM = re.compile(r"[\w+=~.-]{16,}")
_SHAPES = re.compile(
    r"(?<=://)(?!git@)[^/\s@]+(?=@)"  # a user, or user and password, of a URL
    r"|(?i:(?<=bearer )|(?<=basic ))\S+"
    r"|\b(?:sk|pk|rk)[-_][\w-]{16,}"  # OpenAI, Anthropic, Stripe
    r"|\b(?:hf|gh[pousr]|github_pat|npm|dckr_pat|r8|gsk|lin_api|wandb_v1)_\w{16,}"
    r"|\b(?:glpat|pypi|nvapi|xox[abeoprs]|dapi)-?[\w-]{16,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bAIza[\w-]{30,}|\bya29\.[\w.-]{16,}"  # Google
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"  # JSON web tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
    r"|(?<![\w/.+-])(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d)[A-Za-z0-9+]{32,}={0,2}(?![\w/.+-])",  # anything random
    re.DOTALL,
)
_LONGEST = 4096


def names_secret(name: str) -> bool:
    """Whether what goes by that name is a secret: api_key, HF_TOKEN, dbPassword; but not max_tokens or tokenizer."""
    return _NAMED.search(_WORD_EDGE.sub("_", name)) is not None


def masked(name: str, value: str) -> str:
    """The value without secrets: a mask where the name says so, else with what looks like one masked; cut if long."""
    looks_random = _KEY.search(_WORD_EDGE.sub("_", name)) is not None and _RANDOM.fullmatch(value) is not None
    if value and (names_secret(name) or looks_random):
        return MASK
    return _SHAPES.sub(MASK, value[:_LONGEST])


def masked_arguments(arguments: Iterable[str]) -> list[str]:
    """A command line without secrets: `--token x`, `--token=x` and `token=x` are masked by name, all by shape."""
    found: list[str] = []
    option = ""
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if option and not argument.startswith("-"):
            found.append(masked(option, argument))
        elif equals:
            found.append(f"{masked('', name)}={masked(name, value)}")
        else:
            found.append(masked("", argument))
        option = argument if argument.startswith("-") and not equals else ""
    return found
