"""Ends the connections of clients that do not read what they are sent.

Until they do, the server keeps it in memory.
"""

from asyncio import AbstractEventLoop, TimerHandle
from typing import Any

#: Seconds in which a client that is slow to read must take at least so many bytes.
READ_TIMEOUT, MIN_READ_BYTES = 30, 65_536


class SlowReaderLimit:
    """To be inherited from by uvicorn's protocols."""

    transport: Any
    loop: AbstractEventLoop
    _read_timer: TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_read_timer()
        super().connection_lost(exc)  # type: ignore[misc]

    def pause_writing(self) -> None:
        super().pause_writing()  # type: ignore[misc]
        self._start_read_timer()

    def resume_writing(self) -> None:
        self._stop_read_timer()
        super().resume_writing()  # type: ignore[misc]

    def _start_read_timer(self) -> None:
        unread = self.transport.get_write_buffer_size()
        self._read_timer = self.loop.call_later(READ_TIMEOUT, self._check_reader, unread)

    def _stop_read_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _check_reader(self, unread_before: int) -> None:
        if unread_before - self.transport.get_write_buffer_size() < MIN_READ_BYTES:
            # Closing would wait until the client has read everything.
            self.transport.abort()
        else:
            self._start_read_timer()
