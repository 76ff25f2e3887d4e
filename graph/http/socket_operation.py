"""An operation that runs on a WebSocket."""

import asyncio
from typing import TYPE_CHECKING

import orjson

from graph.http.live_sink import error_result
from graph.kit.errors import Unauthenticated
from graph.live.subscriber import Subscriber

if TYPE_CHECKING:
    from graph.http.websocket_connection import WebSocketConnection


class SocketOperation:
    """An operation that runs on a socket. Of a subscription, it sends the events."""

    __slots__ = ("_connection", "key", "subscriber", "task")

    def __init__(self, connection: "WebSocketConnection", key: str) -> None:
        self._connection = connection
        self.key = key
        #: What starts or answers it.
        self.task: asyncio.Task[None] | None = None
        self.subscriber: Subscriber | None = None

    @property
    def is_current(self) -> bool:
        """Whether it runs, and its ID means no other operation."""
        return self._connection.operations.get(self.key) is self

    def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()
        self.end_subscription()

    def end_subscription(self) -> None:
        if self.subscriber is not None:
            self.subscriber.stop()

    # As a sink

    def offer(self, event: bytes) -> bool:
        return self._connection.outbox.offer(framed(self.key, b"next", event))

    def put(self, event: bytes) -> None:
        self._connection.outbox.put(framed(self.key, b"next", event))

    async def drained(self) -> None:
        await self._connection.outbox.wait_empty()

    def end(self, error: Exception) -> None:
        """Tell the client why a subscription has ended."""
        self._connection.answer(self, error_result(error))
        self._connection.forget(self)
        if isinstance(error, Unauthenticated) and not self._connection.is_closed:
            self._connection.close_soon(4403, error.message)


def framed(key: str, kind: bytes, payload: bytes) -> bytes:
    return b'{"id":%b,"type":"%b","payload":%b}' % (orjson.dumps(key), kind, payload)
