"""The example board in a browser, with a server that has demo data."""

import asyncio
import hashlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from graph.auth.passwords import hash_password
from graph.cli import accounts
from graph.cli.demo.fill import fill_demo
from models import Scope
from models.database import Database
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.programs import run_program
from tests.support.serving import free_port, serving

ROOT = Path(__file__).parents[2]
BOARD = ROOT / "examples" / "board"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PASSWORD = "correct horse battery staple"


def missing() -> str:
    """Return why the tests cannot run, or an empty text."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "Node.js or npm is missing"
    if not (BOARD / "node_modules").exists():
        return "the packages of examples/board are missing: run `npm ci` there"
    if not Path(CHROMIUM).exists():
        return f"{CHROMIUM} is missing: set CHROMIUM to the path of a browser"
    return ""


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())


def sources() -> Iterator[Path]:
    """Yield the files that the built board is made from."""
    yield ROOT / "schema.graphql"
    for path in sorted(BOARD.glob("*.*")):
        if path.is_file():
            yield path
    for path in sorted((BOARD / "src").rglob("*.*")):
        if path.is_file() and "gql" not in path.relative_to(BOARD).parts:
            yield path


@pytest.fixture(scope="module")
def built() -> None:
    """Build the board, unless it is built from these sources already."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    stamp = BOARD / "dist" / ".built-from"
    if stamp.exists() and stamp.read_text() == digest.hexdigest():
        return
    build = ["npm", "run", "--silent", "build"]
    done = subprocess.run(build, cwd=BOARD, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    stamp.write_text(digest.hexdigest())


@asynccontextmanager
async def previewing(api: str) -> AsyncIterator[str]:
    """Serve the built board, with a proxy to the API, and stop it at the end."""
    port = free_port()
    vite = BOARD / "node_modules" / "vite" / "bin" / "vite.js"
    process = await asyncio.create_subprocess_exec(
        *("node", str(vite), "preview", "--logLevel", "error"),
        cwd=BOARD,
        env={**os.environ, "PORT": str(port), "TASKLOOM_URL": api},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as client:
            for _ in range(300):
                with suppress(httpx.TransportError):
                    if (await client.get(address)).status_code == 200:
                        break
                await asyncio.sleep(0.05)
        yield address
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.usefixtures("built")
async def test_board_works_in_a_browser(url: str, database: Database) -> None:
    await fill_demo(database, "demo", 300)
    async with database.writes.begin() as session:
        user = accounts.DEMO_USER
        await accounts.set_password(session, user, hash_password(PASSWORD))
        token = await accounts.create_token(session, user, None, Scope.WRITE, "board")
        read_token = await accounts.create_token(session, user, None, Scope.READ, "reader")
    async with serving(url) as (server, _), previewing(server.address) as board:
        await run_program(
            *("node", "--test", "tests/board.test.mjs"),
            folder=BOARD,
            seconds=180,
            BOARD_URL=board,
            CHROMIUM=CHROMIUM,
            TASKLOOM_URL=server.address,
            TASKLOOM_TOKEN=token,
            TASKLOOM_READ_TOKEN=read_token,
            TASKLOOM_PASSWORD=PASSWORD,
        )
