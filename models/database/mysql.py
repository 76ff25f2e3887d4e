"""Engines for MariaDB and MySQL."""

import asyncio
import logging
import math
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from models.database.options import AUTOCOMMIT, DatabaseOptions, engine_arguments

logger = logging.getLogger("taskloom.database")

#: The error of KILL for a connection that has ended already.
NO_SUCH_THREAD = 1094


def create_engine(url: URL, options: DatabaseOptions, *, writes: bool) -> AsyncEngine:
    """Create an engine whose connections are read-only unless `writes`."""
    arguments = {
        "charset": "utf8mb4",
        "connect_timeout": math.ceil(options.connect_timeout),
    }
    isolation = {"isolation_level": "READ COMMITTED"} if writes else AUTOCOMMIT
    engine = create_async_engine(
        url, connect_args=arguments, **engine_arguments(options), **isolation
    )
    timeout = options.statement_timeout

    def connect(connection: Any, _: ConnectionPoolEntry) -> None:
        is_mariadb = "MariaDB" in connection.driver_connection.get_server_info()
        limit = (
            f"max_statement_time = {timeout}"
            if is_mariadb
            else f"max_execution_time = {int(timeout * 1000)}"
        )
        access = "READ WRITE" if writes else "READ ONLY"
        cursor = connection.cursor()
        # For many subqueries, an exhaustive search for the best join order takes too long.
        settings = f"{limit}, time_zone = '+00:00', optimizer_search_depth = 7"
        cursor.execute(f"SET SESSION {settings}")
        cursor.execute(f"SET SESSION TRANSACTION {access}")
        cursor.close()

    event.listen(engine.sync_engine, "connect", connect)
    return engine


class AbandonedStatements:
    """Kills the statements whose task was canceled.

    The driver only closes its end of the connection. The server would run the statement to its
    end, and keep the locks of its transaction until then. The connection is never used again, so
    that nothing else can be killed with it.
    """

    def __init__(self, url: URL, options: DatabaseOptions, *engines: AsyncEngine) -> None:
        timeout = {"connect_timeout": math.ceil(options.connect_timeout)}
        self._engine = create_async_engine(url, poolclass=NullPool, connect_args=timeout)
        self._seconds = options.connect_timeout
        self._kills: set[asyncio.Task[None]] = set()
        for engine in engines:
            event.listen(engine.sync_engine, "invalidate", self._invalidate)

    async def wait(self) -> None:
        """Wait until all statements abandoned so far have been killed."""
        await asyncio.gather(*self._kills)

    def _invalidate(self, connection: Any, _: ConnectionPoolEntry, error: Any) -> None:
        if isinstance(error, asyncio.CancelledError):
            kill = asyncio.ensure_future(self._kill(connection.driver_connection.thread_id()))
            self._kills.add(kill)
            kill.add_done_callback(self._kills.discard)

    async def _kill(self, thread: int) -> None:
        try:
            async with asyncio.timeout(self._seconds), self._engine.connect() as connection:
                await connection.exec_driver_sql(f"KILL {thread}")
        except (DBAPIError, OSError, TimeoutError) as error:
            if _error_number(error) != NO_SUCH_THREAD:
                logger.warning("A canceled statement could not be killed: %r", error)


def _error_number(error: Exception) -> int | None:
    arguments = getattr(getattr(error, "orig", None), "args", ())
    return arguments[0] if arguments else None
