"""Limits on the frames of WebSockets, enforced by uvicorn's protocol."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.frames import CloseCode, Frame, Opcode

from graph.http import uvicorn_websocket
from graph.http.uvicorn_limits import LimitedProtocol
from graph.http.uvicorn_websocket import LimitedWebSocketProtocol


class App:
    """An application that reads messages once it may."""

    def __init__(self) -> None:
        self.may_read = asyncio.Event()
        self.received: list[str] = []
        self.codes: list[int] = []
        self.port = 0
        self.server: uvicorn.Server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await self.may_read.wait()
        while (message := await receive())["type"] == "websocket.receive":
            self.received.append(message["text"])
        self.codes.append(message["code"])


@pytest.fixture
async def app() -> AsyncIterator[App]:
    app = App()
    config = uvicorn.Config(
        app, port=0, http=LimitedProtocol, ws=LimitedWebSocketProtocol, lifespan="off",
        log_level="error", ws_max_size=10_000, ws_per_message_deflate=False,
    )  # fmt: skip
    app.server = uvicorn.Server(config)
    app.server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.ensure_future(app.server.serve())
    while not app.server.started:
        await asyncio.sleep(0.01)
    app.port = app.server.servers[0].sockets[0].getsockname()[1]
    yield app
    app.may_read.set()
    app.server.should_exit = True
    await serving


async def open_socket(app: App) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 101 " in head
    return reader, writer


def frame(opcode: Opcode, data: bytes, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the connection ends."""
    async with asyncio.timeout(5):
        return await reader.read()


async def is_cut_off(reader: asyncio.StreamReader) -> bool:
    """Whether the connection ends. What the client has sent since then resets it."""
    try:
        await rest(reader)
    except ConnectionResetError:
        return True
    return True


def closing(code: CloseCode, reason: str) -> bytes:
    data = code.to_bytes(2) + reason.encode()
    return Frame(Opcode.CLOSE, data).serialize(mask=False)


async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
    try:
        writer.write(data)
        async with asyncio.timeout(5):
            await writer.drain()
    except ConnectionError:
        pass  # The server has closed the connection already.


@pytest.mark.parametrize("piece", [b"", b"x"])
async def test_message_has_a_limited_number_of_frames(app: App, piece: bytes) -> None:
    app.may_read.set()
    reader, writer = await open_socket(app)
    await send(writer, frame(Opcode.TEXT, b"a", fin=False) + frame(Opcode.CONT, b"b"))
    while app.received != ["ab"]:
        await asyncio.sleep(0.01)
    pieces = frame(Opcode.CONT, piece, fin=False) * 50_000
    await send(writer, frame(Opcode.TEXT, b"c", fin=False) + pieces)
    assert await is_cut_off(reader)
    writer.close()
    assert app.received == ["ab"]


async def test_flood_of_pings_is_refused(app: App) -> None:
    app.may_read.set()
    reader, writer = await open_socket(app)
    await send(writer, frame(Opcode.PING, b"x" * 100) * 20_000)
    assert await is_cut_off(reader)
    writer.close()


async def test_pings_are_answered(app: App) -> None:
    app.may_read.set()
    reader, writer = await open_socket(app)
    await send(writer, frame(Opcode.PING, b"x") * uvicorn_websocket.MAX_CONTROL_RATE)
    pongs = Frame(Opcode.PONG, b"x").serialize(mask=False) * uvicorn_websocket.MAX_CONTROL_RATE
    async with asyncio.timeout(5):
        assert await reader.readexactly(len(pongs)) == pongs
    writer.close()


async def test_message_must_be_completed_in_time(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uvicorn_websocket, "MESSAGE_TIMEOUT", 0.1)
    app.may_read.set()
    reader, writer = await open_socket(app)
    await send(writer, frame(Opcode.TEXT, b"x" * 9_000, fin=False))
    reason = "The message is not complete"
    assert await rest(reader) == closing(CloseCode.POLICY_VIOLATION, reason)
    writer.close()


async def test_message_has_a_limited_size(app: App) -> None:
    app.may_read.set()
    reader, writer = await open_socket(app)
    await send(writer, frame(Opcode.TEXT, b"x" * 10_001))
    assert (await rest(reader))[2:4] == CloseCode.MESSAGE_TOO_BIG.to_bytes(2)
    writer.close()


async def test_messages_that_wait_are_limited(app: App) -> None:
    reader, writer = await open_socket(app)
    await send(writer, frame(Opcode.TEXT, b"x") * 20_000)
    assert await is_cut_off(reader)
    writer.close()
    app.may_read.set()
    await asyncio.sleep(0.1)
    # The application learns at once that the client has gone.
    assert (app.received, len(app.codes)) == ([], 1)


async def test_client_that_does_not_answer_the_close_is_cut_off(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_websocket, "CLOSE_TIMEOUT", 0.1)

    async def close_at_once(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1012, "reason": "Restarting"})

    monkeypatch.setattr(App, "__call__", lambda _, *arguments: close_at_once(*arguments))
    reader, writer = await open_socket(app)
    assert await rest(reader) == closing(CloseCode.SERVICE_RESTART, "Restarting")
    writer.close()
