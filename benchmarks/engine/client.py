"""A load client: HTTP/1.1 over connections that are kept alive, one request at a time on each.

It does as little per request as Python allows, so that the server is the bottleneck. The report
shows its share of the CPU.
"""

import asyncio
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

_END_OF_HEAD = b"\r\n\r\n"
#: Seconds to wait for the last responses of a round.
_PATIENCE = 90
_LENGTH = b"\r\ncontent-length:"

#: Makes the body of a request, from the number of the client and of its request.
MakeBody = Callable[[int, int], bytes]
#: Whether the body of a response is right.
Check = Callable[[bytes], bool]


class LoadError(Exception):
    """A server answered wrongly, or not at all."""


@dataclass
class Load:
    """The requests of one round."""

    #: The time of each request, in seconds.
    latencies: list[float] = field(default_factory=list)
    #: From the first request to the last response, in seconds.
    elapsed: float = 0
    #: CPU time of this process, in seconds.
    client_cpu: float = 0


class _Connection(asyncio.Protocol):
    """A connection that sends the next request as soon as it has a response."""

    def __init__(self, head: bytes, make_body: MakeBody, check: Check, number: int) -> None:
        self.head = head
        self.make_body = make_body
        self.check = check
        self.number = number
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.sent = 0
        self.end = 0.0
        self._start = 0.0
        self._received = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not inherit from asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def begin(self, end: float) -> None:
        """Send requests until the time `end`; `done` is set after the last response."""
        self.end = end
        self._send()

    def _send(self) -> None:
        body = self.make_body(self.number, self.sent)
        self.sent += 1
        self._start = time.perf_counter()
        self._transport.write(b"%b%d\r\n\r\n%b" % (self.head, len(body), body))

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        head, separator, body = received.partition(_END_OF_HEAD)
        size = _content_length(head) if separator else None
        if not separator or (size is not None and len(body) < size):
            self._received = received
            return
        now = time.perf_counter()
        self._received = b""
        self.latencies.append(now - self._start)
        if size is None or not head.startswith(b"HTTP/1.1 200") or not self.check(body):
            self._fail(f"{head.splitlines()[0].decode()} {body[:500].decode(errors='replace')}")
        elif now < self.end:
            self._send()
        else:
            self._transport.close()
            self.done.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail("the server closed the connection")

    def _fail(self, reason: str) -> None:
        self._transport.close()
        if not self.done.done():
            self.done.set_exception(LoadError(reason))


def _content_length(head: bytes) -> int | None:
    lowered = head.lower()
    start = lowered.find(_LENGTH)
    if start < 0:
        return None
    start += len(_LENGTH)
    end = lowered.find(b"\r\n", start)
    return int(lowered[start:] if end < 0 else lowered[start:end])


def request_head(port: int, path: str, token: str | None) -> bytes:
    """The head of a POST request up to the value of its Content-Length."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json"]
    lines.append("Accept: application/json")
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return ("\r\n".join(lines) + "\r\nContent-Length: ").encode()


async def run_load(
    port: int, head: bytes, make_body: MakeBody, check: Check, clients: int, seconds: float
) -> Load:
    """Send requests on `clients` connections for some seconds, and wait for all responses.

    Each client sends at least one request. Raise `LoadError` if a response is not right.
    """
    loop = asyncio.get_running_loop()
    connections = [
        (
            await loop.create_connection(
                lambda number=number: _Connection(head, make_body, check, number),  # type: ignore[misc]
                "127.0.0.1",
                port,
            )
        )[1]
        for number in range(clients)
    ]
    load = Load()
    gc.disable()
    start, cpu = time.perf_counter(), time.process_time()
    try:
        for connection in connections:
            connection.begin(start + seconds)
        async with asyncio.timeout(seconds + _PATIENCE):
            await asyncio.gather(*(connection.done for connection in connections))
    except TimeoutError:
        raise LoadError(f"no answer within {_PATIENCE} s") from None
    finally:
        gc.enable()
        # What the imports left is not looked through again.
        gc.freeze()
    load.elapsed, load.client_cpu = time.perf_counter() - start, time.process_time() - cpu
    for connection in connections:
        load.latencies += connection.latencies
    return load
