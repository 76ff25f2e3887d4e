"""A client with thousands of WebSockets, which does as little per message as Python allows."""

import asyncio
import base64
import os
import time
from collections.abc import Callable
from typing import cast

import orjson

#: Sockets that are opened at once.
_OPENED_AT_ONCE = 50
_ACK, _NEXT = b'"connection_ack"', b'"type":"next"'


class SocketError(Exception):
    """A server has refused a socket or a subscription."""


class Arrivals:
    """When a change has arrived at each of the sockets."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.errors: list[bytes] = []
        self._expected = 0
        self._all = asyncio.Event()

    def expect(self, count: int) -> None:
        self.times, self._expected = [], count
        self._all.clear()

    def note(self) -> None:
        self.times.append(time.perf_counter())
        if len(self.times) >= self._expected:
            self._all.set()

    def fail(self, message: bytes) -> None:
        self.errors.append(message)
        self._all.set()

    async def wait(self, seconds: float) -> None:
        """Wait until the change has arrived everywhere."""
        async with asyncio.timeout(seconds):
            await self._all.wait()
        if self.errors:
            raise SocketError(self.errors[0][:300])


class _Socket(asyncio.Protocol):
    def __init__(self, token: str, subscribe: bytes, arrivals: Arrivals) -> None:
        self.token = token
        self.subscribe = subscribe
        self.arrivals = arrivals
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._received = b""
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
            f"Authorization: Bearer {self.token}\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(SocketError("the server has closed a socket"))

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_open:
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head:
                self.ready.set_exception(SocketError(head.decode(errors="replace")[:300]))
                return
            self._is_open, self._received = True, rest
            self._send(b'{"type":"connection_init"}')
        while (message := self._next()) is not None:
            self._handle(message)

    def _next(self) -> bytes | None:
        """Return the payload of the next whole frame; the server's frames are not masked."""
        data = self._received
        if len(data) < 2:
            return None
        length, start = data[1] & 127, 2
        if length == 126:
            length, start = int.from_bytes(data[2:4]), 4
        elif length == 127:
            length, start = int.from_bytes(data[2:10]), 10
        if len(data) < start + length:
            return None
        self._received = data[start + length :]
        if data[0] & 15 == 9:
            self._send(data[start : start + length], opcode=10)
            return b""
        return data[start : start + length]

    def _handle(self, message: bytes) -> None:
        if _NEXT in message:
            self.arrivals.note()
        elif _ACK in message:
            self._send(self.subscribe)
            self.ready.set_result(None)
        elif message:
            self.arrivals.fail(message)

    def _send(self, payload: bytes, opcode: int = 1) -> None:
        length = len(payload)
        if length < 126:
            head = bytes((128 | opcode, 128 | length))
        else:
            head = bytes((128 | opcode, 254)) + length.to_bytes(2)
        # A mask of zeros leaves the payload as it is.
        self.transport.write(head + b"\0\0\0\0" + payload)


async def open_sockets(
    port: int, count: int, token_of: Callable[[int], str], subscription: str, arrivals: Arrivals
) -> list[asyncio.Transport]:
    """Open sockets, each with one subscription; return once the server has accepted them all."""
    loop = asyncio.get_running_loop()
    payload = {"id": "1", "type": "subscribe", "payload": {"query": subscription}}
    subscribe = orjson.dumps(payload)
    gate = asyncio.Semaphore(_OPENED_AT_ONCE)

    async def open_one(number: int) -> asyncio.Transport:
        async with gate:
            _, socket = await loop.create_connection(
                lambda: _Socket(token_of(number), subscribe, arrivals), "127.0.0.1", port
            )
            await socket.ready
            return socket.transport

    return await asyncio.gather(*(open_one(number) for number in range(count)))
