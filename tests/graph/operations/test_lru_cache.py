"""What was asked for lately is kept."""

from graph.operations.lru_cache import LRUCache


def test_least_recently_used_entry_is_evicted() -> None:
    kept: LRUCache[str, int] = LRUCache(2)
    for number, name in enumerate("abc"):
        kept.put(name, number)
        assert kept.get("a") == 0
    assert [kept.get(name) for name in "abc"] == [0, None, 2]
    assert len(kept) == 2


def test_total_size_is_bounded() -> None:
    kept: LRUCache[str, str] = LRUCache(10, 6, len)
    for text in ("one", "two", "three"):
        kept.put(text, text)
    assert [kept.get(text) for text in ("one", "two", "three")] == [None, None, "three"]
    kept.put("three", "3")
    kept.put("four", "four")
    assert [kept.get(text) for text in ("three", "four")] == ["3", "four"]
    kept.put("far too long", "far too long")
    assert len(kept) == 0
