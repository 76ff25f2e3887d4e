"""Server-Sent Events: GraphQL over SSE in its distinct connections mode.

Each operation has a response of its own: `next` events with results, and at last `complete`. The
protocol is that of github.com/enisdenjo/graphql-sse.
"""

import asyncio
from contextlib import ExitStack

from starlette.requests import ClientDisconnect
from starlette.types import Send

from graph.context import Context, Server
from graph.http.live_sink import error_result, start_subscription
from graph.http.open_sockets import OpenSockets
from graph.http.outbox import Outbox
from graph.http.request import HttpRequest
from graph.http.responses import EVENT_STREAM, Header
from graph.http.shutdown import on_shutdown
from graph.kit.errors import ApiError
from graph.live.subscriber import Restarting, Subscriber
from graph.operations.requests import OperationResult
from graph.settings import Settings

#: A comment, which clients ignore. It keeps proxies from closing the connection.
KEEP_ALIVE = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"
#: Proxies must neither change nor hold back events.
HEADERS: list[Header] = [
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"x-accel-buffering", b"no"),
]


class EventStreams:
    """What all event streams share."""

    def __init__(self, server: Server, sockets: OpenSockets, settings: Settings) -> None:
        self.server = server
        self.sockets = sockets
        self.settings = settings


class EventStream:
    """The response to an operation, as a stream of events."""

    def __init__(
        self, streams: EventStreams, request: HttpRequest, context: Context, result: OperationResult
    ) -> None:
        """Raise `RateLimited` if the sender has too many sockets."""
        self._streams = streams
        self._request = request
        self._context = context
        self._result = result
        #: Headers besides those that all responses have.
        self.headers: list[Header] = []
        self._sender: Send | None = None
        self._outbox = Outbox(self._write, streams.settings.max_unsent_size)
        self._subscriber: Subscriber | None = None
        self._ended = asyncio.Event()
        self._counted = ExitStack()
        if result.subscription is not None:
            sockets = streams.sockets
            with ExitStack() as counted:
                counted.enter_context(sockets.of_address(request.address))
                counted.enter_context(sockets.of_user(context.viewer.user_id))
                self._counted = counted.pop_all()

    async def encode(self, accept_encoding: str | None) -> None:
        """Events are not compressed: each would have to be flushed."""

    async def send(self, send: Send, common: list[Header]) -> None:
        """Send events until the subscription ends or the client has gone."""
        self._sender = send
        headers = [*HEADERS, *common, *self.headers]
        try:
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            if self._result.subscription is None:
                self._outbox.put(event(self._result.body()) + COMPLETE)
                await self._outbox.wait_empty()
                await send({"type": "http.response.body", "body": b""})
                return
            await self._stream()
            await send({"type": "http.response.body", "body": b""})
        except (OSError, ClientDisconnect):
            # The client has gone.
            pass
        finally:
            self._counted.close()
            if self._subscriber is not None:
                self._subscriber.stop()
            self._outbox.close()

    async def _stream(self) -> None:
        assert self._result.subscription is not None
        loop = asyncio.get_running_loop()
        # The headers are sent with the first piece of the body.
        self._outbox.put(KEEP_ALIVE)
        try:
            self._subscriber = start_subscription(
                self._streams.server, self._result.subscription, self._context, self
            )
        except Exception as error:  # noqa: BLE001 - told to the client, and logged with its ID
            self.end(error)
        # Only now, because a server that is stopping calls it at once.
        on_shutdown(self._request.scope, self._shut_down)
        # What only the start has needed is not kept.
        self._result = OperationResult(None)
        listener = loop.create_task(self._wait_for_disconnect())
        try:
            while not self._ended.is_set():
                try:
                    async with asyncio.timeout(self._streams.settings.keep_alive):
                        await self._ended.wait()
                except TimeoutError:
                    self._outbox.offer(KEEP_ALIVE)
        finally:
            listener.cancel()
        await self._outbox.wait_empty()

    async def _wait_for_disconnect(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        self._outbox.close()
        self._ended.set()

    async def _write(self, message: bytes) -> None:
        assert self._sender is not None
        await self._sender({"type": "http.response.body", "body": message, "more_body": True})

    def _shut_down(self) -> None:
        if self._subscriber is not None:
            self._subscriber.end(Restarting())

    # As a sink

    def offer(self, body: bytes) -> bool:
        return self._outbox.offer(event(body))

    def put(self, body: bytes) -> None:
        self._outbox.put(event(body))

    async def drained(self) -> None:
        await self._outbox.wait_empty()

    def end(self, error: Exception) -> None:
        """Tell the client why the subscription has ended.

        The stream then is not complete, so that clients reconnect, unless that would be in vain.
        """
        last = event(error_result(error).body())
        if isinstance(error, ApiError) and error.status in (401, 403, 404):
            last += COMPLETE
        self._outbox.put(last)
        self._ended.set()


def event(body: bytes) -> bytes:
    """Return a result as an event. JSON has no line breaks of its own."""
    return b"event: next\ndata: %b\n\n" % body
