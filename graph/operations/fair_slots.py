"""Slots that callers share fairly: each has a share, and they take turns."""

import asyncio
from collections import Counter, deque

from graph.kit.errors import RateLimited


class FairSlots:
    """Limits how many slots are taken, in all and by each caller.

    No caller takes more than their share. Waiting callers take turns. If `most_waiting` is given,
    so many operations of one caller wait at most, and further ones are refused.
    """

    def __init__(self, total: int, share: int, most_waiting: int | None = None) -> None:
        self._free = total
        self._share = share
        self._most_waiting = most_waiting
        self._taken: Counter[str] = Counter()
        #: The waiting callers, in the order of their turns.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def slot(self, caller: str) -> "Slot":
        """Return a slot to be taken by `async with`, which waits until one is free for the caller.

        Entering it raises `RateLimited` if too many of the caller are waiting.
        """
        return Slot(self, caller)

    async def take(self, caller: str) -> None:
        waiting = len(self._waiting.get(caller, ()))
        if self._most_waiting is not None and waiting >= self._most_waiting:
            raise RateLimited(f"{waiting} operations of yours are waiting. Send fewer at once.", 1)
        if self._free and self._taken[caller] < self._share:
            # Nobody who waits could have it: `_grant` would have given it to them.
            self._free -= 1
            self._taken[caller] += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(caller, deque()).append(turn)
        self._grant()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(caller, turn)
            else:
                # It was granted at the same moment.
                self.release(caller)
            raise

    def _forget(self, caller: str, turn: "asyncio.Future[None]") -> None:
        turns = self._waiting.get(caller)
        if turns is None or turn not in turns:
            return
        turns.remove(turn)
        if not turns:
            del self._waiting[caller]

    def release(self, caller: str) -> None:
        self._free += 1
        self._taken[caller] -= 1
        if not self._taken[caller]:
            del self._taken[caller]
        self._grant()

    def _grant(self) -> None:
        """Give free slots to the callers that wait, in turn."""
        while self._free:
            caller = next((name for name in self._waiting if self._taken[name] < self._share), None)
            if caller is None:
                return
            turns = self._waiting.pop(caller)
            # Those that were canceled, and whose tasks have not run since, lose nobody's turn.
            while turns and turns[0].done():
                turns.popleft()
            if not turns:
                continue
            self._free -= 1
            self._taken[caller] += 1
            turns.popleft().set_result(None)
            if turns:
                # Behind the other callers.
                self._waiting[caller] = turns


class Slot:
    """A slot that is held during an `async with` block."""

    __slots__ = ("_caller", "_slots")

    def __init__(self, slots: FairSlots, caller: str) -> None:
        self._slots, self._caller = slots, caller

    async def __aenter__(self) -> None:
        await self._slots.take(self._caller)

    async def __aexit__(self, *_: object) -> None:
        self._slots.release(self._caller)
