"""Limits on connections, enforced by uvicorn's protocol."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from graph.http import slow_readers, uvicorn_limits
from graph.http.uvicorn_limits import LimitedProtocol

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class ObservedProtocol(LimitedProtocol):
    """Tells its server when a connection has ended."""

    owner: "Server"

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.owner.has_lost_a_connection.set()


class Server:
    """A server of one application on the loopback interface, which answers once it may."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.body = b"ok"
        self.port = 0
        self.connections: list[LimitedProtocol] = []
        self.has_lost_a_connection = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await self.may_answer.wait()
        headers = [(b"content-length", b"%d" % len(self.body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})

    async def answer(self, *pieces: bytes) -> bytes:
        """What the server sends in answer to raw bytes, until it closes the connection or waits."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answer = b""
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(5):
                while data := await reader.read(65_536):
                    answer += data
                    if answer.endswith(b"ok"):
                        break
        except ConnectionError:
            pass
        finally:
            writer.close()
        return answer


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    app = Server()
    config = uvicorn.Config(app, http=LimitedProtocol, lifespan="off", log_config=None)
    config.load()
    loop, state = asyncio.get_running_loop(), ServerState()

    def protocol() -> LimitedProtocol:
        made = ObservedProtocol(config=config, server_state=state, app_state={}, _loop=loop)
        made.owner = app
        app.connections.append(made)
        return made

    listening = await loop.create_server(protocol, "127.0.0.1", 0)
    app.port = listening.sockets[0].getsockname()[1]
    yield app
    app.may_answer.set()
    listening.close()
    for connection in list(state.connections):
        connection.shutdown()
    await asyncio.gather(*state.tasks)


@pytest.mark.parametrize("size", [10, 200_000])
async def test_request_with_a_body_is_answered(server: Server, size: int) -> None:
    server.may_answer.set()
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
    answer = await server.answer(head.encode(), b"x" * size)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /" + b"x" * 70_000,
        b"GET / HTTP/1.1\r\nX: " + b"x" * 70_000,
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 12_000,
    ],
)
async def test_long_header_is_refused(server: Server, endless: bytes) -> None:
    assert await server.answer(endless) == uvicorn_limits.HEADER_TOO_LARGE


@pytest.mark.parametrize("begun", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"])
async def test_slow_header_ends_the_connection(
    server: Server, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_limits, "HEADER_TIMEOUT", 0.05)
    assert await server.answer(begun) == b""


async def test_slow_answer_does_not_end_the_connection(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uvicorn_limits, "HEADER_TIMEOUT", 0.02)
    asyncio.get_running_loop().call_later(0.1, server.may_answer.set)
    assert (await server.answer(GET)).endswith(b"\r\n\r\nok")


async def test_too_many_pipelined_requests_end_the_connection(server: Server) -> None:
    answer = await server.answer(GET * (uvicorn_limits.MAX_PIPELINED + 2))
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    server.may_answer.set()
    assert (await server.answer(GET * 5)).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_client_that_reads_may_take_longer(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_readers, "READ_TIMEOUT", 0.2)
    monkeypatch.setattr(slow_readers, "MIN_READ_BYTES", 1)
    server.body = b"x" * 20_000_000
    server.may_answer.set()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(GET)
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(10):
        await reader.readexactly(2_000_000)
        await asyncio.sleep(0.05)
    writer.close()


@pytest.mark.parametrize("requests", [1, 5])
async def test_a_response_that_nobody_reads_is_not_kept(
    server: Server, requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slow_readers, "READ_TIMEOUT", 0.05)
    server.body = b"x" * 20_000_000
    server.may_answer.set()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=10_000)
    writer.write(GET * requests)
    async with asyncio.timeout(5):
        await server.has_lost_a_connection.wait()
    await asyncio.sleep(0.05)
    assert server.connections[0].transport.get_write_buffer_size() == 0
    writer.close()
