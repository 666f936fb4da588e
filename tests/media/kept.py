"""What became of media that a test has logged."""

from typing import Any

from tests.programs import wait

import runicorn as rn


def lines(run: rn.Run, **of: Any) -> list[dict[str, Any]]:
    """The media of a run that is open, as its files tell of them; `of`: key or type."""
    assert run.flush(30.0)
    return rn.Api(run.storage_root).run(str(run.run_dir)).media(**of)


def loaded(run: rn.Run, *media: Any, **of: Any) -> list[Any]:
    """What is read again of values that are logged, each alone under the key "it", as soon as it is there."""
    for medium in media:
        run.log({"it": medium}, **of)
    return [load(run, line) for line in lines(run, key="it")[-len(media) :]]


def load(run: rn.Run, line: dict[str, Any]) -> Any:
    """What a medium holds, as soon as its file is there."""
    if line.get("file"):
        wait(line["path"].exists, f"{line['file']} is not made: {lines(run)}")
    return rn.Api(run.storage_root).run(str(run.run_dir)).load(line)


def told(run: rn.Run, field: str, **of: Any) -> Any:
    """What the worker has found out of the first of these media, once that is told; `error`: why it failed."""
    return wait(lambda: lines(run, **of)[0].get(field), f"no {field} is told of {of}")
