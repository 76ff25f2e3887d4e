"""Slots that callers share fairly: each has a share, and they take turns."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from graph.kit.errors import RateLimited

#: The most that wait for a slot, of one caller.
MOST_WAITING = 250


class FairSlots:
    """Limits how many slots are taken, in all and by each caller.

    One caller's share is never all of them, however much it asks for. Waiting callers take turns.
    """

    def __init__(self, total: int, share: int, most_waiting: int = MOST_WAITING) -> None:
        self._most_waiting = most_waiting
        self._free = total
        self._share = share
        self._taken: Counter[str] = Counter()
        #: Who waits, in the order of their turns.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def slot(self, caller: str) -> AsyncIterator[None]:
        """Take a slot, waiting until one is free for the caller.

        Raises `RateLimited` if too many of the caller are waiting.
        """
        await self._take(caller)
        try:
            yield
        finally:
            self._release(caller)

    async def _take(self, caller: str) -> None:
        if len(self._waiting.get(caller, ())) >= self._most_waiting:
            raise RateLimited(
                f"{self._most_waiting} operations of yours are waiting. Send fewer at once.", 1
            )
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(caller, deque()).append(turn)
        self._grant()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                # It was granted at the same moment.
                self._release(caller)
            raise

    def _release(self, caller: str) -> None:
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
            turn = turns.popleft()
            if turns:
                # Behind the other callers.
                self._waiting[caller] = turns
            if not turn.done():
                self._free -= 1
                self._taken[caller] += 1
                turn.set_result(None)
