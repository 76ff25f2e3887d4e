"""Database URLs and connections."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from models.database import Database, DatabaseError, DatabaseOptions, database_url
from models.database.driver_errors import constraint_violation


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgresql://u:p@host/name", "postgresql+asyncpg"),
        ("postgres://u:p@host/name", "postgresql+asyncpg"),
        ("postgresql+psycopg2://u:p@host/name", "postgresql+asyncpg"),
        ("mysql://u:p@host/name", "mysql+aiomysql"),
        ("mariadb://u:p@host/name", "mysql+aiomysql"),
        ("sqlite:///file.db", "sqlite+aiosqlite"),
    ],
)
def test_url_gets_the_async_driver(given: str, driver: str) -> None:
    assert database_url(given).drivername == driver


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "not a database URL"),
        ("file.db", "not a database URL"),
        ("oracle://u:p@host/name", "does not know the database 'oracle'"),
        ("postgresql://u:p@host", "names no database"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_invalid_url_is_refused(given: str, message: str) -> None:
    with pytest.raises(DatabaseError, match=message):
        database_url(given)


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://me:secret@127.0.0.1:1/name",
        "mysql://me:secret@127.0.0.1:1/name",
    ],
)
async def test_unreachable_server_is_reported_without_the_password(given: str) -> None:
    database = Database(given, DatabaseOptions(connect_timeout=2))
    with pytest.raises(DatabaseError, match="cannot be reached") as refused:
        await database.ping()
    assert "secret" not in str(refused.value)
    await database.close()


@pytest.mark.parametrize(
    ("place", "reason"), [("no/such/file.db", "there is no folder"), ("", "it is a folder")]
)
def test_unusable_file_is_refused_at_once(tmp_path: Path, place: str, reason: str) -> None:
    with pytest.raises(DatabaseError, match=f"cannot be reached: {reason}"):
        Database(f"sqlite:///{tmp_path}/{place}".rstrip("/"))


async def test_sqlite_is_configured_for_a_server(database: Database, kind: str) -> None:
    if kind != "sqlite":
        return
    async with database.writes() as session:
        wanted = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 30000}
        for name, value in wanted.items():
            assert await session.scalar(text(f"PRAGMA {name}")) == value


async def test_mariadb_tables_have_a_binary_collation(database: Database, kind: str) -> None:
    if kind != "mysql":
        return
    query = (
        "SELECT DISTINCT table_collation FROM information_schema.tables "
        "WHERE table_schema = DATABASE() AND table_name <> 'taskloom_version'"
    )
    async with database.reads() as session:
        assert list(await session.scalars(text(query))) == ["utf8mb4_nopad_bin"]


@pytest.mark.parametrize(
    ("message", "table", "column"),
    [
        ("Duplicate entry 'x' for key 'uq_labels_workspace_id_name'", "labels", "name"),
        ("Duplicate entry 'a\"b' for key 'labels.uq_labels_workspace_id_name'", "labels", "name"),
        ("Duplicate entry '\\x01\\xA1'' for key 'PRIMARY'", "labels", "id"),
    ],
)
def test_violated_constraint_is_recognized_for_any_value(
    message: str, table: str, column: str
) -> None:
    error = IntegrityError("INSERT INTO labels (id) VALUES (%s)", {}, Exception(1062, message))
    found = constraint_violation(error)
    assert found is not None
    assert (found.is_unique, found.table, found.columns[-1]) == (True, table, column)
