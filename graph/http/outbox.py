"""What waits for a client to read it, within bounds."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

logger = logging.getLogger("taskloom.http")

#: What a message takes in memory besides its text.
OVERHEAD = 200


class Outbox:
    """Sends messages in their order. While none waits it has no task.

    `write` sends one, and returns once there is room for another. If it raises an `OSError`, the
    client has gone, and what comes after is dropped.
    """

    __slots__ = ("_empty", "_max_size", "_queue", "_size", "_task", "_write", "is_broken")

    def __init__(self, write: Callable[[bytes], Awaitable[None]], max_size: int) -> None:
        self._write = write
        self._max_size = max_size
        self._queue: deque[bytes] | None = None
        self._size = 0
        self._task: asyncio.Task[None] | None = None
        self._empty: asyncio.Event | None = None
        self.is_broken = False

    def offer(self, message: bytes) -> bool:
        """Send a message; return False if too much is waiting. A single message always fits."""
        if self._queue and self._size + len(message) > self._max_size:
            return False
        self.put(message)
        return True

    def put(self, message: bytes) -> None:
        """Send a message, however much is waiting."""
        if self.is_broken:
            return
        if self._queue is None:
            self._queue = deque()
        self._queue.append(message)
        self._size += len(message) + OVERHEAD
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())
            self._task.add_done_callback(self._end)

    async def wait_empty(self) -> None:
        """Wait until nothing is waiting."""
        while self._task is not None:
            if self._empty is None:
                self._empty = asyncio.Event()
            await self._empty.wait()

    def close(self) -> None:
        """Drop what is waiting."""
        self.is_broken = True
        if self._task is not None:
            self._task.cancel()

    async def _drain(self) -> None:
        assert self._queue is not None
        while self._queue:
            # Removed afterwards, so that it counts until it has been sent.
            message = self._queue[0]
            try:
                await self._write(message)
            except OSError:
                self.is_broken = True
                break
            self._queue.popleft()
            self._size -= len(message) + OVERHEAD
        # At once: what is put next needs another task.
        self._finish()

    def _end(self, task: "asyncio.Task[None]") -> None:
        """Clean up after a task that was canceled, perhaps before it began, or that has failed."""
        if self._task is not task:
            return
        self.is_broken = True
        self._finish()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a message could not be sent", exc_info=error)

    def _finish(self) -> None:
        self._task, self._queue, self._size = None, None, 0
        if self._empty is not None:
            self._empty.set()
            self._empty = None
