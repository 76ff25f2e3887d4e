"""Servers of processes of their own."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from tests.support.client import Api


class Remote(Api):
    """A server in another process."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = httpx.AsyncClient(base_url=address, timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def serving(
    url: str, **settings: object
) -> AsyncIterator[tuple[Remote, asyncio.subprocess.Process]]:
    """A server of its own process, killed in the end."""
    port = free_port()
    given = {f"TASKLOOM_{name.upper()}": str(value) for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "uvicorn", "--factory", "graph.app:create_app"),
        *("--port", str(port), "--log-level", "warning"),
        env=os.environ | {"TASKLOOM_DATABASE_URL": url} | given,
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
