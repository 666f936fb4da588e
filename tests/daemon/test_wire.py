"""Messages: what is said is heard; whatever else comes is a ProtocolError, or skipped where versions may differ."""

from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.clients import client, until, writer
from tests.conftest import Daemon, Home

import runicorn as rn
from runid import wire
from runid.errors import ProtocolError

KINDS = sorted(wire.Message.__subclasses__(), key=lambda kind: kind.say)
VALUES: dict[str, Any] = {
    "bytes": st.binary(max_size=20),
    "str": st.text(max_size=20),
    "int": st.integers(-(1 << 63), (1 << 63) - 1),
    "bool": st.booleans(),
    "str | None": st.none() | st.text(max_size=5),
    "dict[str, Any]": st.dictionaries(st.text(max_size=5), st.integers(0, 9) | st.lists(st.text(max_size=3))),
}
SPEAKS = "the daemon speaks protocol 1, the training process"
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats()
    | st.text(max_size=9)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.binary(max_size=3), inner),
    max_leaves=6,
)


def messages(kind: type[wire.Message]) -> st.SearchStrategy[wire.Message]:
    return st.builds(kind, **{name: VALUES[annotation] for name, annotation in kind.fields.items()})


EVERY = st.one_of(*map(messages, KINDS))


@given(EVERY)
def test_what_is_said_is_heard(message: wire.Message) -> None:
    assert wire.decode(wire.encode(message)) == message


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_garbage_is_a_protocol_error(frames: list[bytes]) -> None:
    with pytest.raises(ProtocolError):
        wire.decode(frames)


@settings(max_examples=60)
@given(ANYTHING, st.lists(st.binary(max_size=9), max_size=2))
def test_msgpack_that_is_no_message_is_a_protocol_error(value: Any, more: list[bytes]) -> None:
    with pytest.raises(ProtocolError):
        wire.decode([msgpack.packb(value), *more])


@given(EVERY, st.data())
def test_a_frame_that_is_cut_or_damaged_is_a_message_or_a_protocol_error(message: wire.Message, data: Any) -> None:
    frames = wire.encode(message)
    cut = data.draw(st.integers(0, len(frames[0]) - 1))
    with pytest.raises(ProtocolError):
        wire.decode([frames[0][:cut], *frames[1:]])
    damaged = bytearray(frames[0])
    damaged[cut] ^= data.draw(st.integers(1, 255))
    try:
        found = wire.decode([bytes(damaged), *frames[1:]])
    except ProtocolError:
        return
    assert isinstance(found, wire.Message)


@settings(max_examples=40)
@given(EVERY, st.dictionaries(st.text("abc", min_size=1, max_size=3), ANYTHING, max_size=3))
def test_fields_of_a_later_version_are_ignored(message: wire.Message, more: dict[str, Any]) -> None:
    first, *body = wire.encode(message)
    later = {name: value for name, value in more.items() if name not in message.fields}
    assert wire.decode([msgpack.packb(later | msgpack.unpackb(first)), *body]) == message


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.say)
def test_fields_an_earlier_version_does_not_know_have_their_defaults(kind: type[wire.Message]) -> None:
    examples: dict[str, Any] = {"bytes": b"x" * 16, "str": "x", "int": 1}
    required = {name: examples[annotation] for name, annotation in kind.fields.items() if not hasattr(kind, name)}
    body = [b""] if kind is wire.Batch else []
    assert wire.decode([msgpack.packb({"say": kind.say, **required}), *body]) == kind(**required)
    for missing in required:
        fewer = {name: value for name, value in required.items() if name != missing}
        with pytest.raises(ProtocolError, match=f"not whole.* {missing}"):
            wire.decode([msgpack.packb({"say": kind.say, **fewer}), *body])


@given(EVERY, st.data())
def test_a_field_of_the_wrong_type_is_a_protocol_error(message: wire.Message, data: Any) -> None:
    names = [name for name in message.fields if name != "body"]
    if not names:
        return
    name = data.draw(st.sampled_from(names))
    wrong: dict[str, Any] = {
        "bytes": "text",
        "str": b"bytes",
        "int": data.draw(st.sampled_from([True, 1.0, "1", None, 1 << 63])),
        "bool": data.draw(st.sampled_from([1, None, "yes"])),
        "str | None": 1,
        "dict[str, Any]": data.draw(st.sampled_from([[], None, "x"])),
    }
    first, *body = wire.encode(message)
    values = msgpack.unpackb(first) | {name: wrong[message.fields[name]]}
    with pytest.raises(ProtocolError, match=f"The field {name} of a {message.say} message"):
        wire.decode([msgpack.packb(values), *body])


@pytest.mark.parametrize("count", [0, 2, 3, 1000])
def test_a_message_of_too_many_frames_is_refused(count: int) -> None:
    (status,) = wire.encode(wire.Status())
    with pytest.raises(ProtocolError):
        wire.decode([status] * count)


def test_a_batch_is_two_frames() -> None:
    head, body = wire.encode(wire.Batch(1, 2, b"body"))
    for frames in ([head], [head, body, body]):
        with pytest.raises(ProtocolError, match="frames"):
            wire.decode(frames)


@pytest.mark.parametrize(
    ("theirs", "sentence"),
    [
        (0, f"The training process is too old: {SPEAKS} 0. Update runicorn there."),
        (99, f"The daemon is too old: {SPEAKS} 99. Run `runid restart`."),
        (wire.PROTOCOL, ""),
    ],
)
def test_a_protocol_that_does_not_fit_is_a_sentence_that_says_what_to_restart(theirs: int, sentence: str) -> None:
    assert wire.too_old_or_new(theirs) == sentence


def test_a_sender_of_another_protocol_is_refused_and_the_others_are_served(daemon: Daemon, home: Home) -> None:
    run = rn.init("test")
    run.log({"loss": 1.0})
    with writer(home.root) as one, client() as connection:
        for protocol, word in ((99, "runid restart"), (0, "Update runicorn")):
            refused = connection.ask(one.hello(protocol=protocol), wire.Refused)
            assert word in refused.reason
            assert not refused.later
        connection.ask(one.hello(), wire.Welcome)  # the connection itself is good
    run.log({"loss": 2.0})
    run.finish()
    until(lambda: daemon.status()["writers"] <= 1, "those who were refused are counted")
