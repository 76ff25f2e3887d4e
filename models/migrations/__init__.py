"""The schema's history: which version a database has, and how it gets to another."""

import ssl
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from models.database import Database, DatabaseError, unreachable_error
from models.migrations.sqlite import check_foreign_keys, foreign_keys_disabled
from models.search.query import belongs_to_search

#: Not Alembic's own name, so that no other application's history is taken for ours.
VERSION_TABLE = "taskloom_version"


def config(connection: Connection | None = None) -> Config:
    """Alembic's settings, on an open connection."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["connection"] = connection
    return made


@cache
def newest() -> str:
    """The version that the models describe."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    assert head is not None
    return head


@cache
def known() -> frozenset[str]:
    """All versions that there have been."""
    scripts = ScriptDirectory.from_config(config())
    return frozenset(script.revision for script in scripts.walk_revisions())


async def current(database: Database) -> str | None:
    """The version of a database, null for an empty one.

    Raises a `DatabaseError` where the server does not answer or the database is not ours.
    """
    try:
        async with database.read_engine.connect() as connection:
            return await connection.run_sync(_current, database)
    except (SQLAlchemyError, OSError, ssl.SSLError) as error:
        raise unreachable_error(database, error) from error


def _current(connection: Connection, database: Database) -> str | None:
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if VERSION_TABLE not in tables:
        raise DatabaseError(
            f"The database {database.address} holds tables that are not Taskloom's. "
            "Name another one, or an empty one."
        )
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    version = context.get_current_revision()
    if version is None and tables != {VERSION_TABLE}:
        raise DatabaseError(
            f"A migration of {database.address} was interrupted, and left it half made. "
            "Make the database anew, or restore a backup."
        )
    if version is not None and version not in known():
        raise DatabaseError(
            f"The database {database.address} has the schema {version}, which this version of "
            "Taskloom does not know. Install the version that made it, or a newer one."
        )
    return version


async def require_newest(database: Database) -> None:
    """Raises a `DatabaseError` unless the database has the newest schema."""
    version = await current(database)
    if version != newest():
        state = "is empty" if version is None else "has an older schema"
        raise DatabaseError(f"The database {database.address} {state}: run taskloom migrate.")


async def migrate(database: Database, to: str = "head") -> tuple[str | None, str | None]:
    """Brings a database to a version, up or down, and returns the one before and the one after."""
    before = await current(database)

    def run(connection: Connection) -> None:
        down = to == "base" or (before is not None and to in _ancestors(before))
        with foreign_keys_disabled(connection), connection.begin():
            (command.downgrade if down else command.upgrade)(config(connection), to)
            check_foreign_keys(connection)

    async with database.write_engine.connect() as connection:
        await connection.run_sync(run)
    return before, await current(database)


def is_described(item: object, name: str | None, kind: str, *_: object) -> bool:
    """Whether the models describe a thing of the database, for comparing the two."""
    return not belongs_to_search(name)


def _ancestors(version: str) -> set[Any]:
    scripts = ScriptDirectory.from_config(config())
    return {script.revision for script in scripts.iterate_revisions(version, "base")} - {version}
