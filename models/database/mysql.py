"""Engines for MariaDB and MySQL."""

import math
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from models.database.options import AUTOCOMMIT, DatabaseOptions, engine_arguments


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
