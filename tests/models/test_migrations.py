"""Migrations: upgrade, downgrade, generation, and equality with the models."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from models import Base, migrations
from models.database import Database, DatabaseError
from models.migrations import VERSION_TABLE
from models.search.indexes import create_search_indexes

pytestmark = pytest.mark.check


def reflected(connection: Connection) -> dict[str, Any]:
    """The tables of a database with their columns, constraints and indexes."""
    inspector = inspect(connection)
    tables = {}
    for name in sorted(inspector.get_table_names()):
        if name == VERSION_TABLE:
            continue
        by_name: dict[str, list[Any]] = {
            "indexes": [*inspector.get_indexes(name)],
            "unique": [*inspector.get_unique_constraints(name)],
            "foreign keys": [*inspector.get_foreign_keys(name)],
            "checks": [*inspector.get_check_constraints(name)],
        }
        tables[name] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(name)
            },
            "key": inspector.get_pk_constraint(name),
            **{
                part: sorted(items, key=lambda item: str(item["name"]))
                for part, items in by_name.items()
            },
        }
    return tables


def differences(connection: Connection) -> list[Any]:
    """The operations that would make the database what the models describe."""
    options = {"version_table": VERSION_TABLE, "include_object": migrations.is_described}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, Base.metadata))


@pytest.fixture
async def empty(empty_url: str) -> Any:
    database = Database(empty_url)
    yield database
    await database.close()


async def test_migrations_create_the_tables_of_the_models(url: str, empty: Database) -> None:
    async with empty.write_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.run_sync(create_search_indexes)
    migrated = Database(url)
    async with migrated.read_engine.connect() as connection:
        by_migrations = await connection.run_sync(reflected)

        assert await connection.run_sync(differences) == []
    async with empty.read_engine.connect() as connection:
        by_models = await connection.run_sync(reflected)
    await migrated.close()
    assert set(Base.metadata.tables) <= set(by_models)
    assert by_migrations == by_models


async def test_downgrade_removes_everything(empty: Database) -> None:
    newest = migrations.newest_version()
    assert await migrations.migrate(empty) == (None, newest)
    async with empty.read_engine.connect() as connection:
        first = await connection.run_sync(reflected)
    assert await migrations.migrate(empty, "base") == (newest, None)
    async with empty.read_engine.connect() as connection:
        assert await connection.run_sync(reflected) == {}
    assert await migrations.migrate(empty) == (None, newest)
    async with empty.read_engine.connect() as connection:
        assert await connection.run_sync(reflected) == first
    assert await migrations.migrate(empty) == (newest, newest)


async def test_older_schema_is_refused_with_a_remedy(empty: Database) -> None:
    with pytest.raises(DatabaseError, match="run taskloom migrate"):
        await migrations.require_newest(empty)


async def test_database_of_another_application_is_not_migrated(empty: Database) -> None:
    async with empty.write_engine.begin() as connection:
        await connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    for work in (migrations.migrate(empty), migrations.require_newest(empty)):
        with pytest.raises(DatabaseError, match="tables that are not Taskloom's"):
            await work
    async with empty.read_engine.connect() as connection:
        assert list(await connection.run_sync(reflected)) == ["theirs"]


async def test_newer_schema_is_refused(url: str) -> None:
    database = Database(url)
    try:
        async with database.write_engine.begin() as connection:
            await connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
        with pytest.raises(DatabaseError, match="the schema 9999, which this version"):
            await migrations.require_newest(database)
    finally:
        async with database.write_engine.begin() as connection:
            statement = f"UPDATE {VERSION_TABLE} SET version_num = '{migrations.newest_version()}'"
            await connection.execute(text(statement))
        await database.close()
