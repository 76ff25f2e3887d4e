"""The recent events of a group, for members that are slower than the group."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable

from graph.live.operation import Event

#: What an event takes besides its body, in bytes.
OVERHEAD = 200


class RecentEvents:
    """Events in their order, of which the oldest are lost when there are too many bytes."""

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._events: list[Event] = []
        self._size = 0
        #: The number of the newest event that is lost.
        self._lost = 0

    def add(self, events: list[Event]) -> None:
        self._events += events
        self._size += sum(len(event.body) + OVERHEAD for event in events)
        count = 0
        while self._size > self._max_size and count < len(self._events):
            self._size -= len(self._events[count].body) + OVERHEAD
            count += 1
        if count:
            self._lost = self._events[count - 1].sequence
            del self._events[:count]

    def clear(self) -> None:
        """Forget all events: nobody is behind."""
        if self._events:
            self._lost = self._events[-1].sequence
            self._events, self._size = [], 0

    def has_lost(self, position: int) -> bool:
        """Whether events after a number are lost."""
        return position < self._lost

    def after(self, position: int) -> Event | None:
        """Return the first event after a number, if there is one yet."""
        place = bisect_right(self._events, position, key=_sequence)
        return self._events[place] if place < len(self._events) else None


class KeptFor:
    """For which users groups keep recent events.

    A user who reads nothing has no more memory than a few groups take, however many subscriptions
    it has.
    """

    def __init__(self, max_groups: int) -> None:
        self._max_groups = max_groups
        self._groups: defaultdict[str, Counter[Hashable]] = defaultdict(Counter)

    def enter(self, caller: str, group: Hashable) -> bool:
        """Note that a member of a group is behind; return False if its user may not have more."""
        groups = self._groups[caller]
        if group not in groups and len(groups) >= self._max_groups:
            return False
        groups[group] += 1
        return True

    def leave(self, caller: str, group: Hashable) -> None:
        """Note that a member is no longer behind."""
        groups = self._groups[caller]
        groups[group] -= 1
        if not groups[group]:
            del groups[group]
        if not groups:
            del self._groups[caller]


def _sequence(event: Event) -> int:
    return event.sequence
