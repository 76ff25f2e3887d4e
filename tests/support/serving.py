"""Servers in other processes, to be killed or measured."""

import asyncio
import multiprocessing
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from multiprocessing.process import BaseProcess

import httpx
import uvicorn

from graph.cli.server import APP, server_options
from graph.settings import Settings
from tests.support.client import Api

#: Servers are forked from a process that has imported the application: that takes 2 seconds.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["graph.app", __name__])


class Remote(Api):
    """A client of a server in another process."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.http = httpx.AsyncClient(base_url=address, timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def serving(url: str, **settings: object) -> AsyncIterator[tuple[Remote, BaseProcess]]:
    """Run a server of a database in another process, and kill it at the end."""
    port = free_port()
    variables = {f"TASKLOOM_{name.upper()}": str(value) for name, value in settings.items()}
    variables["TASKLOOM_DATABASE_URL"] = url
    process = _FORKS.Process(target=_serve, args=(port, variables), daemon=True)
    process.start()
    try:
        async with Remote(f"http://127.0.0.1:{port}") as remote:
            for _ in range(300):
                with suppress(httpx.TransportError):
                    if (await remote.http.get("/health/ready")).status_code == 200:
                        break
                await asyncio.sleep(0.05)
            yield remote, process
    finally:
        process.kill()
        await asyncio.to_thread(process.join)
        # A test may have stopped it before.
        assert process.exitcode in (-signal.SIGKILL, -signal.SIGTERM)


def _serve(port: int, variables: dict[str, str]) -> None:
    os.environ.update({"TASKLOOM_LOG_LEVEL": "warning", **variables})
    uvicorn.run(APP, port=port, **server_options(Settings()))
