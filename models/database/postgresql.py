"""Engines for PostgreSQL."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any
from uuid import uuid4

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from models.database.observation import StatementObserver
from models.database.options import AUTOCOMMIT, DatabaseOptions, engine_arguments


def create_engine(url: URL, options: DatabaseOptions, *, writes: bool) -> AsyncEngine:
    """Create an engine whose connections are read-only unless `writes`."""
    query = dict(url.query)
    arguments: dict[str, Any] = {"timeout": options.connect_timeout}
    # URLs use libpq's name for the option that asyncpg calls ssl.
    if "sslmode" in query:
        arguments["ssl"] = query.pop("sslmode")
    url = url.set(query=query)
    make = _pooled_engine if options.pgbouncer else _direct_engine
    engine = make(url, arguments, options, writes)
    event.listen(engine.sync_engine, "checkin", _discard_if_in_transaction)
    return engine


def _direct_engine(
    url: URL, arguments: dict[str, Any], options: DatabaseOptions, writes: bool
) -> AsyncEngine:
    arguments["server_settings"] = {
        "application_name": "taskloom",
        "statement_timeout": _milliseconds(options.statement_timeout),
        "default_transaction_read_only": "off" if writes else "on",
        # JIT compilation takes longer than any of our statements runs.
        "jit": "off",
        # Rows of a UNION ALL come in the order of its parts, which readers rely on.
        "enable_parallel_append": "off",
    }
    autocommit = {} if writes else AUTOCOMMIT
    return create_async_engine(
        url, connect_args=arguments, **engine_arguments(options), **autocommit
    )


def _pooled_engine(
    url: URL, arguments: dict[str, Any], options: DatabaseOptions, writes: bool
) -> AsyncEngine:
    """Create an engine for PgBouncer in transaction mode.

    There, only a transaction keeps its server connection. A cached prepared statement may be
    missing on the next connection, so nothing is cached and names are unique. PgBouncer rejects
    session settings, so every statement runs in a transaction that has settings of its own.
    """
    arguments |= {
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"__taskloom_{uuid4().hex}__",
    }
    engine = create_async_engine(url, connect_args=arguments, **engine_arguments(options))
    timeout = _milliseconds(options.statement_timeout)

    def begin(connection: Any) -> None:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {timeout}")

    event.listen(engine.sync_engine, "begin", begin)
    return engine if writes else engine.execution_options(postgresql_readonly=True)


async def listen(
    engine: AsyncEngine,
    url: URL,
    connect_timeout: float,
    channel: str,
    on_notification: Callable[[str], None],
    on_lost: Callable[[], None],
) -> asyncpg.Connection:
    """Open a connection of its own that listens on a channel, until it is closed or lost.

    A connection of a pool would keep listening after its return. `on_notification` is called with
    each payload, and `on_lost` once when the connection has ended. Raise an error of the driver or
    an `OSError` if the server cannot be reached.
    """
    query = dict(url.query)
    ssl = query.pop("sslmode", None)
    _, arguments = engine.dialect.create_connect_args(url.set(query=query))
    if ssl is not None:
        arguments["ssl"] = ssl
    settings = {"application_name": "taskloom listener"}
    connection = await asyncpg.connect(
        **arguments, timeout=connect_timeout, server_settings=settings
    )
    connection.add_termination_listener(lambda _: on_lost())
    try:
        await connection.add_listener(channel, lambda *event: on_notification(event[-1]))
    except BaseException:
        connection.terminate()
        raise
    return connection


#: SQLSTATE: the server ends the connection, has crashed, or is starting.
_SERVER_STOPS = ("57P01", "57P02", "57P03")


async def fetch(
    engine: AsyncEngine,
    sql: str,
    parameters: Sequence[Any],
    observer: StatementObserver | None = None,
) -> Sequence[Any]:
    """Run a statement by the driver, on a connection of the pool; see `fetch_on`."""
    connection = await engine.raw_connection()
    try:
        return await fetch_on(connection, sql, parameters, observer)
    except DBAPIError as error:
        if error.connection_invalidated:
            # The other connections are likely to be lost too: as after a statement of SQLAlchemy's,
            # each is replaced when it is next taken.
            engine.sync_engine.pool._invalidate(connection, error)
        raise
    finally:
        connection.close()


async def fetch_on(
    connection: PoolProxiedConnection,
    sql: str,
    parameters: Sequence[Any],
    observer: StatementObserver | None = None,
) -> Sequence[Any]:
    """Run a statement by the driver, and return its rows.

    Raise a `DBAPIError` for the driver's errors. If canceled, the statement stops on the server.
    """
    driver: Any = connection.driver_connection
    started = perf_counter() if observer is not None else 0.0
    try:
        rows: Sequence[Any] = await driver.fetch(sql, *parameters)
        if observer is not None:
            seconds = perf_counter() - started
            observer.ran(sql, parameters, started=started, seconds=seconds, rows=len(rows))
        return rows
    except (
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        OSError,
    ) as error:
        # After an internal error the connection is in an unknown state.
        is_lost = (
            driver.is_closed()
            or isinstance(error, (asyncpg.InternalClientError, OSError))
            or getattr(error, "sqlstate", None) in _SERVER_STOPS
        )
        raise DBAPIError(
            sql, None, error, hide_parameters=True, connection_invalidated=is_lost
        ) from error


def _milliseconds(seconds: float) -> str:
    return f"{max(1, int(seconds * 1000))}"


def _discard_if_in_transaction(
    connection: DBAPIConnection | None, record: ConnectionPoolEntry
) -> None:
    """Discard a connection that returns to the pool in a transaction, such as an aborted one.

    In that transaction, every statement of later requests would fail.
    """
    driver = getattr(connection, "driver_connection", None)
    if driver is not None and not driver.is_closed() and driver.is_in_transaction():
        record.invalidate()
