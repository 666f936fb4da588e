"""What a run as one HTML file has of its media: some of each key, and sentences on what is not there.

Images, figures and histograms are of steps that lie evenly, the last among them; tables and Markdown of the last step
alone; samples are the best and the worst of the last steps.
"""

from __future__ import annotations

import base64
import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from runicorn.viewer import conversation, heatmap
from runicorn.viewer.answers import as_json
from runicorn.viewer.routes import tables
from runicorn.viewer.routes.blobs import file
from runicorn.viewer.thumbnails import thumbnail
from runid.errors import NotFoundError
from runid.media import rollout
from runid.store import rollout_sums
from runid.store.media_index import MediaIndex, Row, Series
from runid.store.rollout_index import RolloutIndex
from runid.store.rollouts import Places, Rollouts

_STEPS, _OF_STEP, _SIDE = 12, 4, 256
_DETAILS = 800  # pixels of a figure's side, which has words in it
_PICTURES, _ROOM = 8 << 20, 2 << 20  # bytes of all images, and of each other kind
_LONGEST = 50_000  # characters of a text in Markdown
_ROWS, _COLUMNS = 100, 30
_HISTOGRAMS = 60  # steps
_OF_LAST, _SAMPLES = 3, 32  # steps, and samples of them, half of these the best and half the worst
_MESSAGES, _TEXT = 20, 4000  # of a sample, characters of a message

_HERE = ("image", "figure", "markdown", "table", "histogram")

Content = dict[str, Any]


def enclosed(folder: Path, limits: list[str]) -> Content:
    """{pictures, figures, texts, tables, histograms, samples}; what is left out is told in `limits`. Raises OSError."""
    index = MediaIndex(folder)
    index.refresh()
    of = {kind: [one for one in index.series.values() if one.type == kind] for kind in _HERE}
    samples = RolloutIndex(folder)
    samples.refresh()
    told = {
        "pictures": _within(_PICTURES, _pictures(index, of["image"], _SIDE)),
        "figures": _within(_ROOM, _pictures(index, of["figure"], _DETAILS)),
        "texts": _within(_ROOM, _texts(index, of["markdown"])),
        "tables": _within(_ROOM, _tables(index, of["table"])),
        "histograms": _within(_ROOM, (_histogram(index, one) for one in of["histogram"])),
        "samples": _within(_ROOM, _samples(samples)),
    }
    there = Counter({kind: sum(map(len, series)) for kind, series in of.items()})
    shown = sum(len(one["step"]) for one in told["histograms"])
    small = "at most {} pixels wide and high"
    limits += _few(there["image"], len(told["pictures"]), "images", small.format(_SIDE))
    limits += _few(there["figure"], len(told["figures"]), "figures", f"none of Plotly, {small.format(_DETAILS)}")
    said = f"of each key those of its last step, at most {_LONGEST:,} characters of one"
    limits += _few(there["markdown"], len(told["texts"]), "texts in Markdown", said)
    shape = f"of each key the one of its last step, at most {_ROWS} rows and {_COLUMNS} columns of it"
    limits += _few(there["table"], len(told["tables"]), "tables", shape, all(map(_is_whole, told["tables"])))
    limits += _few(there["histogram"], shown, "histograms", "of steps that lie evenly")
    best = f"of each key and stage the best and the worst of the last {_OF_LAST} steps that have some"
    cut = f"{best}, at most {_SAMPLES}, and {_TEXT:,} characters of a message"
    conversations = sum(len(one) for one in samples.of.values() if one.type == "trace")
    limits += _few(conversations, len(told["samples"]), "rollouts and traces", cut)
    limits += _absent(index.series.values())
    return told


def _few(there: int, shown: int, name: str, how: str, whole: bool = True) -> list[str]:
    return (
        []
        if shown == there and whole
        else [f"Of {there:,} {name} {shown:,} {'is' if shown == 1 else 'are'} here, {how}."]
    )


def _is_whole(table: Content) -> bool:
    return bool(table["rows"] <= _ROWS and len(table["columns"]) <= _COLUMNS)


def _absent(series: Iterable[Series]) -> list[str]:
    """A sentence on the types of which nothing is here."""
    counts = Counter[str]()
    for one in series:
        counts[one.type] += len(one)
    found = [f"{kind} ({counts[kind]:,})" for kind in counts if kind not in (*_HERE, "trace")]
    return [f"Not in this file, but in the run: {', '.join(found)}."] if found else []


def _within(room: int, found: Iterable[Content]) -> list[Content]:
    """Those for which there is room behind those before."""
    taken = []
    for one in found:
        size = len(as_json(one))
        if size <= room:
            taken.append(one)
            room -= size
    return taken


def _pictures(index: MediaIndex, series: list[Series], side: int) -> Iterator[Content]:
    for one in series:
        for row in _rows(index, one, _STEPS):
            for medium in row.media:
                if picture := _picture(index.folder, str(medium.get("file")), side):
                    yield {"key": one.key, "step": row.step, "caption": medium.get("caption"), "src": picture}


def _picture(folder: Path, name: str, side: int) -> str | None:
    """An image as a data URL; None where there is none."""
    try:
        path = file(folder, name)
        made = thumbnail(path, side)
        data, kind = made or (path.read_bytes(), f"image/{path.suffix.lstrip('.').lower().replace('jpg', 'jpeg')}")
    except (NotFoundError, OSError, ValueError):
        return None
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _texts(index: MediaIndex, series: list[Series]) -> Iterator[Content]:
    for one in series:
        for row in index.rows(one, len(one.steps) - 1, len(one.steps), _OF_STEP):
            for medium in row.media:
                with contextlib.suppress(NotFoundError, OSError):
                    text = medium.get("value")
                    if medium.get("file"):
                        text = file(index.folder, str(medium["file"])).read_text(errors="replace")
                    yield {"key": one.key, "step": row.step, "text": _cut(str(text), _LONGEST)}


def _tables(index: MediaIndex, series: list[Series]) -> Iterator[Content]:
    for one in series:
        (row,) = index.rows(one, len(one.steps) - 1, len(one.steps), 1)
        try:
            path = file(index.folder, str(row.media[0].get("file")))
            yield {"key": one.key, "step": row.step, **tables.beginning(path, _ROWS, _COLUMNS)}
        except (NotFoundError, OSError, ValueError, pa.ArrowException):
            continue


def _histogram(index: MediaIndex, series: Series) -> Content:
    rows = _rows(index, series, _HISTOGRAMS, 1)
    return {"key": series.key, "steps": len(series.steps)} | heatmap.heatmap(
        [(row.step, row.media[0].get("value")) for row in rows]
    )


def _rows(index: MediaIndex, series: Series, steps: int, most: int = _OF_STEP) -> Iterator[Row]:
    for place in heatmap.places(len(series.steps), steps):
        yield from index.rows(series, place, place + 1, most)


def _samples(index: RolloutIndex) -> Iterator[Content]:
    """Rows of tables are among the tables."""
    for of in index.of.values():
        if of.type == "trace" and len(of):
            for stage in of.stages:
                yield from _of_stage(index, of, stage)


def _of_stage(index: RolloutIndex, of: Rollouts, stage: str | None) -> Iterator[Content]:
    places = _best_and_worst(of, of.of_stage(stage))
    for place, value in zip(places.tolist(), index.values(of, places), strict=True):
        messages = conversation.messages(value)
        said = [conversation.told(message) for message in messages[:_MESSAGES]]
        yield {
            "key": of.key,
            "stage": stage,
            "step": int(of["step"][place]),
            "reward": float(of["total"][place]),
            "rewards": rollout.rewards(value),
            "messages": [{"role": one["role"], "text": _cut(one["text"])} for one in said],
            "more": len(messages) - len(said),
        }


def _best_and_worst(of: Rollouts, places: Places) -> Places:
    """Of the last steps, the best first; of equal ones those of the later step."""
    steps = of["step"][places]
    there = places[np.isin(steps, np.unique(steps)[-_OF_LAST:])]
    newest = there[np.argsort(-of["step"][there], kind="stable")]
    found = rollout_sums.ordered(of, newest, "-reward")
    if len(found) <= _SAMPLES:
        return found
    best, others = found[: _SAMPLES // 2], found[_SAMPLES // 2 :]
    worst = rollout_sums.ordered(of, others, "reward")[: _SAMPLES // 2]
    return np.concatenate([best, worst[::-1]])


def _cut(text: str, most: int = _TEXT) -> str:
    return text if len(text) <= most else text[:most] + " …"
