"""What is kept in memory as far as there is room."""

from runid.store.kept import Kept, Room


def test_what_was_not_asked_for_longest_goes() -> None:
    room = Room(10)
    kept: Kept[str] = Kept(len, room)
    kept.put("a", "1234")
    kept.put("b", "1234")
    assert kept.get("a") == "1234"
    kept.put("c", "5678")
    assert [kept.get(key) for key in "abc"] == ["1234", None, "5678"]
    kept.put("a", "larger")
    assert (kept.get("a"), kept.get("c"), room.bytes) == ("larger", "5678", 10)
    kept.put("d", "more than there is room")
    assert [kept.get(key) for key in "acd"] == ["larger", "5678", None]


def test_kinds_share_a_room_and_not_their_keys() -> None:
    room = Room(10)
    texts, numbers = Kept[str](len, room), Kept[bytes](len, room)
    texts.put("a", "12345")
    numbers.put("a", b"678")
    assert (texts.get("a"), numbers.get("a"), room.bytes) == ("12345", b"678", 8)
    numbers.put("b", b"901")
    assert (texts.get("a"), numbers.get("a"), numbers.get("b")) == (None, b"678", b"901")
    room.limit(3)
    assert (numbers.get("a"), numbers.get("b"), room.bytes) == (None, b"901", 3)


def test_what_is_there_is_not_made_again() -> None:
    kept, made = Kept[str](len, Room(10)), []

    def make() -> str:
        made.append("it")
        return "it"

    assert [kept.of("a", make), kept.of("a", make), len(made)] == ["it", "it", 1]
