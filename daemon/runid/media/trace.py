"""Traces: JSON files, of conversations that are too large for an event. The job "trace" makes them of msgpack.

    ask: {file: media/<name>.json, format: json, source: {kind: "msgpack"}}
    of a trace      {messages: [{role, content, …}], metadata: {} or null, spans: [{}] or null}
    of a rollout    {prompt, messages: [{role, content, …}], rewards: {name: number}}, and id, advantage and
                    truncated where they are given

A smaller one is the same as the value of its line in objects/. NaN and infinities are the texts "NaN", "Infinity" and
"-Infinity" in both. The line of one with a file has `messages`, how many there are, and `facts` (see
runid.media.rollout): so who lists rollouts opens no file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgpack

from runid.media import making, rollout
from runid.store import files

if TYPE_CHECKING:
    from runid.jobs.worker import Job, Tell


def encode(job: Job, tell: Tell) -> Job:  # noqa: ARG001  it is over too soon to tell of
    """Makes the file. Raises OSError, FormatError, ValueError."""

    def written(source: Path) -> Path:
        text = files.dumps(msgpack.unpackb(source.read_bytes()))
        return making.written(source, lambda file: file.write(text.encode()))

    made = making.make(job, written)
    found = read(made)
    return {"messages": len(found["messages"]), "facts": rollout.facts(found)}


def read(path: Path) -> dict[str, Any]:
    """The trace in a file. Raises OSError, ValueError."""
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found
