"""One WebSocket, and the operations that run on it."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import ExitStack
from typing import Any

import orjson
from starlette.types import Send

from graph.auth.identity import Identity
from graph.auth.session import SESSION_COOKIE
from graph.context import Context, Sender
from graph.http.live_sink import error_result, start_subscription
from graph.http.outbox import Outbox
from graph.http.request import HttpRequest
from graph.http.request_parameters import read_parameters
from graph.http.responses import failure_response
from graph.http.shutdown import on_shutdown
from graph.http.socket_messages import Closing, SocketMessages, SocketParts
from graph.http.socket_operation import SocketOperation, framed
from graph.http.watch import timed_out
from graph.kit.errors import RateLimited, Unauthenticated
from graph.operations.operation_cost import REQUEST_COST
from graph.operations.requests import WEBSOCKET, OperationResult

PROTOCOL = "graphql-transport-ws"
#: Characters of the longest ID of an operation, and bytes of a reason to close.
MAX_ID_LENGTH, MAX_REASON = 200, 120

logger = logging.getLogger("taskloom.http")


class WebSocketConnection:
    """One socket, and the operations that run on it."""

    __slots__ = (
        "_address",
        "_authorization",
        "_closing",
        "_cookie",
        "_counted",
        "_identity",
        "_messages",
        "_parts",
        "_scope",
        "_send",
        "_user_agent",
        "is_closed",
        "operations",
        "outbox",
    )

    def __init__(
        self, parts: SocketParts, request: HttpRequest, send: Send, counted: ExitStack
    ) -> None:
        self._parts = parts
        self._scope = request.scope
        self._messages = SocketMessages(request.receive, request.address, parts)
        self._send = send
        self._counted = counted
        self._address = request.address
        self._user_agent = request.headers.get("user-agent")
        self._authorization = request.headers.get("authorization")
        self._cookie = request.cookies.get(SESSION_COOKIE)
        #: Who it belongs to, once the client has sent `connection_init`.
        self._identity: Identity | None = None
        #: The operations that run, by their IDs.
        self.operations: dict[str, SocketOperation] = {}
        #: What closes the socket from outside of its own task.
        self._closing: asyncio.Task[None] | None = None
        self.outbox = Outbox(self._write, parts.settings.max_unsent_size)
        self.is_closed = False

    async def run(self) -> None:
        """Serve the socket until it is closed."""
        try:
            await self._open()
            while (message := await self._messages.next()) is not None:
                await self._handle(message)
        except Closing as closing:
            # If it is being closed already, that has another reason.
            await asyncio.wait([self._start_closing(self._close(closing.code, closing.reason))])
        except OSError:
            pass  # The client has gone.
        except Exception as error:  # noqa: BLE001 - answered, and logged with its ID
            failure_response(error)
            await self._close(4500, "Internal error. See the server's log.")
        finally:
            self._end()

    # Opening

    async def _open(self) -> None:
        await self._messages.receive()
        accept: dict[str, Any] = {"type": "websocket.accept"}
        offered = self._scope["subprotocols"]
        if PROTOCOL in offered:
            accept["subprotocol"] = PROTOCOL
        await self._send(accept)
        if PROTOCOL not in offered:
            raise Closing(4406, f"Offer the subprotocol {PROTOCOL}.")
        on_shutdown(self._scope, self._shut_down)
        try:
            async with asyncio.timeout(self._parts.settings.socket_init_timeout):
                message = await self._first()
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None
        if message is None:
            raise ConnectionResetError
        if message.get("type") != "connection_init":
            raise Closing(4401, "Unauthorized: send `connection_init` first.")
        await self._authenticate(message.get("payload"))
        self._put({"type": "connection_ack"})

    async def _first(self) -> dict[str, Any] | None:
        """Return the first message besides pings, which clients may send at any time."""
        while (message := await self._messages.next()) is not None:
            if message.get("type") not in ("ping", "pong"):
                return message
            await self._handle(message)
        return None

    async def _authenticate(self, payload: Any) -> None:
        parts = self._parts
        authorization = authorization_of(payload) or self._authorization
        cookie = None if authorization else self._cookie
        try:
            identity = await parts.authenticator.authenticate(authorization, cookie, self._address)
            self._counted.enter_context(parts.sockets.of_user(identity.viewer.user_id))
        except Unauthenticated as error:
            raise Closing(4401, error.message) from None
        except RateLimited as error:
            raise Closing(4429, error.message) from None
        self._identity = self._messages.identity = identity
        self._authorization = self._cookie = None

    # Messages

    async def _handle(self, message: Mapping[str, Any]) -> None:
        kind = message.get("type")
        if kind == "subscribe":
            self._subscribe(message)
        elif kind == "complete":
            self._complete(message.get("id"))
        elif kind == "ping":
            self._put({"type": "pong"})
        elif kind == "pong":
            pass
        elif kind == "connection_init":
            raise Closing(4429, "Too many initialisation requests")
        else:
            raise Closing(4400, "The message has no `type` of the protocol.")

    def _subscribe(self, message: Mapping[str, Any]) -> None:
        key, payload = message.get("id"), message.get("payload")
        if not isinstance(key, str) or not 0 < len(key) <= MAX_ID_LENGTH:
            raise Closing(4400, f"`id` must be a string of at most {MAX_ID_LENGTH} characters.")
        if not isinstance(payload, dict):
            raise Closing(4400, "`payload` must be an object with a `query`.")
        if key in self.operations:
            raise Closing(4409, f"Subscriber for {key} already exists")
        if self._closing is not None:
            return
        most = self._parts.settings.max_subscriptions_per_socket
        if len(self.operations) >= most:
            raise Closing(4429, f"At most {most} operations run at once on one WebSocket.")
        operation = self.operations[key] = SocketOperation(self, key)
        operation.task = asyncio.get_running_loop().create_task(self._operate(operation, payload))

    def _complete(self, key: Any) -> None:
        """End an operation. The client may say so of one that has just ended."""
        operation = self.operations.pop(key, None) if isinstance(key, str) else None
        if operation is not None:
            operation.stop()

    async def _operate(self, operation: "SocketOperation", payload: dict[str, Any]) -> None:
        """Run an operation, and start it if it is a subscription."""
        try:
            # The client reads what was sent before anything else is executed for it.
            await self.outbox.wait_empty()
            result, context = await self._run(payload)
            if result.subscription is None:
                self.answer(operation, result)
            elif operation.is_current:
                operation.subscriber = start_subscription(
                    self._parts.server, result.subscription, context, operation
                )
        except Unauthenticated as error:
            self.close_soon(4403, error.message)
        except Exception as error:  # noqa: BLE001 - answered, and logged with its ID
            self.answer(operation, error_result(error))
        finally:
            operation.task = None
            if operation.subscriber is None or operation.subscriber.is_ended:
                self.forget(operation)

    async def _run(self, payload: dict[str, Any]) -> tuple[OperationResult, Context]:
        parts = self._parts
        assert self._identity is not None
        identity = self._identity = await self._identity.refreshed()
        context = Context(parts.server, identity, Sender(self._address, self._user_agent))
        await context.charge(REQUEST_COST)
        request = read_parameters(payload, parts.settings, WEBSOCKET)
        seconds = parts.settings.request_timeout
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                return await parts.runner.run(context, request), context
        except TimeoutError:
            if limit.expired():
                raise timed_out(seconds) from None
            raise

    # Answers

    def answer(self, operation: "SocketOperation", result: OperationResult) -> None:
        """Send the result of an operation that has ended."""
        if not operation.is_current or self.is_closed:
            return
        key = operation.key
        if result.data is None:
            errors = orjson.dumps([error.formatted for error in result.errors])
            self.outbox.put(framed(key, b"error", errors))
        else:
            self.outbox.put(framed(key, b"next", result.body()))
            self._put({"id": key, "type": "complete"})

    def forget(self, operation: "SocketOperation") -> None:
        if operation.is_current:
            del self.operations[operation.key]

    def _put(self, message: dict[str, Any]) -> None:
        self.outbox.put(orjson.dumps(message))

    async def _write(self, message: bytes) -> None:
        await self._send({"type": "websocket.send", "text": message.decode()})

    # Closing

    async def _close(self, code: int, reason: str) -> None:
        if self.is_closed:
            return
        self.is_closed = True
        for operation in self.operations.values():
            operation.end_subscription()
        # What was put before is sent first.
        await self.outbox.wait_empty()
        if self.outbox.is_broken:
            return
        shown = reason.encode()[:MAX_REASON].decode(errors="ignore")
        try:
            await self._send({"type": "websocket.close", "code": code, "reason": shown})
        except (OSError, RuntimeError) as error:
            # The client has closed it at the same moment.
            logger.debug("the socket could not be closed: %s", error)

    def _shut_down(self) -> None:
        """End subscriptions, let requests in flight be answered, and close the socket."""
        self._start_closing(self._close_for_restart())

    async def _close_for_restart(self) -> None:
        for operation in self.operations.values():
            operation.end_subscription()
        answering = [one.task for one in self.operations.values() if one.task is not None]
        if answering:
            await asyncio.wait(answering)
        await self._close(1012, "The server is restarting: reconnect, and resume subscriptions.")

    def close_soon(self, code: int, reason: str) -> None:
        """Close the socket, from outside of its own task."""
        self._start_closing(self._close(code, reason))

    def _start_closing(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(work)
        else:
            work.close()
        return self._closing

    def _end(self) -> None:
        """Stop everything that runs on the socket."""
        self.is_closed = True
        if self._closing is not None:
            self._closing.cancel()
        operations, self.operations = self.operations, {}
        for operation in operations.values():
            operation.stop()
        self.outbox.close()


def authorization_of(payload: Any) -> str | None:
    """Return the `Authorization` of a payload, or of its `headers`, in any case."""
    if not isinstance(payload, dict):
        return None
    for place in (payload, payload.get("headers")):
        if isinstance(place, dict):
            for name, value in place.items():
                if name.lower() == "authorization" and isinstance(value, str) and value:
                    return value
    return None
