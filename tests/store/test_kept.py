"""What is kept in memory as far as there is room."""

from runid.store.kept import Kept


def test_what_was_not_asked_for_longest_goes() -> None:
    kept: Kept[str] = Kept(10)
    kept.put("a", "first", 4)
    kept.put("b", "second", 4)
    assert kept.get("a") == "first"
    kept.put("c", "third", 4)
    assert [kept.get(key) for key in "abc"] == ["first", None, "third"]
    kept.put("a", "larger", 6)
    assert (kept.get("a"), kept.get("c")) == ("larger", "third")
    kept.put("d", "too large", 11)
    assert [kept.get(key) for key in "acd"] == [None, None, None]
