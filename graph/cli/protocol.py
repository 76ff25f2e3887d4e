"""HTTP as uvicorn reads it, with an end to the head of a request."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: Bytes that the request line and the headers may have, and the answer to more.
MAX_HEAD = 65_536
TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose headers do not end: the parser would keep them all in memory."""

    head = 0
    is_in_head = True

    def data_received(self, data: bytes) -> None:
        """Counts what comes before a request's body."""
        if self.is_in_head:
            self.head += len(data)
            # What follows the head in the same piece is counted too: it is no more than a read.
            if self.head > MAX_HEAD and b"\r\n\r\n" not in data:
                self.transport.write(TOO_LARGE)
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Another request of the connection begins."""
        self.head, self.is_in_head = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head has ended."""
        self.is_in_head = False
        super().on_headers_complete()
