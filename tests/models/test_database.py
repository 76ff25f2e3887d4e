"""Database URLs, connections, statistics and retries."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from models import Comment, User
from models.database import ATTEMPTS, Database, DatabaseError, DatabaseOptions, database_url
from models.database.driver_errors import constraint_violation, is_timeout
from models.database.sqlite_driver import StatementConnection
from tests.support.slow_statements import ENDLESS
from tests.support.world import World


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("postgresql://u:p@host/name", "postgresql+asyncpg"),
        ("postgres://u:p@host/name", "postgresql+asyncpg"),
        ("postgresql+psycopg2://u:p@host/name", "postgresql+asyncpg"),
        ("mysql://u:p@host/name", "mysql+asyncmy"),
        ("mariadb://u:p@host/name", "mysql+asyncmy"),
        ("mysql+pymysql://u:p@host/name", "mysql+asyncmy"),
        ("mysql+asyncmy://u:p@host/name", "mysql+asyncmy"),
        ("mysql+aiomysql://u:p@host/name", "mysql+aiomysql"),
        ("mariadb+aiomysql://u:p@host/name", "mysql+aiomysql"),
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
        ("oracle://u:p@host/name", "does not support the database 'oracle'"),
        ("postgresql://u:p@host", "is missing the name of a database"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_invalid_url_is_refused(given: str, message: str) -> None:
    with pytest.raises(DatabaseError, match=message):
        database_url(given)


async def test_sqlite_files_are_private(tmp_path: Path) -> None:
    file = tmp_path / "taskloom.db"
    database = Database(f"sqlite:///{file}")
    assert not file.exists()
    # Readers connect first, as in `taskloom migrate`.
    await database.ping()
    async with database.writes.begin() as session:
        await session.execute(text("CREATE TABLE t (x)"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"taskloom.db": 0o600, "taskloom.db-wal": 0o600, "taskloom.db-shm": 0o600}
    await database.close()


async def test_existing_sqlite_file_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "taskloom.db"
    file.touch()
    file.chmod(0o640)
    database = Database(f"sqlite:///{file}")
    async with database.writes.begin() as session:
        await session.execute(text("CREATE TABLE t (x)"))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o640}
    await database.close()


async def test_sqlite_uri_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatabaseError, match="use the path of a file"):
        Database("sqlite:///file:taskloom.db?uri=true")


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://me:secret@127.0.0.1:1/name",
        "mysql+asyncmy://me:secret@127.0.0.1:1/name",
        "mysql+aiomysql://me:secret@127.0.0.1:1/name",
    ],
)
async def test_unreachable_server_is_reported_without_the_password(given: str) -> None:
    database = Database(given, DatabaseOptions(connect_timeout=2))
    with pytest.raises(DatabaseError, match="cannot be reached") as refused:
        await database.ping()
    assert "secret" not in str(refused.value)
    await database.close()


@pytest.mark.parametrize(
    ("place", "reason"),
    [("no/such/file.db", "the folder .* does not exist"), ("", "it is a folder")],
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


class TestStatistics:
    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    async def test_new_connections_see_them(self, database: Database, world: World) -> None:
        await world.make_user()
        await database.analyze()
        other = Database(database.url)
        for each in (database, other):
            async with each.reads() as session:
                analyzed = list(await session.scalars(text("SELECT tbl FROM sqlite_stat1")))
            assert "users" in analyzed
        # No transaction was left open: both can write.
        await database.write(rename)
        await other.write(rename)
        await other.close()


async def rename(session: AsyncSession) -> None:
    await session.execute(update(User).values(name="Ada"))


def conflict() -> DBAPIError:
    """A deadlock, as MariaDB's driver reports it."""
    return OperationalError("UPDATE", {}, Exception(1213, "Deadlock found"))


class TestRetries:
    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    @pytest.fixture(autouse=True)
    def no_pauses(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("models.database.FIRST_PAUSE", 0)

    async def test_a_conflict_is_retried_until_it_succeeds(self, database: Database) -> None:
        errors = [conflict(), conflict()]

        async def work(session: AsyncSession) -> str:
            if errors:
                raise errors.pop()
            return "done"

        assert await database.write(work) == "done"
        assert errors == []

    async def test_a_write_is_given_up_after_its_attempts(self, database: Database) -> None:
        attempts = 0

        async def work(session: AsyncSession) -> None:
            nonlocal attempts
            attempts += 1
            raise conflict()

        with pytest.raises(OperationalError, match="Deadlock found"):
            await database.write(work)
        assert attempts == ATTEMPTS

    async def test_a_write_is_given_up_after_the_time_of_a_statement(
        self, database: Database
    ) -> None:
        impatient = Database(database.url, DatabaseOptions(statement_timeout=0.05))
        attempts = 0

        async def work(session: AsyncSession) -> None:
            nonlocal attempts
            attempts += 1
            await asyncio.sleep(0.06 if attempts == 2 else 0)
            raise conflict()

        with pytest.raises(OperationalError, match="Deadlock found"):
            await impatient.write(work)
        assert attempts == 2
        await impatient.close()

    async def test_other_errors_are_raised_at_once(self, database: Database) -> None:
        attempts = 0

        async def work(session: AsyncSession) -> None:
            nonlocal attempts
            attempts += 1
            await session.execute(text("SELECT nonsense"))

        with pytest.raises(DBAPIError):
            await database.write(work)
        assert attempts == 1

    @pytest.mark.parametrize("retry_unique", [False, True])
    async def test_a_row_that_another_transaction_added_is_found_by_the_retry(
        self, database: Database, retry_unique: bool
    ) -> None:
        attempts = 0

        async def work(session: AsyncSession) -> int:
            nonlocal attempts
            attempts += 1
            if attempts == 1:
                raise IntegrityError("INSERT", {}, Exception(1062, "Duplicate entry"))
            return attempts

        if retry_unique:
            assert await database.write(work, retry_unique=True) == 2
        else:
            with pytest.raises(IntegrityError):
                await database.write(work)
            assert attempts == 1

    async def test_other_violations_are_not_retried(self, database: Database) -> None:
        attempts = 0

        async def work(session: AsyncSession) -> None:
            nonlocal attempts
            attempts += 1
            session.add(Comment(workspace_id=uuid7(), task_id=uuid7(), body="x"))

        with pytest.raises(IntegrityError):
            await database.write(work, retry_unique=True)
        assert attempts == 1


async def test_sqlite_switches_threads_once_for_each_statement(
    database: Database, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind != "sqlite":
        pytest.skip("only SQLite runs in another thread")
    switches: list[Any] = []
    original = StatementConnection._execute

    async def count(self: Any, function: Any, *arguments: Any) -> Any:
        switches.append(function)
        return await original(self, function, *arguments)  # type: ignore[no-untyped-call]

    async with database.read_engine.connect() as connection:
        monkeypatch.setattr(StatementConnection, "_execute", count)
        assert (await connection.execute(text("SELECT 1 UNION SELECT 2"))).scalars().all() == [1, 2]
        assert len(switches) == 1
        with pytest.raises(OperationalError):
            await connection.execute(text("SELECT nothing"))
        assert await connection.scalar(text("SELECT 3")) == 3
        assert len(switches) == 3


async def test_a_driver_that_is_called_directly_raises_known_errors(
    database: Database, kind: str
) -> None:
    if kind != "postgresql":
        pytest.skip("the other drivers are always called by SQLAlchemy")
    with pytest.raises(DBAPIError):
        await database.fetch_rows("SELECT nothing", ())
    async with database.read_engine.connect() as connection:
        assert list(await database.fetch_rows_on(connection, "SELECT 1", ())) == [(1,)]
        await connection.execute(text("SET statement_timeout = 20"))
        with pytest.raises(DBAPIError) as raised:
            await database.fetch_rows_on(connection, ENDLESS[kind], ())
        assert is_timeout(raised.value)
        await connection.execute(text("RESET statement_timeout"))


async def test_outdated_statements_are_no_timeouts(database: Database, kind: str) -> None:
    """SQLAlchemy raises their error itself, without one of the driver."""
    if kind != "postgresql":
        pytest.skip("only asyncpg's prepared statements become outdated")
    async with database.write_engine.connect() as connection:
        await connection.execute(text("CREATE TEMPORARY TABLE changing (name varchar(10))"))
        for _ in range(3):
            await connection.execute(text("SELECT name FROM changing"))
        await connection.execute(text("ALTER TABLE changing ALTER COLUMN name TYPE text"))
        with pytest.raises(DBAPIError) as raised:
            await connection.execute(text("SELECT name FROM changing"))
        assert not is_timeout(raised.value)
