"""Clients of subscriptions in this process: WebSockets and event streams without a network."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from graph.app import TaskloomApp
from graph.http.open_sockets import OpenSockets
from graph.http.shutdown import IS_STOPPING

#: Seconds to wait for what must come, and for what must not.
PATIENCE, SILENCE = 10, 0.3

#: Settings with which a few sockets and messages reach the limits.
SOCKET_LIMITS: dict[str, Any] = {
    "poll_interval": 0.2, "socket_init_timeout": 0.3, "max_sockets_per_user": 4,
    "max_sockets_per_address": 5, "max_subscriptions_per_socket": 3, "max_message_size": 20_000,
    "max_unsent_size": 500, "request_timeout": 5,
}  # fmt: skip

CHANGES = """
  subscription ($workspace: String!, $after: Int, $filter: ChangeFilter) {
    changes(workspace: $workspace, after: $after, filter: $filter) { sequence }
  }
"""


def sockets_of(app: TaskloomApp) -> OpenSockets:
    return app.endpoint.streams.sockets


class SocketClosed(Exception):
    """The server has closed the socket."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


class Socket:
    """A WebSocket client of an application in this process."""

    def __init__(self) -> None:
        self.to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        #: Cleared to let the server wait, as if the client did not read.
        self.reads = asyncio.Event()
        self.reads.set()
        self.scope: dict[str, Any] = {}

    async def send(self, **message: Any) -> None:
        await self.send_text(json.dumps(message))

    async def send_text(self, text: str) -> None:
        await self.to_server.put({"type": "websocket.receive", "text": text})

    async def receive(self) -> dict[str, Any]:
        """The next message. Raise `SocketClosed`."""
        async with asyncio.timeout(PATIENCE):
            event = await self.from_server.get()
        if event["type"] == "websocket.close":
            raise SocketClosed(event["code"], event.get("reason", ""))
        message: dict[str, Any] = json.loads(event["text"])
        return message

    async def subscribe(self, key: str = "1", document: str = CHANGES, /, **variables: Any) -> None:
        if document == CHANGES:
            variables = {"workspace": "office"} | variables
        payload = {"query": document, "variables": variables}
        await self.send(id=key, type="subscribe", payload=payload)

    async def changes(self, count: int, key: str = "1") -> list[dict[str, Any]]:
        """The changes of the next messages, which must be events of a subscription."""
        found = []
        for _ in range(count):
            message = await self.receive()
            assert (message["type"], message["id"]) == ("next", key), message
            assert "errors" not in message["payload"], message
            found.append(message["payload"]["data"]["changes"])
        return found

    async def sequences(self, count: int, key: str = "1") -> list[int]:
        return [change["sequence"] for change in await self.changes(count, key)]

    async def error(self, key: str = "1") -> tuple[str, str]:
        """The code and the message of the next message, which must be an error."""
        message = await self.receive()
        assert (message["type"], message["id"]) == ("error", key), message
        [error] = message["payload"]
        return error["extensions"]["code"], error["message"]

    async def closed(self) -> SocketClosed:
        """How the server closes the socket, after messages that are dropped."""
        try:
            while True:
                await self.receive()
        except SocketClosed as closed:
            return closed

    async def is_silent(self) -> bool:
        """Whether nothing comes for a while."""
        await asyncio.sleep(SILENCE)
        return self.from_server.empty()


@asynccontextmanager
async def opened(
    app: FastAPI,
    headers: Mapping[str, str] | None = None,
    subprotocols: tuple[str, ...] = ("graphql-transport-ws",),
    address: str = "127.0.0.1",
) -> AsyncIterator[Socket]:
    """Open a socket, which has not sent anything yet. Raise `SocketClosed` if it is refused."""
    socket = Socket()
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    socket.scope = {
        "type": "websocket",
        "path": "/graphql",
        "root_path": "",
        "scheme": "ws",
        "query_string": b"",
        "headers": [(b"host", b"taskloom.test"), *raw],
        "client": (address, 1),
        "subprotocols": list(subprotocols),
        "extensions": {"websocket.http.response": {}},
    }
    await socket.to_server.put({"type": "websocket.connect"})

    async def send(message: Any) -> None:
        await socket.reads.wait()
        await socket.from_server.put(message)

    serving = asyncio.ensure_future(app(socket.scope, socket.to_server.get, send))
    try:
        async with asyncio.timeout(PATIENCE):
            first = await socket.from_server.get()
        if first["type"] == "websocket.http.response.start":
            body = await socket.from_server.get()
            raise SocketClosed(first["status"], body["body"].decode())
        assert first["type"] == "websocket.accept"
        yield socket
    finally:
        await socket.to_server.put({"type": "websocket.disconnect", "code": 1001})
        socket.reads.set()
        async with asyncio.timeout(PATIENCE):
            await serving


@asynccontextmanager
async def connected(app: FastAPI, token: str | None, **options: Any) -> AsyncIterator[Socket]:
    """Open a socket whose `connection_init` has been acknowledged."""
    async with opened(app, **options) as socket:
        payload = {} if token is None else {"Authorization": f"Bearer {token}"}
        await socket.send(type="connection_init", payload=payload)
        assert await socket.receive() == {"type": "connection_ack"}
        yield socket


class Stream:
    """A client of an event stream of an application in this process."""

    def __init__(self) -> None:
        self.from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.gone = asyncio.Event()
        #: Cleared to let the server wait, as if the client did not read.
        self.reads = asyncio.Event()
        self.reads.set()
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.scope: dict[str, Any] = {}
        self.is_over = False

    async def event(self) -> tuple[str, Any]:
        """The kind and the data of the next event; comments are skipped."""
        while True:
            piece, end, rest = self.body.partition(b"\n\n")
            if not end:
                await self._read()
                continue
            self.body = rest
            if piece == b":":
                continue
            fields = dict(line.split(b":", 1) for line in piece.split(b"\n"))
            data = fields[b"data"].strip()
            return fields[b"event"].strip().decode(), json.loads(data) if data else None

    async def sequences(self, count: int) -> list[int]:
        found = []
        for _ in range(count):
            kind, data = await self.event()
            assert kind == "next", data
            found.append(data["data"]["changes"]["sequence"])
        return found

    async def rest(self) -> bytes:
        """What comes until the response ends."""
        while not self.is_over:
            await self._read()
        return self.body

    async def _read(self) -> None:
        assert not self.is_over, "the response has ended"
        async with asyncio.timeout(PATIENCE):
            message = await self.from_server.get()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message["body"]
            self.is_over = not message.get("more_body", False)


@asynccontextmanager
async def streaming(
    app: FastAPI,
    token: str | None,
    document: str = CHANGES,
    accept: str = "text/event-stream",
    address: str = "127.0.0.1",
    is_stopping: bool = False,
    **variables: Any,
) -> AsyncIterator[Stream]:
    """Send an operation that accepts an event stream; the response has begun.

    The server may be stopped while the operation starts.
    """
    stream = Stream()
    if document == CHANGES:
        variables = {"workspace": "office"} | variables
    body = json.dumps({"query": document, "variables": variables}).encode()
    headers = {"host": "taskloom.test", "accept": accept, "content-type": "application/json"}
    headers["content-length"] = str(len(body))
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    stream.scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": (address, 1),
        IS_STOPPING: is_stopping,
    }
    received = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if received:
            return received.pop()
        await stream.gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        await stream.reads.wait()
        await stream.from_server.put(message)

    serving = asyncio.ensure_future(app(stream.scope, receive, send))
    try:
        await stream._read()
        yield stream
    finally:
        stream.gone.set()
        stream.reads.set()
        async with asyncio.timeout(PATIENCE):
            await serving
