"""Live changes: `make benchmark-live`, in a database that is created and dropped.

A server process of its own has up to 10,000 subscribers, each on a WebSocket of its own, which
belong to 100 users. Another process commits changes. For each number of subscribers this prints

 - the memory of the server for each subscriber, with everything: socket, protocol, subscription,
 - the time from a commit to the first and to the last delivery,
 - the median latency of a query while nothing is delivered, and while changes are all the time.
"""

import argparse
import asyncio
import gc
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import uvloop

from benchmarks.database import new_database
from benchmarks.engine.servers import Command, Server, running
from benchmarks.live.sockets import Arrivals, open_sockets
from graph.cli import accounts
from models import Membership, Project, Role, Scope, State, Task, User
from models.database import Database
from models.workspace import new_workspace

ROOT = Path(__file__).parents[2]
USERS = 100
#: Seconds until a change has arrived everywhere, at most.
PATIENCE = 60
SUBSCRIPTIONS = {
    "change": 'subscription { changes(workspace: "live") { sequence kind subjectType subjectId } }',
    "subject": (
        'subscription { changes(workspace: "live") { sequence kind actor { handle } '
        "subject { id ... on Task { key title state { name } assignees { handle } } } } }"
    ),
}
QUERY = '{ workspace(slug: "live") { tasks(first: 20) { nodes { key title state { name } } } } }'
SETTINGS = {
    "TASKLOOM_LOG_LEVEL": "warning",
    "TASKLOOM_MAX_SOCKETS_PER_ADDRESS": "100000",
    "TASKLOOM_MAX_SOCKETS_PER_USER": "100000",
    "TASKLOOM_BUDGET": "1000000000000",
    "TASKLOOM_ANONYMOUS_BUDGET": "1000000000000",
}


class Team:
    """A workspace with many members, and a task that is changed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.tokens: list[str] = []
        self.task_id: Any = None
        self.changed = 0

    async def create(self) -> None:
        async with self.database.writes.begin() as session:
            workspace, states = new_workspace("live", "Live")
            session.add_all([workspace, *states])
            await session.flush()
            for number in range(USERS):
                user = User(handle=f"user{number}", name=f"User {number}")
                session.add(user)
                await session.flush()
                session.add(
                    Membership(workspace_id=workspace.id, user_id=user.id, role=Role.MEMBER)
                )
            project = Project(workspace_id=workspace.id, key="LIV", name="Live")
            session.add(project)
            await session.flush()
            state: State = states[0]
            tasks = [
                Task(
                    workspace_id=workspace.id,
                    project_id=project.id,
                    state_id=state.id,
                    number=number,
                    title=f"Task {number}",
                    rank=f"a{number:04}",
                )
                for number in range(1, 51)
            ]
            session.add_all(tasks)
            await session.flush()
            self.task_id = tasks[0].id
        async with self.database.writes.begin() as session:
            for number in range(USERS):
                self.tokens.append(
                    await accounts.create_token(
                        session, f"user{number}", None, Scope.READ, "benchmark"
                    )
                )

    async def change(self) -> float:
        """Commit a change; return when the commit was confirmed."""
        self.changed += 1
        async with self.database.writes.begin() as session:
            task = await session.get_one(Task, self.task_id)
            task.title = f"Changed {self.changed} times"
        return time.perf_counter()


def resident_memory(server: Server) -> int:
    """The resident size of a process, in bytes."""
    for line in Path(f"/proc/{server.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise LookupError("VmRSS")


@asynccontextmanager
async def served(url: str, folder: str) -> AsyncIterator[Server]:
    serve = "from graph.cli import main; main()"
    command = Command(
        (sys.executable, "-c", serve, "serve", "--port", "{port}"),
        {**SETTINGS, "TASKLOOM_DATABASE_URL": url},
        ROOT,
    )
    async with running(command, Path(folder) / "server.log", None) as server:
        yield server


async def query_latency(client: httpx.AsyncClient, seconds: float) -> float:
    """The median latency of a query that is sent again and again, in milliseconds."""
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        started = time.perf_counter()
        response = await client.post("/graphql", json={"query": QUERY})
        response.raise_for_status()
        times.append((time.perf_counter() - started) * 1000)
        await asyncio.sleep(0.01)
    return statistics.median(times)


async def measure(
    server: Server, team: Team, name: str, count: int, changes: int, seconds: float
) -> None:
    """Measure one subscription with so many subscribers, and print a line."""
    arrivals = Arrivals()
    before = resident_memory(server)
    transports = await open_sockets(
        server.port,
        count,
        lambda number: team.tokens[number % USERS],
        SUBSCRIPTIONS[name],
        arrivals,
    )
    await settle(team, arrivals, count)
    gc.collect()
    memory = resident_memory(server) - before
    first, last = [], []
    for _ in range(changes):
        arrivals.expect(count)
        committed = await team.change()
        await arrivals.wait(PATIENCE)
        first.append((arrivals.times[0] - committed) * 1000)
        last.append((arrivals.times[-1] - committed) * 1000)
        await asyncio.sleep(0.05)
    headers = {"Authorization": f"Bearer {team.tokens[0]}"}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=PATIENCE
    ) as client:
        usual = await query_latency(client, seconds)
        stop = asyncio.Event()
        writing = asyncio.ensure_future(keep_changing(team, arrivals, count, stop))
        meanwhile = await query_latency(client, seconds)
        stop.set()
        delivered = await writing
    print(
        f"{name:10}{count:12,}{memory / 1000 / count:12.1f}"
        f"{statistics.median(first):10.1f}{statistics.median(last):10.1f}{max(last):10.1f}"
        f"{delivered / seconds:12,.0f}{usual:10.1f}{meanwhile:10.1f}{meanwhile / usual:8.1f}"
    )
    for transport in transports:
        transport.abort()
    await asyncio.sleep(0.5)


async def settle(team: Team, arrivals: Arrivals, count: int) -> None:
    """Commit changes until one has arrived at all subscribers: all have then started."""
    for _ in range(5):
        arrivals.expect(count)
        await team.change()
        try:
            await arrivals.wait(3)
        except TimeoutError:
            continue
        return
    raise TimeoutError("not all subscriptions have started")


async def keep_changing(team: Team, arrivals: Arrivals, count: int, stop: asyncio.Event) -> int:
    """Commit a change whenever the one before has arrived everywhere; return the deliveries."""
    delivered = 0
    while not stop.is_set():
        arrivals.expect(count)
        await team.change()
        await arrivals.wait(PATIENCE)
        delivered += count
    return delivered


async def run(options: argparse.Namespace) -> None:
    async with new_database(options.server) as url:
        database = Database(url)
        try:
            await compare(options, url, database)
        finally:
            await database.close()


async def compare(options: argparse.Namespace, url: str, database: Database) -> None:
    team = Team(database)
    await team.create()
    print(f"{database.kind}; {USERS} users; commits of another process; {os.cpu_count()} cores")
    print(
        f"{'selects':10}{'subscribers':>12}{'kB each':>12}{'first ms':>10}{'last ms':>10}"
        f"{'worst':>10}{'events/s':>12}{'query ms':>10}{'meanwhile':>10}{'ratio':>8}"
    )
    with TemporaryDirectory() as folder:
        for name in SUBSCRIPTIONS:
            for count in options.subscribers:
                async with served(url, folder) as server:
                    # The first request imports and compiles.
                    await warm_up(server, team)
                    await measure(server, team, name, count, options.changes, options.seconds)


async def warm_up(server: Server, team: Team) -> None:
    headers = {"Authorization": f"Bearer {team.tokens[0]}"}
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{server.port}", headers=headers, timeout=PATIENCE
    ) as client:
        await query_latency(client, 0.3)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n\n")[0], prog="python -m benchmarks.live"
    )
    parser.add_argument("--subscribers", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--changes", type=int, default=10, help="changes that are timed")
    parser.add_argument("--seconds", type=float, default=4, help="duration of each latency")
    parser.add_argument(
        "--server", help="URL of the PostgreSQL or MariaDB server to create the database on"
    )
    uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
