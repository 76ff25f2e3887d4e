"""Programs of other languages that test the server from outside."""

import asyncio
import os
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path


async def run_program(*command: str, folder: Path, seconds: float, **variables: str) -> str:
    """Run a command in a folder; return what it prints. It must succeed within some seconds."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env={**os.environ, **variables}, stdout=PIPE, stderr=STDOUT
    )
    try:
        async with asyncio.timeout(seconds):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{' '.join(command)}\n{printed.decode()}"
    return printed.decode()
