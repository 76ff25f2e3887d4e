"""Processes of servers: started on a free loopback port, observed, and ended by their own pid."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 60
_STOP_SECONDS = 15


class ServerError(Exception):
    """A server did not start."""


@dataclass(frozen=True)
class Command:
    """How to start a server. `{port}` in an argument is replaced by its port."""

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path


@dataclass
class Server:
    """A running server process."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def last_output(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").strip().splitlines()[-12:])

    @property
    def cpu_seconds(self) -> float:
        """The CPU time of all threads of the process so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def peak_memory(self) -> int:
        """The largest resident size so far, in bytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise ServerError("the process has ended")


def is_supported() -> bool:
    """Whether this system tells the CPU time and the memory of a process."""
    return sys.platform == "linux"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def running(command: Command, log: Path, cores: set[int] | None) -> AsyncIterator[Server]:
    """Start a server, wait until it accepts connections, and end it at last.

    Its output is written to the file `log`; `cores` are the CPU cores that it may use.
    """
    server = _start(command, log)
    process = server.process
    if cores is not None:
        os.sched_setaffinity(process.pid, cores)
    try:
        await _wait_until_ready(server)
        yield server
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _start(command: Command, log: Path) -> Server:
    port = free_port()
    arguments = [argument.replace("{port}", str(port)) for argument in command.arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments,
            cwd=command.folder,
            env={**os.environ, **command.environment, "PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Server(process, port, log)


async def _wait_until_ready(server: Server) -> None:
    for _ in range(_START_SECONDS * 10):
        if server.process.poll() is not None:
            break
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        except ConnectionError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise ServerError(f"it did not start:\n{server.last_output}")
