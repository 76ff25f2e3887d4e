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
from typing import Any

import orjson
import uvloop
from uuid_utils.compat import uuid7

from benchmarks.database import new_database
from benchmarks.hand_written import Target, handwritten_for, task_values
from graph.app import create_app
from graph.cli import accounts
from graph.settings import Settings
from models import Project, Scope, Task
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
        await accounts.add_user(session, "writer", None, None, None, slug, None)
        token = await accounts.create_token(session, owner.handle, slug, Scope.WRITE, "benchmark")
        target = Target(workspace, project, states[0], token)
        for number in range(clients):
            row = task_values(target, number + 1, "a0", "Own", datetime.now(UTC))
            session.add(Task(**row))
            target.tasks.append(row["id"])
        project.last_number = clients
    return target


async def main() -> None:
    """Create a database, measure in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64])
    parser.add_argument("--seconds", type=float, default=2, help="duration of each turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument(
        "--server",
        help="URL of the PostgreSQL or MariaDB server to create the database on; SQLite by default",
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
