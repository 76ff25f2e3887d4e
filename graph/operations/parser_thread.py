"""Threads that parse and render long texts while the event loop answers other requests."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from graph.kit.errors import RateLimited

T = TypeVar("T")


class ComputingThread:
    """Runs jobs that keep a CPU busy in one thread, one job per caller at a time.

    After each job the thread sleeps, because it competes with the event loop for the interpreter:
    however many clients send long documents, other requests get most of the CPU time.
    """

    #: How long the thread sleeps after a job, as a multiple of the job's duration.
    SLEEP_RATIO: float = 2
    #: Seconds that it sleeps at most.
    MAX_SLEEP = 0.2
    #: Jobs that one caller may have in the queue.
    MAX_QUEUED = 20

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        # Each lock is kept alive by the jobs that hold it or wait for it.
        self._locks: WeakValueDictionary[Any, asyncio.Lock] = WeakValueDictionary()
        self._queued: Counter[str] = Counter()
        self._sleeps_until = 0.0

    async def run(self, caller: str, job: Callable[[], T]) -> T:
        """Run a job after the caller's earlier ones; raise `RateLimited` if too many are queued."""
        # A lock belongs to an event loop.
        key = (asyncio.get_running_loop(), caller)
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        if self._queued[caller] >= self.MAX_QUEUED:
            raise RateLimited("Too many long documents at once. Try again in a second.", 1)
        self._queued[caller] += 1
        try:
            async with lock:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._thread, self._run, job)
        finally:
            self._queued[caller] -= 1
            if not self._queued[caller]:
                del self._queued[caller]

    def _run(self, job: Callable[[], T]) -> T:
        time.sleep(max(0, self._sleeps_until - time.monotonic()))
        started = time.monotonic()
        try:
            return job()
        finally:
            finished = time.monotonic()
            duration = finished - started
            self._sleeps_until = finished + min(self.MAX_SLEEP, self.SLEEP_RATIO * duration)


PARSER_THREAD = ComputingThread("documents")
RENDERER_THREAD = ComputingThread("texts")
