"""PostgreSQL behind PgBouncer in transaction mode."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import URL, text

from graph.app import create_app
from graph.settings import Settings
from models.database import Database, DatabaseError, DatabaseOptions, database_url
from tests.graph.kit.test_pages import FIFTY, make_team
from tests.support.client import Api
from tests.support.databases import PGBOUNCER
from tests.support.serving import free_port
from tests.support.world import World

pytestmark = pytest.mark.skipif(shutil.which(PGBOUNCER) is None, reason="PgBouncer is missing")


@pytest.fixture
def kind() -> str:
    return "postgresql"


@contextmanager
def pgbouncer(direct: URL) -> Iterator[str]:
    """Run PgBouncer with two server connections, and yield the URL of the database through it."""
    host = direct.host or direct.query.get("host", "127.0.0.1")
    with TemporaryDirectory(prefix="taskloom-pgbouncer-") as folder:
        port = free_port()
        config, users = Path(folder, "pgbouncer.ini"), Path(folder, "users.txt")
        users.write_text(f'"{direct.username}" ""\n')
        config.write_text(
            f"[databases]\n"
            f"{direct.database} = host={host} port={direct.port or 5432} user={direct.username}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            f"auth_type = trust\nauth_file = {users}\n"
            f"pool_mode = transaction\ndefault_pool_size = 2\n"
        )
        # PgBouncer refuses to run as root. Its user must be able to read the files.
        Path(folder).chmod(0o755)
        # Only the owner of the suite's own server may open its socket.
        owner = Path(str(host)).owner() if str(host).startswith("/") else "nobody"
        user_option = ["-u", owner] if os.geteuid() == 0 else []
        command = [PGBOUNCER, "-q", *user_option, str(config)]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                yield direct.set(host="127.0.0.1", port=port, query={}).render_as_string(False)
            finally:
                process.terminate()
                process.wait(10)


@pytest.fixture
def pooled_url(url: str) -> Iterator[str]:
    with pgbouncer(database_url(url)) as pooled:
        yield pooled


async def wait_for(database: Database) -> None:
    for _ in range(40):
        try:
            await database.ping()
        except DatabaseError:
            await asyncio.sleep(0.05)
        else:
            return
    await database.ping()


async def test_server_works_with_transaction_pooling(pooled_url: str, world: World) -> None:
    team = await make_team(world, 12)
    settings: dict[str, Any] = {"database_url": pooled_url, "pgbouncer": True, "pool_size": 5}
    started = Database(pooled_url, DatabaseOptions(pgbouncer=True, connect_timeout=2))
    async with asyncio.timeout(30):
        await wait_for(started)
    await started.close()
    app = create_app(Settings(**settings))
    async with app.router.lifespan_context(app), Api(app) as api:
        asking = [api.ask(FIFTY, team.token, slug=team.workspace.slug) for _ in range(30)]
        answers = await asyncio.gather(*asking)
        titles = [node["title"] for node in answers[0]["workspace"]["tasks"]["nodes"]]
        assert titles == team.titles
        assert all(answer == answers[0] for answer in answers)
        async with api.database.reads() as session:
            assert await session.scalar(text("SHOW statement_timeout")) == "30s"
            with pytest.raises(Exception, match="read-only"):
                await session.execute(text("DELETE FROM comments"))
        async with api.database.writes.begin() as session:
            await session.execute(text("UPDATE workspaces SET name = 'renamed'"))
        async with api.database.reads() as session:
            assert await session.scalar(text("SELECT name FROM workspaces")) == "renamed"
