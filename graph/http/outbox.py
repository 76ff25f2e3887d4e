"""What waits for a client to read it, within bounds."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

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

    async def send(self, message: bytes) -> None:
        """Send a message, and wait until the client has taken what was before it."""
        self.put(message)
        await self.wait_empty()

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
        try:
            while self._queue:
                # Removed afterwards, so that it counts until it has been sent.
                message = self._queue[0]
                await self._write(message)
                self._queue.popleft()
                self._size -= len(message) + OVERHEAD
        except OSError:
            self.is_broken = True
        finally:
            self._task, self._queue, self._size = None, None, 0
            if self._empty is not None:
                self._empty.set()
                self._empty = None
