"""Limits on connections, enforced while uvicorn reads them, before there is a request."""

import logging
from asyncio import BaseTransport, TimerHandle
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from graph.http.access_log import ACCESS_LOG
from graph.http.corked_transport import CorkedTransport
from graph.http.shutdown import shut_down
from graph.http.slow_readers import SlowReaderLimit

#: Bytes of a request line and its headers, of a chunk's header, or of a chunked body's trailer.
MAX_HEADER_BYTES = 65_536
#: Seconds in which a client must send the whole header of a request.
HEADER_TIMEOUT = 30
#: Pipelined requests that may wait for their responses on one connection.
MAX_PIPELINED = 20
HEADER_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class TooManyPipelined(Exception):
    """A client pipelines more requests than allowed; uvicorn closes the connection."""


class LimitedProtocol(SlowReaderLimit, HttpToolsProtocol):
    """Closes connections with long or slow headers, too many requests, or unread responses."""

    #: Bytes received since the last complete header or piece of a body.
    unparsed_bytes = 0
    _header_timer: TimerHandle | None = None

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

    def shutdown(self) -> None:
        super().shutdown()
        if self.cycle is not None and not self.cycle.response_complete:
            shut_down(cast("Any", self.cycle.scope))

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
