"""A connection that sends what is written to it at once, instead of piece by piece.

uvicorn writes the headers of a response and its body separately. Each piece would be a system call,
and that takes longer than anything else that the server does for a small request.
"""

import asyncio
from typing import Any

#: Bytes that are kept back at most.
MAX_KEPT = 65_536


class CorkedTransport:
    """Wraps a transport. What is written in one turn of the event loop is sent together."""

    def __init__(self, transport: Any, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._kept: list[bytes] = []
        self._size = 0
        self.is_closing = transport.is_closing
        self.get_extra_info = transport.get_extra_info
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._kept:
            self._loop.call_soon(self.flush)
        self._kept.append(data)
        self._size += len(data)
        if self._size > MAX_KEPT:
            self.flush()

    def flush(self) -> None:
        """Send what has been written, unless the connection has ended meanwhile."""
        kept, self._kept, self._size = self._kept, [], 0
        if kept and not self.is_closing():
            self._transport.write(kept[0] if len(kept) == 1 else b"".join(kept))

    def close(self) -> None:
        self.flush()
        self._transport.close()
