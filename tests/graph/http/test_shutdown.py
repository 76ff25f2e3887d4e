"""A server that is stopped: subscribers reconnect, and requests in flight are answered."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from models import Task
from models.database import Database
from tests.support.office import Office
from tests.support.serving import Remote, serving
from tests.support.sockets import CHANGES

UPDATE = "mutation ($input: TaskUpdateInput!) { taskUpdate(input: $input) { errors { code } } }"
CHANGED: Any = {"data": {"taskUpdate": {"errors": []}}}


@pytest.fixture
def kind() -> str:
    return "postgresql"


async def open_socket(remote: Remote, token: str) -> ClientConnection:
    socket = await connect(
        f"{remote.address.replace('http', 'ws')}/graphql",
        subprotocols=[Subprotocol("graphql-transport-ws")],
        additional_headers={"Authorization": f"Bearer {token}"},
    )
    await socket.send('{"type": "connection_init"}')
    assert json.loads(await socket.recv()) == {"type": "connection_ack"}
    return socket


async def code_of_close(socket: ClientConnection) -> int | None:
    """With which code the server closes a socket, after messages that are dropped."""
    try:
        async with asyncio.timeout(5):
            while True:
                await socket.recv()
    except ConnectionClosed as closed:
        return None if closed.rcvd is None else closed.rcvd.code


async def test_requests_are_answered_and_subscribers_told_to_reconnect(
    office: Office, url: str, database: Database
) -> None:
    token = office.tokens["member"]
    following = {"query": CHANGES, "variables": {"workspace": "office"}}
    update = {"query": UPDATE, "variables": {"input": {"id": office.gid("task"), "title": "held"}}}
    async with serving(url, shutdown_timeout=8) as (remote, process):
        idle, busy = await open_socket(remote, token), await open_socket(remote, token)
        await idle.send(json.dumps({"id": "1", "type": "subscribe", "payload": following}))
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        stream = asyncio.ensure_future(read_stream(remote, following, headers))
        async with database.writes.begin() as session:
            task = select(Task).where(Task.id == office.task.id).with_for_update()
            await session.scalar(task)
            await busy.send(json.dumps({"id": "2", "type": "subscribe", "payload": update}))
            by_http = asyncio.ensure_future(remote.post(update, token))
            # Both wait for the row.
            await asyncio.sleep(0.5)
            process.terminate()
            stopped = time.monotonic()
            assert await code_of_close(idle) == 1012
            assert (await stream)[-1]["errors"][0]["extensions"]["code"] == "RESTARTING"
            assert process.is_alive()
        answer = json.loads(await asyncio.wait_for(busy.recv(), 5))
        assert {"data": answer["payload"]["data"]} == CHANGED
        assert json.loads(await busy.recv()) == {"id": "2", "type": "complete"}
        assert await code_of_close(busy) == 1012
        assert {"data": (await by_http).json()["data"]} == CHANGED
        await asyncio.to_thread(process.join, 8)
        assert not process.is_alive()
        assert time.monotonic() - stopped < 8


async def read_stream(remote: Remote, body: object, headers: dict[str, str]) -> list[Any]:
    """The results of an event stream, until it ends."""
    found = []
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("POST", f"{remote.address}/graphql", json=body, headers=headers) as response,
    ):
        async for line in response.aiter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
    return found
