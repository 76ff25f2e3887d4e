"""A database of its own for each run of a benchmark."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text

from models.database import Database, database_url
from models.migrations import migrate


@asynccontextmanager
async def new_database(server: str | None) -> AsyncIterator[str]:
    """Create and migrate a database, and drop it in the end; yields its URL.

    It is on the server of the URL `server`, or a SQLite file in a temporary folder.
    """
    if server is None:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{Path(folder) / 'benchmark.db'}"
            await _migrate(url)
            yield url
        return
    name = f"taskloom_benchmark_{uuid4().hex[:8]}"
    await _run(server, f"CREATE DATABASE {name}")
    try:
        url = database_url(server).set(database=name).render_as_string(hide_password=False)
        await _migrate(url)
        yield url
    finally:
        await _run(server, f"DROP DATABASE {name}")


async def _migrate(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


async def _run(server: str, statement: str) -> None:
    """Run a statement outside transactions, which CREATE DATABASE needs."""
    database = Database(server)
    async with database.write_engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text(statement))
    await database.close()
