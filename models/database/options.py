"""Database URLs, and how connections are opened and pooled."""

from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

DRIVERS = {
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
    "sqlite": "sqlite+aiosqlite",
    "mysql": "mysql+asyncmy",
    "mariadb": "mysql+asyncmy",
}
#: Other drivers that a URL can choose by name.
ALTERNATIVES = ("mysql+aiomysql",)
FORMS = "postgresql://user:password@host/name, mysql://user:password@host/name or sqlite:///file.db"

#: For engines that only read: each read is one statement, and needs no BEGIN and no ROLLBACK.
AUTOCOMMIT: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}


class DatabaseError(Exception):
    """The database cannot be used. The message says why and what to do."""


@dataclass(frozen=True)
class DatabaseOptions:
    """How connections are opened and pooled. Times are in seconds."""

    pool_size: int = 10
    pool_timeout: float = 30
    pool_recycle: float = 1800
    connect_timeout: float = 10
    statement_timeout: float = 30
    #: Whether PostgreSQL is reached through PgBouncer in transaction mode.
    pgbouncer: bool = False


def database_url(text: str) -> URL:
    """Parse a database URL and set its async driver, which is the one it names if supported.

    Raise `DatabaseError` if it is not a URL of a supported database.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise DatabaseError(f"This is not a database URL. Use {FORMS}.") from None
    name = url.drivername.split("+")[0]
    if name not in DRIVERS:
        raise DatabaseError(f"Taskloom does not support the database {name!r}. Use {FORMS}.")
    named = url.drivername.replace("mariadb+", "mysql+")
    url = url.set(drivername=named if named in ALTERNATIVES else DRIVERS[name])
    if name == "sqlite" and url.database in (None, "", ":memory:"):
        raise DatabaseError("SQLite needs a file, such as sqlite:///taskloom.db.")
    if name != "sqlite" and not url.database:
        raise DatabaseError(f"The database URL is missing the name of a database. Use {FORMS}.")
    return url


def display_url(url: URL) -> str:
    """Return the URL for messages, without its password, driver and query."""
    shown = url.set(drivername=url.get_backend_name(), query={})
    return shown.render_as_string(hide_password=True)


def engine_arguments(options: DatabaseOptions) -> dict[str, Any]:
    """Return the arguments that the engines of all databases share."""
    return {
        # Parameters hold what users wrote, which must not reach the server's log.
        "hide_parameters": True,
        "pool_size": options.pool_size,
        "max_overflow": 0,
        "pool_timeout": options.pool_timeout,
        "pool_recycle": options.pool_recycle,
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
    }
