"""The schema version of a database, and the migrations between versions."""

import ssl
from dataclasses import replace
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
from models.search.indexes import belongs_to_search

#: Not Alembic's default name, so that another application's database is not mistaken for ours.
VERSION_TABLE = "taskloom_version"
#: Seconds that one statement of a migration may run: filling a large table's new index takes long.
MIGRATION_TIMEOUT = 86_400


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration; migrations run on `connection`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


@cache
def newest_version() -> str:
    """Return the version that the models describe."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


@cache
def all_versions() -> frozenset[str]:
    scripts = ScriptDirectory.from_config(alembic_config())
    return frozenset(script.revision for script in scripts.walk_revisions())


async def current_version(database: Database) -> str | None:
    """Return the version of a database, or None if the database is empty.

    Raise `DatabaseError` if the database cannot be reached, is not Taskloom's, was left by an
    interrupted migration or has an unknown version.
    """
    try:
        async with database.read_engine.connect() as connection:
            return await connection.run_sync(_current_version, database)
    except (SQLAlchemyError, OSError, ssl.SSLError) as error:
        raise unreachable_error(database, error) from error


def _current_version(connection: Connection, database: Database) -> str | None:
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if VERSION_TABLE not in tables:
        raise DatabaseError(
            f"The database {database.address} contains tables that are not Taskloom's. "
            "Use another database, or an empty one."
        )
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    version = context.get_current_revision()
    if version is None and tables != {VERSION_TABLE}:
        raise DatabaseError(
            f"A migration of the database {database.address} was interrupted and left its schema "
            "incomplete. Create the database again, or restore a backup."
        )
    if version is not None and version not in all_versions():
        raise DatabaseError(
            f"The database {database.address} has the schema {version}, which this version of "
            "Taskloom does not support. Install the version that created it, or a newer one."
        )
    return version


async def require_newest(database: Database) -> None:
    """Raise `DatabaseError` unless the database has the newest version."""
    version = await current_version(database)
    if version != newest_version():
        state = "is empty" if version is None else "has an older schema"
        raise DatabaseError(f"The database {database.address} {state}: run taskloom migrate.")


async def migrate(database: Database, to: str = "head") -> tuple[str | None, str | None]:
    """Upgrade or downgrade a database to a version, and return its versions before and after."""
    before = await current_version(database)

    def run(connection: Connection) -> None:
        config = alembic_config(connection)
        is_older = to == "base" or (before is not None and to in _older_versions(before))
        with foreign_keys_disabled(connection), connection.begin():
            (command.downgrade if is_older else command.upgrade)(config, to)
            check_foreign_keys(connection)

    options = replace(database.options, statement_timeout=MIGRATION_TIMEOUT)
    migrated = Database(database.url, options)
    try:
        async with migrated.write_engine.connect() as connection:
            await connection.run_sync(run)
    finally:
        await migrated.close()
    return before, await current_version(database)


def _older_versions(version: str) -> set[Any]:
    scripts = ScriptDirectory.from_config(alembic_config())
    return {script.revision for script in scripts.iterate_revisions(version, "base")} - {version}


def is_described(item: object, name: str | None, kind: str, *_: object) -> bool:
    """Whether the models describe an object of the database, so that the two can be compared."""
    return not belongs_to_search(name)
