"""Writes with hand-written SQL on the bare drivers, which `benchmarks.writes` compares with."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any, Protocol
from uuid import UUID

import aiomysql  # type: ignore[import-untyped]
import aiosqlite
import asyncpg
import orjson
from uuid_utils.compat import uuid7

from models import Project, State, Workspace
from models.database import Database


class HandWritten(Protocol):
    """The same writes with hand-written SQL on the bare driver."""

    async def create(self, client: int) -> None: ...

    async def update(self, client: int) -> None: ...


class Target:
    """The rows to write to: a workspace with a project, and a task for each client."""

    def __init__(self, workspace: Workspace, project: Project, state: State, token: str) -> None:
        self.workspace = workspace
        self.project = project
        self.state = state
        self.token = token
        self.tasks: list[UUID] = []


def task_values(target: Target, number: int, rank: str, title: str, at: datetime) -> dict[str, Any]:
    """The values of a row of `tasks`."""
    return {
        "id": uuid7(), "workspace_id": target.workspace.id, "project_id": target.project.id,
        "number": number, "title": title, "body": "", "rank": rank, "state_id": target.state.id,
        "created_at": at, "updated_at": at, "version": 1,
    }  # fmt: skip


class Asyncpg:
    """The writes on PostgreSQL."""

    def __init__(self, pool: Any, target: Target) -> None:
        self.pool = pool
        self.target = target
        self.titles = count()

    async def create(self, client: int) -> None:
        """Insert a task with its number and rank, and its change."""
        target, at = self.target, datetime.now(UTC)
        async with self.pool.acquire() as db, db.transaction():
            last = await db.fetchval(
                "SELECT last_number FROM projects WHERE id = $1 FOR NO KEY UPDATE",
                target.project.id,
            )
            await db.fetchval(
                "SELECT id FROM states WHERE workspace_id = $1 ORDER BY position LIMIT 1",
                target.workspace.id,
            )
            rank = await db.fetchval(
                "SELECT max(rank) FROM tasks WHERE workspace_id = $1", target.workspace.id
            )
            row = task_values(
                target, last + 1, (rank or "a0")[:100], f"Task {next(self.titles)}", at
            )
            await db.execute(
                "UPDATE projects SET last_number = $1 WHERE id = $2", last + 1, target.project.id
            )
            names = ", ".join(row)
            places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
            await db.execute(f"INSERT INTO tasks ({names}) VALUES ({places})", *row.values())
            await self._log(db, "CREATED", row["id"], {"title": [None, row["title"]]}, at)

    async def update(self, client: int) -> None:
        """Rename the client's task, and insert the change."""
        key, at = self.target.tasks[client], datetime.now(UTC)
        async with self.pool.acquire() as db, db.transaction():
            row = await db.fetchrow("SELECT * FROM tasks WHERE id = $1 FOR NO KEY UPDATE", key)
            title = f"Task {next(self.titles)}"
            await db.execute(
                "UPDATE tasks SET title = $1, updated_at = $2, version = $3 WHERE id = $4",
                title, at, row["version"] + 1, key,
            )  # fmt: skip
            await self._log(db, "UPDATED", key, {"title": [row["title"], title]}, at)

    async def _log(self, db: Any, kind: str, key: UUID, fields: Any, at: datetime) -> None:
        sequence = await db.fetchval(
            "UPDATE workspaces SET sequence = sequence + 1 WHERE id = $1 RETURNING sequence",
            self.target.workspace.id,
        )
        await db.execute(
            "INSERT INTO changes (workspace_id, sequence, at, kind, subject_type, subject_id, "
            "project_id, fields) VALUES ($1, $2, $3, $4, 'Task', $5, $6, $7)",
            self.target.workspace.id, sequence, at, kind, key, self.target.project.id,
            orjson.dumps(fields).decode(),
        )  # fmt: skip


class Aiosqlite:
    """The writes on SQLite, where one transaction writes at a time."""

    def __init__(self, db: aiosqlite.Connection, target: Target) -> None:
        self.db = db
        self.target = target
        self.titles = count()
        self.write_lock = asyncio.Lock()

    async def create(self, client: int) -> None:
        """Insert a task with its number and rank, and its change."""
        target, at = self.target, datetime.now(UTC)
        async with self.write_lock:
            await self.db.execute("BEGIN IMMEDIATE")
            workspace, project = target.workspace.id.bytes, target.project.id.bytes
            last = await self._scalar("SELECT last_number FROM projects WHERE id = ?", project)
            await self._scalar(
                "SELECT id FROM states WHERE workspace_id = ? ORDER BY position LIMIT 1", workspace
            )
            rank = await self._scalar(
                "SELECT max(rank) FROM tasks WHERE workspace_id = ?", workspace
            )
            row = task_values(
                target, last + 1, (rank or "a0")[:100], f"Task {next(self.titles)}", at
            )
            await self.db.execute(
                "UPDATE projects SET last_number = ? WHERE id = ?", (last + 1, project)
            )
            names, places = ", ".join(row), ", ".join("?" * len(row))
            values = [binary_value(value) for value in row.values()]
            await self.db.execute(f"INSERT INTO tasks ({names}) VALUES ({places})", values)
            await self._log("CREATED", row["id"], {"title": [None, row["title"]]}, at)
            await self.db.commit()

    async def update(self, client: int) -> None:
        """Rename the client's task, and insert the change."""
        key, at = self.target.tasks[client], datetime.now(UTC)
        async with self.write_lock:
            await self.db.execute("BEGIN IMMEDIATE")
            cursor = await self.db.execute("SELECT * FROM tasks WHERE id = ?", (key.bytes,))
            names = [column[0] for column in cursor.description]
            row: dict[str, Any] = dict(zip(names, await cursor.fetchone() or (), strict=True))
            title = f"Task {next(self.titles)}"
            await self.db.execute(
                "UPDATE tasks SET title = ?, updated_at = ?, version = ? WHERE id = ?",
                (title, binary_value(at), row["version"] + 1, key.bytes),
            )
            await self._log("UPDATED", key, {"title": [row["title"], title]}, at)
            await self.db.commit()

    async def _scalar(self, statement: str, *values: Any) -> Any:
        row = await (await self.db.execute(statement, values)).fetchone()
        return row and row[0]

    async def _log(self, kind: str, key: UUID, fields: Any, at: datetime) -> None:
        sequence = await self._scalar(
            "UPDATE workspaces SET sequence = sequence + 1 WHERE id = ? RETURNING sequence",
            self.target.workspace.id.bytes,
        )
        values = [
            self.target.workspace.id, sequence, at, kind, key, self.target.project.id,
            orjson.dumps(fields).decode(),
        ]  # fmt: skip
        await self.db.execute(
            "INSERT INTO changes (workspace_id, sequence, at, kind, subject_type, subject_id, "
            "project_id, fields) VALUES (?, ?, ?, ?, 'Task', ?, ?, ?)",
            [binary_value(value) for value in values],
        )


class Aiomysql:
    """The writes on MariaDB, which takes the number first, as the API does."""

    def __init__(self, pool: Any, target: Target) -> None:
        self.pool = pool
        self.target = target
        self.titles = count()

    async def create(self, client: int) -> None:
        """Insert a task with its number and rank, and its change."""
        target, at = self.target, datetime.now(UTC)
        workspace, project = target.workspace.id.bytes, target.project.id.bytes
        async with self.pool.acquire() as connection, connection.cursor() as db:
            await connection.begin()
            last = await self._scalar(
                db, "SELECT last_number FROM projects WHERE id = %s FOR UPDATE", project
            )
            await self._scalar(
                db, "SELECT id FROM states WHERE workspace_id = %s ORDER BY position LIMIT 1",
                workspace,
            )  # fmt: skip
            rank = await self._scalar(
                db, "SELECT max(`rank`) FROM tasks WHERE workspace_id = %s", workspace
            )
            title = f"Task {next(self.titles)}"
            row = task_values(target, last + 1, (rank or "a0")[:100], title, at)
            sequence = await self._number(db)
            await db.execute(
                "UPDATE projects SET last_number = %s WHERE id = %s", (last + 1, project)
            )
            names = ", ".join(f"`{name}`" for name in row)
            places = ", ".join(["%s"] * len(row))
            values = [binary_value(value) for value in row.values()]
            await db.execute(f"INSERT INTO tasks ({names}) VALUES ({places})", values)
            await self._log(db, sequence, "CREATED", row["id"], {"title": [None, title]}, at)
            await connection.commit()

    async def update(self, client: int) -> None:
        """Rename the client's task, and insert the change."""
        key, at = self.target.tasks[client], datetime.now(UTC)
        async with self.pool.acquire() as connection, connection.cursor() as db:
            await connection.begin()
            await db.execute("SELECT * FROM tasks WHERE id = %s FOR UPDATE", (key.bytes,))
            names = [column[0] for column in db.description]
            row: dict[str, Any] = dict(zip(names, await db.fetchone() or (), strict=True))
            sequence = await self._number(db)
            title = f"Task {next(self.titles)}"
            await db.execute(
                "UPDATE tasks SET title = %s, updated_at = %s, version = %s WHERE id = %s",
                (title, binary_value(at), row["version"] + 1, key.bytes),
            )
            await self._log(db, sequence, "UPDATED", key, {"title": [row["title"], title]}, at)
            await connection.commit()

    async def _scalar(self, db: Any, statement: str, *values: Any) -> Any:
        await db.execute(statement, values)
        row = await db.fetchone()
        return row and row[0]

    async def _number(self, db: Any) -> int:
        await db.execute(
            "UPDATE workspaces SET sequence = last_insert_id(sequence + 1) WHERE id = %s",
            (self.target.workspace.id.bytes,),
        )
        number: int = db.lastrowid
        return number

    async def _log(
        self, db: Any, sequence: int, kind: str, key: UUID, fields: Any, at: datetime
    ) -> None:
        values = [
            self.target.workspace.id, sequence, at, kind, key, self.target.project.id,
            orjson.dumps(fields).decode(),
        ]  # fmt: skip
        await db.execute(
            "INSERT INTO changes (workspace_id, sequence, at, kind, subject_type, subject_id, "
            "project_id, fields) VALUES (%s, %s, %s, %s, 'Task', %s, %s, %s)",
            [binary_value(value) for value in values],
        )


def binary_value(value: Any) -> Any:
    """A value in the form in which SQLite and MariaDB store it."""
    if isinstance(value, UUID):
        return value.bytes
    return value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value


async def handwritten_for(database: Database, target: Target, size: int) -> tuple[HandWritten, Any]:
    """The hand-written SQL for a database, and a function that closes its connections."""
    if database.kind == "sqlite":
        db = await aiosqlite.connect(database.url.database or "", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            await db.execute(f"PRAGMA {pragma}")
        return Aiosqlite(db, target), db.close
    if database.kind == "mysql":
        url = database.url
        pool = await aiomysql.create_pool(
            minsize=size, maxsize=size, host=url.host, port=url.port or 3306,
            user=url.username, password=url.password or "", db=url.database,
        )  # fmt: skip
        return Aiomysql(pool, target), partial(_close, pool)
    dsn = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    pool = await asyncpg.create_pool(dsn, min_size=size, max_size=size)
    return Asyncpg(pool, target), pool.close


async def _close(pool: Any) -> None:
    pool.close()
    await pool.wait_closed()
