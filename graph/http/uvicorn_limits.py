"""HTTP as uvicorn reads it, with an end to all that comes before it is a request."""

from asyncio import BaseTransport, TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Bytes that the request line and the headers may have, and so what follows a body in pieces.
MAX_HEAD = 65_536
#: Seconds until a head has to be there.
HEAD_TIMEOUT = 30
#: Requests that may be sent before the first of them is answered.
MAX_PIPELINED = 20
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class TooManyPipelined(Exception):
    """More requests wait on a connection than may."""


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection that sends what never becomes a request, or too many at once."""

    #: Bytes since something was whole: a head, or a piece of a body.
    unread = 0
    _patience: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """A client is there, and has some time to say what it wants."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads a piece, and ends the connection where pieces only pile up."""
        self.unread += len(data)
        super().data_received(data)
        if self.unread > MAX_HEAD and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self.unread = 0
        self._wait_no_more()
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED:
            raise TooManyPipelined

    def on_body(self, body: bytes) -> None:
        """A piece of the body is there."""
        self.unread = 0
        super().on_body(body)

    def _wait(self) -> None:
        self._wait_no_more()
        self._patience = self.loop.call_later(HEAD_TIMEOUT, self._give_up)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self, *_: Any) -> None:
        if not self.transport.is_closing():
            self.transport.close()
