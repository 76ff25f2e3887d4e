"""SQLite's driver with one switch of threads for each statement.

aiosqlite runs SQLite in another thread. It switches to it to open a cursor, to execute, to fetch
and to close, and each switch takes longer than most statements. Here one switch does all of these.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Self, cast

import aiosqlite


def connect(database: str, **options: Any) -> "StatementConnection":
    """Return a connection to be awaited, with the options of `sqlite3.connect`."""
    connection = StatementConnection(partial(sqlite3.connect, database, **options), 0)
    # As SQLAlchemy does, so that a connection that is never closed does not keep the process alive.
    connection._thread.daemon = True
    return connection


class StatementConnection(aiosqlite.Connection):
    """A connection whose cursors execute and fetch at once."""

    def cursor(self) -> Any:
        return StatementCursor(self)

    def run(self, sql: str, values: Any, *, many: bool) -> "Outcome":
        """Execute a statement in the driver's thread, and fetch its rows."""
        cursor = self._conn.cursor()
        try:
            (cursor.executemany if many else cursor.execute)(sql, values)
            rows = cursor.fetchall() if cursor.description else []
            return Outcome(cursor, rows)
        finally:
            cursor.close()


class Outcome:
    """What a statement has returned."""

    def __init__(self, cursor: sqlite3.Cursor, rows: list[Any]) -> None:
        self.rows = rows
        self.description = cursor.description
        self.rowcount = cursor.rowcount
        self.lastrowid = cursor.lastrowid


class StatementCursor:
    """The part of a cursor that SQLAlchemy uses."""

    arraysize = 1

    def __init__(self, connection: StatementConnection) -> None:
        self._connection = connection
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, values: Sequence[Any] = ()) -> Self:
        return await self._run(sql, values, many=False)

    async def executemany(self, sql: str, values: Iterable[Sequence[Any]]) -> Self:
        return await self._run(sql, values, many=True)

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    async def _run(self, sql: str, values: Any, *, many: bool) -> Self:
        run = partial(self._connection.run, sql, values, many=many)
        outcome = cast("Outcome", await self._connection._execute(run))  # type: ignore[no-untyped-call]
        self.description, self._rows = outcome.description, outcome.rows
        self.rowcount, self.lastrowid = outcome.rowcount, outcome.lastrowid
        return self
