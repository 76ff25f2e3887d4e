"""A server that is killed while it writes."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from models.database import Database
from tests.client import Api
from tests.graph.writing.hammer import Hammer
from tests.graph.writing.office import Office

KILLS, CLIENTS = 10, 8
#: Seconds of writing before each kill, and as many again until something was written.
SPELL = 0.3


class Remote(Api):
    """A server in another process."""

    def __init__(self, address: str) -> None:
        self.http = httpx.AsyncClient(base_url=address, timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def serving(url: str) -> AsyncIterator[tuple[Remote, asyncio.subprocess.Process]]:
    """A server of its own process, killed in the end."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "uvicorn", "--factory", "graph.app:create_app"),
        *("--port", str(port), "--log-level", "warning"),
        env=os.environ | {"TASKLOOM_DATABASE_URL": url},
    )
    try:
        async with Remote(f"http://127.0.0.1:{port}") as remote:
            for _ in range(300):
                with suppress(httpx.TransportError):
                    if (await remote.http.get("/health/ready")).status_code == 200:
                        break
                await asyncio.sleep(0.05)
            yield remote, process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        assert await process.wait() == -signal.SIGKILL


async def write_until_killed(hammer: Hammer, seed: int) -> None:
    with suppress(httpx.TransportError):
        await hammer.client(seed, rounds=1000)


async def test_what_was_acknowledged_is_there_and_nothing_is_half_written(
    office: Office, database: Database, url: str
) -> None:
    names = ("parent", "task", "child", "linked")
    hammer = Hammer(office, [office.gid(name) for name in names])
    for kill in range(KILLS):
        before = len(hammer.done)
        async with serving(url) as (remote, process):
            office.api = remote
            await hammer.check(database)
            clients = [
                asyncio.ensure_future(write_until_killed(hammer, kill * CLIENTS + client))
                for client in range(CLIENTS)
            ]
            for _ in range(100):
                await asyncio.sleep(SPELL)
                if len(hammer.done) > before:
                    break
            process.kill()
            await asyncio.gather(*clients)
            await process.wait()
        assert len(hammer.done) > before
    async with serving(url) as (remote, _):
        office.api = remote
        await hammer.check(database)
