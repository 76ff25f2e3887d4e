"""An open database: sessions that read, and transactions that write."""

import asyncio
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker

from models.database import mysql, postgresql, sqlite
from models.database.driver_errors import (
    is_connection_lost,
    is_unique_violation,
    is_write_conflict,
)
from models.database.mysql import AbandonedStatements
from models.database.observation import OBSERVER
from models.database.options import (
    DRIVERS,
    FORMS,
    DatabaseError,
    DatabaseOptions,
    database_url,
    display_url,
)
from models.database.sqlite import READER_CACHE, WRITER_CACHE
from models.database.sqlite_timeout import run_stoppable
from models.log.recorder import CommitListener, LoggedSession

__all__ = [
    "ATTEMPTS",
    "DRIVERS",
    "FIRST_PAUSE",
    "FORMS",
    "READER_CACHE",
    "WRITER_CACHE",
    "Database",
    "DatabaseError",
    "DatabaseOptions",
    "database_url",
    "sync_engines",
    "unreachable_error",
]

T = TypeVar("T")

#: How often a write is attempted before it is given up.
ATTEMPTS = 8
#: The longest pause before the second attempt, in seconds. It doubles with each attempt.
FIRST_PAUSE = 0.02
#: Rows of each index that SQLite's ANALYZE reads: enough to tell a good plan from a bad one.
ANALYSIS_LIMIT = 1000

_CREATE_ENGINE = {
    "postgresql": postgresql.create_engine,
    "sqlite": sqlite.create_engine,
    "mysql": mysql.create_engine,
}


class Database:
    """An open database.

    `reads` makes sessions that cannot write and run without a transaction; `writes` makes
    sessions with one transaction each. Each has its own connection pool, so that waiting for a
    connection of one never blocks the other.
    """

    def __init__(self, url: str | URL, options: DatabaseOptions | None = None) -> None:
        self.url = database_url(url) if isinstance(url, str) else url
        self.options = options or DatabaseOptions()
        self.kind = self.url.get_backend_name()
        #: Whether a subquery in FROM can refer to the tables before it.
        self.has_lateral = self.kind == "postgresql"
        self.has_arrays = self.kind == "postgresql"
        create_engine = _CREATE_ENGINE[self.kind]
        self.read_engine = create_engine(self.url, self.options, writes=False)
        self.write_engine = create_engine(self.url, self.options, writes=True)
        #: Whether statements of `fetch_rows` go to the driver itself. PgBouncer keeps a connection
        #: only for a transaction, which SQLAlchemy begins.
        self.calls_driver = self.kind == "postgresql" and not self.options.pgbouncer
        #: Called with each statement that is sent to the driver past SQLAlchemy's cursors, which
        #: have events for those that are not.
        self.driver_listeners: list[Callable[[str, Sequence[Any]], None]] = []
        self._abandoned: AbandonedStatements | None = None
        if self.kind == "mysql":
            self._abandoned = AbandonedStatements(
                self.url, self.options, self.read_engine, self.write_engine
            )
        self.reads = async_sessionmaker(self.read_engine, expire_on_commit=False, autoflush=False)
        #: Called after each commit of this process; see `CommitListener`.
        self.commit_listeners: list[CommitListener] = []
        self.writes = async_sessionmaker(
            self.write_engine,
            sync_session_class=LoggedSession,
            expire_on_commit=False,
            info={"commit_listeners": self.commit_listeners},
        )

    @cached_property
    def address(self) -> str:
        """The URL for messages, without its password and driver."""
        return display_url(self.url)

    async def close(self) -> None:
        """Close all connections."""
        if self._abandoned is not None:
            await self._abandoned.wait()
        await self.read_engine.dispose()
        await self.write_engine.dispose()

    async def ping(self) -> None:
        """Raise `DatabaseError` unless the database answers."""
        try:
            async with self.read_engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, ssl.SSLError) as error:
            raise unreachable_error(self, error) from error

    async def analyze(self) -> None:
        """Update the statistics of the query planner, after many rows have been written.

        PostgreSQL also does so in the background. MariaDB always does, so nothing is run there.
        SQLite does only here; connections that are open already may keep the old statistics.
        """
        if self.kind == "sqlite":
            await self.stoppable(self._analyze_sqlite())
        elif self.kind == "postgresql":
            async with self.write_engine.connect() as connection:
                # Without a transaction, each table is unlocked as soon as it has been analyzed.
                autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
                await autocommit.execute(text("ANALYZE"))

    async def _analyze_sqlite(self) -> None:
        # In a transaction that is committed: `sqlite.create_engine` sends BEGIN even in autocommit.
        async with self.write_engine.begin() as connection:
            await connection.execute(text(f"PRAGMA analysis_limit = {ANALYSIS_LIMIT}"))
            await connection.execute(text("ANALYZE"))

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run `work` in a new read session; run it once more if the connection was lost."""

        async def attempt() -> T:
            async with self.reads() as session:
                return await work(session)

        return await self._read(attempt)

    async def fetch_rows(self, sql: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of a statement as the driver returns them.

        PostgreSQL's driver is called directly, on a connection of the same pool: a session and a
        cursor of SQLAlchemy's would take several times as long as the driver itself.
        """
        if self.calls_driver:
            self._tell_listeners(sql, parameters)
            observer = OBSERVER.get()

            async def attempt() -> Sequence[Any]:
                return await postgresql.fetch(self.read_engine, sql, parameters, observer)

            return await self._read(attempt)

        async def on_connection() -> Sequence[Any]:
            async with self.read_engine.connect() as connection:
                return await self.fetch_rows_on(connection, sql, parameters)

        return await self._read(on_connection)

    async def fetch_rows_on(
        self, connection: AsyncConnection, sql: str, parameters: Sequence[Any]
    ) -> Sequence[Any]:
        """Return the same rows as `fetch_rows`, in the transaction of a connection."""
        if not self.calls_driver:
            return (await connection.exec_driver_sql(sql, tuple(parameters))).all()
        raw = await connection.get_raw_connection()
        self._tell_listeners(sql, parameters)
        return await postgresql.fetch_on(raw, sql, parameters, OBSERVER.get())

    def _tell_listeners(self, sql: str, parameters: Sequence[Any]) -> None:
        for listener in self.driver_listeners:
            listener(sql, parameters)

    async def _read(self, attempt: Callable[[], Coroutine[Any, Any, T]]) -> T:
        try:
            return await self.stoppable(attempt())
        except DBAPIError as error:
            if not is_connection_lost(error):
                raise
        return await self.stoppable(attempt())

    async def write(
        self, work: Callable[[AsyncSession], Awaitable[T]], *, retry_unique: bool = False
    ) -> T:
        """Run `work` in a new transaction; run it again after conflicts and lost connections.

        `work` must be safe to run twice: a connection can be lost after the commit. With
        `retry_unique`, violated unique constraints are retried too: the row that `work` adds may
        have been added by another transaction, and the next attempt finds it.
        """

        async def attempt() -> T:
            async with self.writes.begin() as session:
                return await work(session)

        def should_retry(error: DBAPIError) -> bool:
            is_race = retry_unique and is_unique_violation(error)
            return is_race or is_write_conflict(error) or is_connection_lost(error)

        return await self.retry(attempt, should_retry)

    async def retry(
        self,
        attempt: Callable[[], Coroutine[Any, Any, T]],
        should_retry: Callable[[DBAPIError], bool],
    ) -> T:
        """Run `attempt`, which writes, until it succeeds; return its result.

        After a database error that `should_retry` accepts, pause and run it again, at most
        `ATTEMPTS` times and for about `statement_timeout` seconds. The pauses are random, and
        their upper bound grows exponentially. Raise the last error when the attempts or the time
        run out, and any other error at once.
        """
        deadline = time.monotonic() + self.options.statement_timeout
        pause = FIRST_PAUSE
        attempts_left = ATTEMPTS
        while True:
            try:
                return await self.stoppable(attempt())
            except DBAPIError as error:
                attempts_left -= 1
                has_given_up = attempts_left == 0 or time.monotonic() > deadline
                if has_given_up or not should_retry(error):
                    raise
            await asyncio.sleep(random.uniform(0, pause))
            pause *= 2

    async def stoppable(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work`, which runs statements. If canceled, they stop, and nothing is half written.

        The cancellation is raised once they have stopped and hold no locks. PostgreSQL's driver
        does so itself. SQLite's driver works in another thread: canceling a task while its
        transaction begins or ends would leave a connection behind that keeps the database locked.
        """
        if self.kind == "sqlite":
            return await run_stoppable(work)
        try:
            return await work
        except asyncio.CancelledError:
            if self._abandoned is not None:
                await asyncio.shield(self._abandoned.wait())
            raise


def unreachable_error(database: Database, error: BaseException) -> DatabaseError:
    """Return the error that says why a database did not answer."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return DatabaseError(f"The database {database.address} cannot be reached: {_reason(cause)}")


def _reason(error: BaseException) -> str:
    """Return the last line of a driver's error, which is the most specific one."""
    lines = str(error).strip().splitlines()
    return lines[-1].removeprefix("<class ").strip() if lines else type(error).__name__


def sync_engines(database: Database) -> tuple[Engine, Engine]:
    """Return the engines for reads and writes, for event listeners."""
    return database.read_engine.sync_engine, database.write_engine.sync_engine
