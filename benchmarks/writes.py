"""How many writes a second: `make benchmark-writes`, on the database of TASKLOOM_DATABASE_URL.

`taskCreate` and `taskUpdate` through the whole API, in this process, beside the same writes by
hand: the statements that they cannot do without, in a transaction each, on the bare driver.
Both take turns within a run; what counts is their ratio.
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


class ByHand(Protocol):
    """The same writes on a bare driver."""

    async def create(self, client: int) -> None: ...

    async def update(self, client: int) -> None: ...


class Ground:
    """What is written to: a workspace with a project, and a task for each client."""

    def __init__(self, workspace: Workspace, project: Project, state: State, token: str) -> None:
        self.workspace = workspace
        self.project = project
        self.state = state
        self.token = token
        self.tasks: list[UUID] = []


class ThroughTheApi:
    """Requests to the application itself, without a network."""

    def __init__(self, app: Any, ground: Ground) -> None:
        self.app = app
        self.ground = ground
        self.titles = count()

    async def ask(self, query: str, given: dict[str, Any]) -> Any:
        """The data of a request."""
        body = orjson.dumps({"query": query, "variables": {"input": given}})
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
            (b"authorization", f"Bearer {self.ground.token}".encode()),
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
        """Makes a task."""
        title = f"Task {next(self.titles)}"
        project = f"project_{self.ground.project.id.hex}"
        await self.ask(CREATE, {"projectId": project, "title": title})

    async def update(self, client: int) -> None:
        """Renames the client's own task."""
        key = f"task_{self.ground.tasks[client].hex}"
        await self.ask(UPDATE, {"id": key, "title": f"Task {next(self.titles)}"})


def made(ground: Ground, number: int, rank: str, title: str, at: datetime) -> dict[str, Any]:
    """A row of tasks."""
    return {
        "id": uuid7(), "workspace_id": ground.workspace.id, "project_id": ground.project.id,
        "number": number, "title": title, "body": "", "rank": rank, "state_id": ground.state.id,
        "created_at": at, "updated_at": at, "version": 1,
    }  # fmt: skip


class Asyncpg:
    """On PostgreSQL."""

    def __init__(self, pool: Any, ground: Ground) -> None:
        self.pool = pool
        self.ground = ground
        self.titles = count()

    async def create(self, client: int) -> None:
        """Makes a task: its number, its place, itself, and its change."""
        ground, at = self.ground, datetime.now(UTC)
        async with self.pool.acquire() as db, db.transaction():
            last = await db.fetchval(
                "SELECT last_number FROM projects WHERE id = $1 FOR NO KEY UPDATE",
                ground.project.id,
            )
            await db.fetchval(
                "SELECT id FROM states WHERE workspace_id = $1 ORDER BY position LIMIT 1",
                ground.workspace.id,
            )
            rank = await db.fetchval(
                "SELECT max(rank) FROM tasks WHERE workspace_id = $1", ground.workspace.id
            )
            row = made(ground, last + 1, (rank or "a0")[:100], f"Task {next(self.titles)}", at)
            await db.execute(
                "UPDATE projects SET last_number = $1 WHERE id = $2", last + 1, ground.project.id
            )
            names = ", ".join(row)
            places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
            await db.execute(f"INSERT INTO tasks ({names}) VALUES ({places})", *row.values())
            await self._log(db, "CREATED", row["id"], {"title": [None, row["title"]]}, at)

    async def update(self, client: int) -> None:
        """Renames the client's own task, and logs it."""
        key, at = self.ground.tasks[client], datetime.now(UTC)
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
            self.ground.workspace.id,
        )
        await db.execute(
            "INSERT INTO changes (workspace_id, sequence, at, kind, subject_type, subject_id, "
            "project_id, fields) VALUES ($1, $2, $3, $4, 'Task', $5, $6, $7)",
            self.ground.workspace.id, sequence, at, kind, key, self.ground.project.id,
            orjson.dumps(fields).decode(),
        )  # fmt: skip


class Aiosqlite:
    """On SQLite, which has one writer at a time."""

    def __init__(self, db: aiosqlite.Connection, ground: Ground) -> None:
        self.db = db
        self.ground = ground
        self.titles = count()
        self.turn = asyncio.Lock()

    async def create(self, client: int) -> None:
        """Makes a task: its number, its place, itself, and its change."""
        ground, at = self.ground, datetime.now(UTC)
        async with self.turn:
            await self.db.execute("BEGIN IMMEDIATE")
            workspace, project = ground.workspace.id.bytes, ground.project.id.bytes
            last = await self._one("SELECT last_number FROM projects WHERE id = ?", project)
            await self._one(
                "SELECT id FROM states WHERE workspace_id = ? ORDER BY position LIMIT 1", workspace
            )
            rank = await self._one("SELECT max(rank) FROM tasks WHERE workspace_id = ?", workspace)
            row = made(ground, last + 1, (rank or "a0")[:100], f"Task {next(self.titles)}", at)
            await self.db.execute(
                "UPDATE projects SET last_number = ? WHERE id = ?", (last + 1, project)
            )
            names, places = ", ".join(row), ", ".join("?" * len(row))
            values = [plain(value) for value in row.values()]
            await self.db.execute(f"INSERT INTO tasks ({names}) VALUES ({places})", values)
            await self._log("CREATED", row["id"], {"title": [None, row["title"]]}, at)
            await self.db.commit()

    async def update(self, client: int) -> None:
        """Renames the client's own task, and logs it."""
        key, at = self.ground.tasks[client], datetime.now(UTC)
        async with self.turn:
            await self.db.execute("BEGIN IMMEDIATE")
            found = await self.db.execute("SELECT * FROM tasks WHERE id = ?", (key.bytes,))
            names = [one[0] for one in found.description]
            row: dict[str, Any] = dict(zip(names, await found.fetchone() or (), strict=True))
            title = f"Task {next(self.titles)}"
            await self.db.execute(
                "UPDATE tasks SET title = ?, updated_at = ?, version = ? WHERE id = ?",
                (title, plain(at), row["version"] + 1, key.bytes),
            )
            await self._log("UPDATED", key, {"title": [row["title"], title]}, at)
            await self.db.commit()

    async def _one(self, statement: str, *values: Any) -> Any:
        row = await (await self.db.execute(statement, values)).fetchone()
        return row and row[0]

    async def _log(self, kind: str, key: UUID, fields: Any, at: datetime) -> None:
        sequence = await self._one(
            "UPDATE workspaces SET sequence = sequence + 1 WHERE id = ? RETURNING sequence",
            self.ground.workspace.id.bytes,
        )
        values = [
            self.ground.workspace.id, sequence, at, kind, key, self.ground.project.id,
            orjson.dumps(fields).decode(),
        ]  # fmt: skip
        await self.db.execute(
            "INSERT INTO changes (workspace_id, sequence, at, kind, subject_type, subject_id, "
            "project_id, fields) VALUES (?, ?, ?, ?, 'Task', ?, ?, ?)",
            [plain(value) for value in values],
        )


def plain(value: Any) -> Any:
    """A value as SQLite stores it."""
    if isinstance(value, UUID):
        return value.bytes
    return value.replace(tzinfo=None).isoformat(" ") if isinstance(value, datetime) else value


async def rate(write: Write, clients: int, seconds: float) -> float:
    """Writes a second of so many clients at once."""
    done = 0
    start = time.perf_counter()

    async def run(client: int) -> None:
        nonlocal done
        while time.perf_counter() - start < seconds:
            await write(client)
            done += 1

    await asyncio.gather(*(run(client) for client in range(clients)))
    return done / (time.perf_counter() - start)


async def make_ground(database: Database, clients: int) -> Ground:
    """A workspace to write to."""
    slug = f"writes-{uuid7().hex[-8:]}"
    async with database.writes.begin() as session:
        owner = await accounts.find_or_create_user(session, "writer", name="Writer")
        workspace, states = new_workspace(slug, slug)
        project = Project(id=uuid7(), workspace_id=workspace.id, key="W", name="W")
        session.add_all([workspace, *states, project])
        await session.flush()
        await accounts.add_user(session, "writer", None, None, slug, None)
        token = await accounts.create_token(session, owner.handle, slug, Scope.WRITE, "benchmark")
        ground = Ground(workspace, project, states[0], token)
        for number in range(clients):
            row = made(ground, number + 1, "a0", "Own", datetime.now(UTC))
            session.add(Task(**row))
            ground.tasks.append(row["id"])
        project.last_number = clients
    return ground


async def hand_of(database: Database, ground: Ground, size: int) -> tuple[ByHand, Any]:
    """The bare driver, and what closes it."""
    if database.kind == "sqlite":
        db = await aiosqlite.connect(database.url.database or "", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            await db.execute(f"PRAGMA {pragma}")
        return Aiosqlite(db, ground), db.close
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    pool = await asyncpg.create_pool(url, min_size=size, max_size=size)
    return Asyncpg(pool, ground), pool.close


async def main() -> None:
    """Takes turns, and prints the medians."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--seconds", type=float, default=2, help="of each turn")
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    app = create_app(Settings())
    async with app.router.lifespan_context(app):
        database: Database = app.state.database
        ground = await make_ground(database, max(given.clients))
        api = ThroughTheApi(app, ground)
        hand, close = await hand_of(database, ground, Settings().pool_size)
        print(f"{database.kind}: writes a second, median of {given.turns} turns")
        print(f"{'':10} {'clients':>8} {'by hand':>9} {'API':>9} {'ratio':>7}")
        for name in ("create", "update"):
            for clients in given.clients:
                turns: dict[str, list[float]] = {"hand": [], "api": []}
                for _ in range(given.turns):
                    for who, how in (("hand", hand), ("api", api)):
                        turns[who].append(await rate(getattr(how, name), clients, given.seconds))
                limit, reached = (statistics.median(turns[who]) for who in ("hand", "api"))
                print(f"{name:10} {clients:8} {limit:9.0f} {reached:9.0f} {reached / limit:7.2f}")
        await close()


if __name__ == "__main__":
    # The loop that the server runs on.
    uvloop.run(main())
