"""Writes per second: `make benchmark-writes`, in a database that is created and dropped.

Measures `taskCreate` and `taskUpdate` through the API in this process, and the statements that
they need at least, in one transaction each, on the bare driver. Both run in turns. Compare the
ratio, not the absolute numbers.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any, Protocol
from uuid import UUID

import aiosqlite
import asyncpg
import orjson
import uvloop
from uuid_utils.compat import uuid7

from benchmarks.database import new_database
from graph.app import create_app
from graph.cli import accounts
from graph.settings import Settings
from models import Project, Scope, State, Task, Workspace
from models.database import Database
from models.workspace import new_workspace

CREATE = """
mutation ($input: TaskCreateInput!) { taskCreate(input: $input) {
  errors { code message } sequence task { id number }
} }
"""
UPDATE = """
mutation ($input: TaskUpdateInput!) { taskUpdate(input: $input) {
  errors { code message } sequence task { id version }
} }
"""

Write = Callable[[int], Awaitable[None]]


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


class ApiClient:
    """Requests to the ASGI application, without a network."""

    def __init__(self, app: Any, target: Target) -> None:
        self.app = app
        self.target = target
        self.titles = count()

    async def ask(self, query: str, variables: dict[str, Any]) -> Any:
        """Run a mutation that must succeed, and return its payload."""
        body = orjson.dumps({"query": query, "variables": {"input": variables}})
        sent: list[Any] = []
        received = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if received:
                return received.pop()
            return await asyncio.Future()

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [
            (b"content-type", b"application/json"),
            (b"authorization", f"Bearer {self.target.token}".encode()),
        ]
        scope = {
            "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql",
            "query_string": b"", "headers": headers, "scheme": "http", "http_version": "1.1",
            "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": "",
        }  # fmt: skip
        await self.app(scope, receive, send)
        answer = orjson.loads(sent[1]["body"])
        assert "errors" not in answer, answer
        [payload] = answer["data"].values()
        assert payload["errors"] == [], payload
        return payload

    async def create(self, client: int) -> None:
        title = f"Task {next(self.titles)}"
        project = f"project_{self.target.project.id.hex}"
        await self.ask(CREATE, {"projectId": project, "title": title})

    async def update(self, client: int) -> None:
        key = f"task_{self.target.tasks[client].hex}"
        await self.ask(UPDATE, {"id": key, "title": f"Task {next(self.titles)}"})


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
            values = [sqlite_value(value) for value in row.values()]
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
                (title, sqlite_value(at), row["version"] + 1, key.bytes),
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
            [sqlite_value(value) for value in values],
        )


def sqlite_value(value: Any) -> Any:
    """A value in the form in which SQLite stores it."""
    if isinstance(value, UUID):
        return value.bytes
    return value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value


async def rate(write: Write, clients: int, seconds: float) -> float:
    """The writes per second of concurrent clients."""
    written = 0
    start = time.perf_counter()

    async def run(client: int) -> None:
        nonlocal written
        while time.perf_counter() - start < seconds:
            await write(client)
            written += 1

    await asyncio.gather(*(run(client) for client in range(clients)))
    return written / (time.perf_counter() - start)


async def make_target(database: Database, clients: int) -> Target:
    """Create the rows to write to."""
    slug = f"writes-{uuid7().hex[-8:]}"
    async with database.writes.begin() as session:
        owner = await accounts.find_or_create_user(session, "writer", name="Writer")
        workspace, states = new_workspace(slug, slug)
        project = Project(id=uuid7(), workspace_id=workspace.id, key="W", name="W")
        session.add_all([workspace, *states, project])
        await session.flush()
        await accounts.add_user(session, "writer", None, None, slug, None)
        token = await accounts.create_token(session, owner.handle, slug, Scope.WRITE, "benchmark")
        target = Target(workspace, project, states[0], token)
        for number in range(clients):
            row = task_values(target, number + 1, "a0", "Own", datetime.now(UTC))
            session.add(Task(**row))
            target.tasks.append(row["id"])
        project.last_number = clients
    return target


async def handwritten_for(database: Database, target: Target, size: int) -> tuple[HandWritten, Any]:
    """The hand-written SQL for a database, and a function that closes its connections."""
    if database.kind == "sqlite":
        db = await aiosqlite.connect(database.url.database or "", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            await db.execute(f"PRAGMA {pragma}")
        return Aiosqlite(db, target), db.close
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    pool = await asyncpg.create_pool(url, min_size=size, max_size=size)
    return Asyncpg(pool, target), pool.close


async def main() -> None:
    """Create a database, measure in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--seconds", type=float, default=2, help="duration of each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument(
        "--server",
        help="URL of the PostgreSQL server to create the database on; SQLite by default",
    )
    arguments = parser.parse_args()
    async with new_database(arguments.server) as url:
        await measure(url, arguments)


async def measure(url: str, arguments: argparse.Namespace) -> None:
    settings = Settings(database_url=url, budget=10**12)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        database: Database = app.state.database
        target = await make_target(database, max(arguments.clients))
        api = ApiClient(app, target)
        hand, close = await handwritten_for(database, target, settings.pool_size)
        print(f"{database.kind}: writes per second, median of {arguments.turns} turns")
        print(f"{'':10} {'clients':>8} {'by hand':>9} {'API':>9} {'ratio':>7}")
        for name in ("create", "update"):
            for clients in arguments.clients:
                turns: dict[str, list[float]] = {"hand": [], "api": []}
                for _ in range(arguments.turns):
                    for way, writer in (("hand", hand), ("api", api)):
                        write = getattr(writer, name)
                        turns[way].append(await rate(write, clients, arguments.seconds))
                limit, reached = (statistics.median(turns[way]) for way in ("hand", "api"))
                print(f"{name:10} {clients:8} {limit:9.0f} {reached:9.0f} {reached / limit:7.2f}")
        await close()


if __name__ == "__main__":
    # The event loop of the server.
    uvloop.run(main())
