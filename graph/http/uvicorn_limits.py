"""Limits on connections, enforced while uvicorn reads them, before there is a request."""

import logging
from asyncio import BaseTransport, TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from graph.http.access_log import ACCESS_LOG
from graph.http.corked_transport import CorkedTransport

#: Bytes of a request line and its headers, of a chunk's header, or of a chunked body's trailer.
MAX_HEADER_BYTES = 65_536
#: Seconds in which a client must send the whole header of a request.
HEADER_TIMEOUT = 30
#: Seconds in which a client that is slow to read must take at least so many bytes of what is sent.
#: Until then the server keeps its response in memory.
READ_TIMEOUT, MIN_READ_BYTES = 30, 65_536
#: Pipelined requests that may wait for their responses on one connection.
MAX_PIPELINED = 20
HEADER_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class TooManyPipelined(Exception):
    """A client pipelines more requests than allowed; uvicorn closes the connection."""


class LimitedProtocol(HttpToolsProtocol):
    """Closes connections with long or slow headers, too many requests, or unread responses."""

    #: Bytes received since the last complete header or piece of a body.
    unparsed_bytes = 0
    _header_timer: TimerHandle | None = None
    _read_timer: TimerHandle | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Duck-typed: uvicorn calls nothing but `info`.
        self.access_log = self.access_log and self.access_logger.isEnabledFor(logging.INFO)
        self.access_logger = ACCESS_LOG  # type: ignore[assignment]

    def connection_made(self, transport: BaseTransport) -> None:
        # Duck-typed: a transport that sends a response at once.
        super().connection_made(CorkedTransport(transport, self.loop))  # type: ignore[arg-type]
        self._start_header_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_header_timer()
        self._stop_read_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.unparsed_bytes += len(data)
        super().data_received(data)
        if self.unparsed_bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
            self.transport.write(HEADER_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        self._start_header_timer()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self.unparsed_bytes = 0
        self._stop_header_timer()
        super().on_headers_complete()
        if len(self.pipeline) > MAX_PIPELINED:
            raise TooManyPipelined

    def on_body(self, body: bytes) -> None:
        self.unparsed_bytes = 0
        super().on_body(body)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._start_read_timer()

    def resume_writing(self) -> None:
        self._stop_read_timer()
        super().resume_writing()

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

    def _start_header_timer(self) -> None:
        self._stop_header_timer()
        self._header_timer = self.loop.call_later(HEADER_TIMEOUT, self._close)

    def _stop_header_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _close(self, *_: Any) -> None:
        if not self.transport.is_closing():
            self.transport.close()
