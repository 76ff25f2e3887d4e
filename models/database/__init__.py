"""From a URL to an open database: one engine that reads, one that writes."""

import asyncio
import math
import os
import random
import ssl as tls
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import orjson
from sqlalchemy import Engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    SQLAlchemyError,
)
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry

from models.database.driver_errors import is_connection_lost, is_write_conflict
from models.database.sqlite_timeout import ReadSession, limit_statements, run_stoppable
from models.log.recorder import LoggedSession

T = TypeVar("T")

#: How often a write is begun before it is given up, and the longest first wait, in seconds.
ATTEMPTS, FIRST_PAUSE = 8, 0.01
#: Page caches of SQLite's connections, in KiB.
WRITER_CACHE, READER_CACHE = 65_536, 8_192

DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "mysql": "mysql+aiomysql",
    "mariadb": "mysql+aiomysql",
}
FORMS = "postgresql://user:password@host/name, mysql://user:password@host/name or sqlite:///file.db"


class DatabaseError(Exception):
    """The database cannot be used; the message says why, and what to do."""


@dataclass(frozen=True)
class DatabaseOptions:
    """How connections are made and kept. Times are in seconds."""

    pool_size: int = 10
    pool_timeout: float = 30
    pool_recycle: float = 1800
    connect_timeout: float = 10
    statement_timeout: float = 30
    pgbouncer: bool = False


def database_url(given: str) -> URL:
    """Reads a URL as people write it, and gives it our async driver."""
    try:
        url = make_url(given)
    except (ArgumentError, ValueError):
        raise DatabaseError(f"That is not a database URL. Use {FORMS}.") from None
    name = url.drivername.split("+")[0]
    if name not in DRIVERS:
        raise DatabaseError(f"Taskloom does not know the database {name!r}. Use {FORMS}.")
    url = url.set(drivername=DRIVERS[name])
    if name == "sqlite" and url.database in (None, "", ":memory:"):
        raise DatabaseError("SQLite needs a file, such as sqlite:///taskloom.db.")
    if name != "sqlite" and not url.database:
        raise DatabaseError(f"The database URL names no database: use {FORMS}.")
    return url


class Database:
    """An open database.

    `reads` gives sessions that cannot write and hold no transaction; `writes` gives sessions
    with one transaction each. They have a pool of connections each, so that what waits for
    the one never holds the other.
    """

    def __init__(self, url: str | URL, options: DatabaseOptions | None = None) -> None:
        self.url = database_url(url) if isinstance(url, str) else url
        self.options = options or DatabaseOptions()
        self.kind = self.url.get_backend_name()
        #: Whether a subquery in FROM can refer to its neighbors.
        self.has_lateral = self.kind == "postgresql"
        self.has_arrays = self.kind == "postgresql"
        self._unfinished: set[asyncio.Task[Any]] = set()
        self.read_engine = self._engine(writes=False)
        self.write_engine = self._engine(writes=True)
        self.reads = async_sessionmaker(
            self.read_engine,
            sync_session_class=ReadSession,
            expire_on_commit=False,
            autoflush=False,
        )
        self.writes = async_sessionmaker(
            self.write_engine, sync_session_class=LoggedSession, expire_on_commit=False
        )

    @cached_property
    def address(self) -> str:
        """The URL without its password and our driver, fit to be shown."""
        shown = self.url.set(drivername=self.kind, query={})
        return shown.render_as_string(hide_password=True)

    async def close(self) -> None:
        """Closes all connections, once what is being written is."""
        await asyncio.gather(*self._unfinished, return_exceptions=True)
        await self.read_engine.dispose()
        await self.write_engine.dispose()

    async def analyze(self) -> None:
        """Lets the database look at its rows anew, for its plans: after many were written.

        PostgreSQL and MariaDB do it by themselves too, in time; SQLite only when it is told.
        """
        if self.kind == "mysql":
            return
        async with self.write_engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            if self.kind == "sqlite":
                # So many rows of each index are enough to tell a good plan from a bad one.
                await alone.execute(text("PRAGMA analysis_limit = 1000"))
            await alone.execute(text("ANALYZE"))

    async def ping(self) -> None:
        """Asks the server for an answer, or raises a `DatabaseError`."""
        try:
            async with self.read_engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, tls.SSLError) as error:
            raise unreachable_error(self, error) from error

    async def uninterrupted(self, work: Coroutine[Any, Any, T]) -> T:
        """Does some writing; on SQLite to its end, even when nobody waits for it any more.

        SQLite works in a thread of its own: what is cancelled while it begins or ends a
        transaction would leave a connection behind that holds the database locked.
        """
        if self.kind != "sqlite":
            return await work
        task = asyncio.ensure_future(work)
        self._unfinished.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._unfinished.discard(task)
        if not task.cancelled():
            # Whoever waited for it may have gone, and its error with them.
            task.exception()

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Does some reading in a session of its own, once more if its connection was dead."""
        if self.kind == "sqlite":
            return await run_stoppable(self.reads, work)
        try:
            async with self.reads() as session:
                return await work(session)
        except DBAPIError as error:
            if not is_connection_lost(error):
                raise
        async with self.reads() as session:
            return await work(session)

    async def write(
        self, work: Callable[[AsyncSession], Awaitable[T]], *, retry_unique: bool = False
    ) -> T:
        """Does some writing in a transaction of its own, and all of it again where it met others.

        With `retry_unique` a row that somebody else made first is such a meeting too. The work must
        be one that may be done twice: a connection can die when all was committed.
        """
        return await self.uninterrupted(self._write(work, retry_unique=retry_unique))

    async def _write(
        self, work: Callable[[AsyncSession], Awaitable[T]], *, retry_unique: bool
    ) -> T:
        for attempt in count(1):
            try:
                async with self.writes.begin() as session:
                    return await work(session)
            except DBAPIError as error:
                clashed = retry_unique and isinstance(error, IntegrityError)
                again = clashed or is_write_conflict(error) or is_connection_lost(error)
                if not again or attempt == ATTEMPTS:
                    raise
            await asyncio.sleep(random.uniform(0, FIRST_PAUSE * 2**attempt))
        raise AssertionError("the last attempt returns or raises")

    def _engine(self, *, writes: bool) -> AsyncEngine:
        pool = {
            # What people wrote is not for the log.
            "hide_parameters": True,
            "pool_size": self.options.pool_size,
            "max_overflow": 0,
            "pool_timeout": self.options.pool_timeout,
            "pool_recycle": self.options.pool_recycle,
            "json_serializer": lambda value: orjson.dumps(value).decode(),
            "json_deserializer": orjson.loads,
        }
        return _MAKERS[self.kind](self, pool, writes)


def unreachable_error(database: Database, error: BaseException) -> DatabaseError:
    """What to tell somebody whose database did not answer."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return DatabaseError(f"The database {database.address} cannot be reached: {_reason(cause)}")


def _reason(error: BaseException) -> str:
    """The last, most telling, line of a driver's error."""
    lines = str(error).strip().splitlines()
    return lines[-1].removeprefix("<class ").strip() if lines else type(error).__name__


def _autocommit(writes: bool) -> dict[str, Any]:
    """A read is one statement: it needs no BEGIN before it and no ROLLBACK after it."""
    return {} if writes else {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}


def _postgresql(database: Database, pool: dict[str, Any], writes: bool) -> AsyncEngine:
    options = database.options
    query = dict(database.url.query)
    arguments: dict[str, Any] = {"timeout": options.connect_timeout}
    # libpq's name for what asyncpg calls ssl.
    if "sslmode" in query:
        arguments["ssl"] = query.pop("sslmode")
    url = database.url.set(query=query)
    timeout = f"{max(1, int(options.statement_timeout * 1000))}"
    if options.pgbouncer:
        engine = _behind_pgbouncer(url, arguments, pool, timeout, writes)
    else:
        arguments["server_settings"] = {
            "application_name": "taskloom",
            "statement_timeout": timeout,
            "default_transaction_read_only": "off" if writes else "on",
            # Compiling a plan takes longer than any statement of ours runs.
            "jit": "off",
        }
        engine = create_async_engine(url, connect_args=arguments, **pool, **_autocommit(writes))
    event.listen(engine.sync_engine, "checkin", _discard_if_in_transaction)
    return engine


def _behind_pgbouncer(
    url: URL, arguments: dict[str, Any], pool: dict[str, Any], timeout: str, writes: bool
) -> AsyncEngine:
    """For PgBouncer in transaction mode, where only a transaction keeps its server connection.

    Statement caches would meet another connection's statements, and session settings are
    refused: everything runs in a transaction, and says there what else the session says.
    """
    arguments |= {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"__taskloom_{uuid4().hex}__",
    }
    engine = create_async_engine(url, connect_args=arguments, **pool)

    def begin(connection: Any) -> None:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {timeout}")

    event.listen(engine.sync_engine, "begin", begin)
    return engine if writes else engine.execution_options(postgresql_readonly=True)


def _discard_if_in_transaction(
    connection: DBAPIConnection | None, record: ConnectionPoolEntry
) -> None:
    """Keeps a connection whose transaction was cut short from spoiling every later request."""
    driver = getattr(connection, "driver_connection", None)
    if driver is not None and not driver.is_closed() and driver.is_in_transaction():
        record.invalidate()


def _refuse_bad_file(database: Database) -> None:
    """Says early what is wrong: after a failed connect the driver's thread may outlive its loop."""
    file = Path(database.url.database or "").absolute()
    reason = ""
    if not file.parent.is_dir():
        reason = f"there is no folder {file.parent}"
    elif file.is_dir():
        reason = "it is a folder"
    elif not os.access(file if file.exists() else file.parent, os.W_OK):
        reason = "it may not be written"
    if reason:
        raise DatabaseError(f"The database {database.address} cannot be reached: {reason}.")


def _sqlite(database: Database, pool: dict[str, Any], writes: bool) -> AsyncEngine:
    _refuse_bad_file(database)
    if writes:
        # One writer at a time: the others wait for this connection, and none meets SQLITE_BUSY.
        pool = pool | {"pool_size": 1}
    arguments = {"timeout": database.options.statement_timeout}
    engine = create_async_engine(
        database.url, connect_args=arguments, **pool, **_autocommit(writes)
    )

    def connect(connection: Any, _: ConnectionPoolEntry) -> None:
        # The driver's own BEGIN comes too late, before the first write rather than at the start.
        connection.isolation_level = None
        connection.create_function("taskloom_fold", 1, _fold, deterministic=True)
        cursor = connection.cursor()
        if writes:
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        # Kibibytes. The writer's indexes are many, and what does not fit is written twice.
        cursor.execute(f"PRAGMA cache_size = -{WRITER_CACHE if writes else READER_CACHE}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
        cursor.close()

    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "connect", connect)
    if writes:
        event.listen(engine.sync_engine, "begin", begin)
    else:
        limit_statements(engine.sync_engine, database.options.statement_timeout)
    return engine


def _fold(text: str | None) -> str | None:
    """A text in small letters. SQLite's own LOWER knows only those of ASCII."""
    if text is None:
        return None
    # Letter by letter, as the other databases do it: the whole text at once would end on ς for Σ.
    return "".join(map(str.lower, text))


def _mysql(database: Database, pool: dict[str, Any], writes: bool) -> AsyncEngine:
    arguments = {
        "charset": "utf8mb4",
        "connect_timeout": math.ceil(database.options.connect_timeout),
    }
    isolation = {"isolation_level": "READ COMMITTED"} if writes else _autocommit(writes)
    engine = create_async_engine(database.url, connect_args=arguments, **pool, **isolation)
    timeout = database.options.statement_timeout

    def connect(connection: Any, _: ConnectionPoolEntry) -> None:
        maria = "MariaDB" in connection.driver_connection.get_server_info()
        limit = (
            f"max_statement_time = {timeout}"
            if maria
            else f"max_execution_time = {int(timeout * 1000)}"
        )
        access = "READ WRITE" if writes else "READ ONLY"
        cursor = connection.cursor()
        # How the tables of many subqueries are best joined is not worth a search through all ways.
        settings = f"{limit}, time_zone = '+00:00', optimizer_search_depth = 7"
        cursor.execute(f"SET SESSION {settings}")
        cursor.execute(f"SET SESSION TRANSACTION {access}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", connect)
    return engine


_MAKERS: dict[str, Callable[[Database, dict[str, Any], bool], AsyncEngine]] = {
    "postgresql": _postgresql,
    "sqlite": _sqlite,
    "mysql": _mysql,
}


def sync_engines(database: Database) -> tuple[Engine, Engine]:
    """Both engines as event listeners want them."""
    return database.read_engine.sync_engine, database.write_engine.sync_engine
