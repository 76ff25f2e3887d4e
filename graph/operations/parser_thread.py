"""A thread beside the event loop, for what takes long and waits for nothing."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar
from weakref import WeakValueDictionary

from graph.kit.errors import RateLimited

T = TypeVar("T")


class ParserThread:
    """The thread, so that others are answered meanwhile.

    It rests after each work: however many send large documents, the processor is for others too.
    Each caller has one work in it at a time, so that nobody waits for all of another's.
    """

    #: How much longer it rests than it worked, and the seconds that it rests at most.
    REST: float = 2
    LONGEST = 0.2
    #: How many works of one caller may wait.
    WAITING = 20

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="documents")
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._waiting: Counter[str] = Counter()
        self._rested_at = 0.0

    async def run(self, caller: str, work: Callable[[], T]) -> T:
        """Does some work for a caller, after all that came before."""
        # Kept by those who wait for it.
        turn = self._turns.get(caller)
        if turn is None:
            turn = self._turns[caller] = asyncio.Lock()
        if self._waiting[caller] >= self.WAITING:
            raise RateLimited(
                "You send more new documents at once than are read. Wait a second.", 1
            )
        self._waiting[caller] += 1
        try:
            async with turn:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._thread, self._do, work)
        finally:
            self._waiting[caller] -= 1
            if not self._waiting[caller]:
                del self._waiting[caller]

    def _do(self, work: Callable[[], T]) -> T:
        time.sleep(max(0, self._rested_at - time.monotonic()))
        begun = time.monotonic()
        try:
            return work()
        finally:
            ended = time.monotonic()
            self._rested_at = ended + min(self.LONGEST, self.REST * (ended - begun))


PARSER_THREAD = ParserThread()
