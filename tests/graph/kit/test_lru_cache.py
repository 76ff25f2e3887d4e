"""The least-recently-used cache."""

from graph.kit.lru_cache import LRUCache


def test_least_recently_used_entry_is_evicted() -> None:
    cache: LRUCache[str, int] = LRUCache(2)
    for number, name in enumerate("abc"):
        cache.put(name, number)
        assert cache.get("a") == 0
    assert [cache.get(name) for name in "abc"] == [0, None, 2]
    assert len(cache) == 2


def test_total_size_is_bounded() -> None:
    cache: LRUCache[str, str] = LRUCache(10, 6, len)
    for text in ("one", "two", "three"):
        cache.put(text, text)
    assert [cache.get(text) for text in ("one", "two", "three")] == [None, None, "three"]
    cache.put("three", "3")
    cache.put("four", "four")
    assert [cache.get(text) for text in ("three", "four")] == ["3", "four"]
    cache.put("far too long", "far too long")
    assert [cache.get(text) for text in ("three", "four")] == ["3", "four"]
    assert cache.get("far too long") is None
