"""What was asked for lately is kept; what was asked for longest ago goes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LRUCache(Generic[K, V]):
    """A cache of so many entries, and of so much in all by the size of each."""

    def __init__(
        self, count: int, total: int | None = None, size: Callable[[V], int] | None = None
    ) -> None:
        self.count = count
        self.total = total
        self._size = size
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._filled = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The entry of a key, if it is known; of those kept it will go last."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key]

    def put(self, key: K, value: V) -> None:
        """Keeps an entry, in the place of those that were asked for longest ago."""
        self._drop(key)
        self._entries[key] = value
        self._filled += self._size_of(value)
        while len(self._entries) > self.count or self._is_full():
            self._drop(next(iter(self._entries)))

    def _is_full(self) -> bool:
        return self.total is not None and self._filled > self.total

    def _size_of(self, value: V) -> int:
        return self._size(value) if self._size is not None else 0

    def _drop(self, key: K) -> None:
        if key in self._entries:
            self._filled -= self._size_of(self._entries.pop(key))
