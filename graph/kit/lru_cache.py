"""A least-recently-used cache, bounded by the number of its entries and by their total size."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LRUCache(Generic[K, V]):
    """Holds up to `count` entries, and if `total` is given up to that much by their `size`."""

    def __init__(
        self, count: int, total: int | None = None, size: Callable[[V], int] | None = None
    ) -> None:
        self.count = count
        self.total = total
        self._size = size
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._used = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """Return the entry and mark it as the most recently used; None if it is not cached."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> None:
        """Store an entry, evicting the least recently used ones to stay within the bounds.

        An entry that alone exceeds `total` is not stored, and evicts no other.
        """
        self.drop(key)
        if self.total is not None and self._size_of(value) > self.total:
            return
        self._entries[key] = value
        self._used += self._size_of(value)
        while len(self._entries) > self.count or self._is_full():
            self.drop(next(iter(self._entries)))

    def _is_full(self) -> bool:
        return self.total is not None and self._used > self.total

    def _size_of(self, value: V) -> int:
        return self._size(value) if self._size is not None else 0

    def drop(self, key: K) -> None:
        """Remove an entry, if it is cached."""
        if key in self._entries:
            self._used -= self._size_of(self._entries.pop(key))
