"""Subscribers resume exactly where they were, whatever is killed."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from multiprocessing.process import BaseProcess

import httpx
from sqlalchemy import select, text
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from graph.kit.node import encode_id
from models import Change, Role
from models.database import Database
from tests.support.serving import Remote, serving
from tests.support.sockets import CHANGES
from tests.support.world import World

#: Seconds of chaos, subscribers and writers.
SECONDS, SUBSCRIBERS, WRITERS = 4.0, 6, 8
SETTINGS = {
    "poll_interval": 0.2, "shared_budgets": True, "budget": 10**9, "anonymous_budget": 10**9,
    "pool_size": 4,
}  # fmt: skip


class Cluster:
    """Server processes of one database, which are killed and started again."""

    def __init__(self, url: str) -> None:
        self.url = url
        #: The addresses of the servers that run, and their processes.
        self.addresses: dict[int, str] = {}
        self._processes: dict[int, BaseProcess] = {}
        self.kills = 0

    async def keep_running(self, number: int, until: asyncio.Event) -> None:
        """Run a server, and start it again whenever it has been killed."""
        while not until.is_set():
            async with serving(self.url, **SETTINGS) as (remote, process):
                self.addresses[number], self._processes[number] = remote.address, process
                while process.is_alive() and not until.is_set():
                    await asyncio.sleep(0.05)
                self.addresses.pop(number, None)
                if process.is_alive():
                    process.kill()

    def kill_one(self) -> None:
        """Kill a server without a warning, unless it is the only one that runs."""
        if len(self.addresses) < 2:
            return
        number = random.choice(sorted(self.addresses))
        del self.addresses[number]
        self._processes[number].kill()
        self.kills += 1

    def any(self) -> str | None:
        return random.choice(list(self.addresses.values())) if self.addresses else None


class Follower:
    """A subscriber that resumes after the last change that it has received."""

    def __init__(self, cluster: Cluster, token: str) -> None:
        self.cluster = cluster
        self.token = token
        self.seen: list[int] = []
        self.connections = 0

    @property
    def after(self) -> int:
        return self.seen[-1] if self.seen else 0

    async def follow(self, drops: random.Random) -> None:
        while True:
            address = self.cluster.any()
            if address is not None:
                self.connections += 1
                with suppress(OSError, WebSocketException, httpx.HTTPError, TimeoutError):
                    await self._connect(address, drops)
            await asyncio.sleep(0.02)

    async def _connect(self, address: str, drops: random.Random) -> None:
        """Receive changes until the connection is lost, or dropped at random."""
        async with connect(
            address.replace("http", "ws") + "/graphql",
            subprotocols=[Subprotocol("graphql-transport-ws")],
            additional_headers={"Authorization": f"Bearer {self.token}"},
            open_timeout=2,
            close_timeout=0.1,
        ) as socket:
            await socket.send('{"type": "connection_init"}')
            variables = {"workspace": "team", "after": self.after}
            payload = {"query": CHANGES, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            while True:
                message = json.loads(await socket.recv())
                if message["type"] == "next":
                    self.seen.append(message["payload"]["data"]["changes"]["sequence"])
                    if drops.random() < 0.01:
                        socket.transport.abort()
                        return
                elif message["type"] == "error":
                    return


class StreamFollower(Follower):
    """The same with Server-Sent Events."""

    async def _connect(self, address: str, drops: random.Random) -> None:
        body = {"query": CHANGES, "variables": {"workspace": "team", "after": self.after}}
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "text/event-stream"}
        async with (
            httpx.AsyncClient(timeout=10) as client,
            client.stream("POST", f"{address}/graphql", json=body, headers=headers) as response,
        ):
            async for line in response.aiter_lines():
                if not line.startswith("data: "):
                    continue
                answer = json.loads(line.removeprefix("data: "))
                if "errors" in answer:
                    return
                self.seen.append(answer["data"]["changes"]["sequence"])
                if drops.random() < 0.01:
                    return


async def write(cluster: Cluster, token: str, project_id: str, until: asyncio.Event) -> None:
    """Create tasks on any server, until told to stop. Writes may fail."""
    create = "mutation ($input: TaskCreateInput!) { taskCreate(input: $input) { sequence } }"
    while not until.is_set():
        address = cluster.any()
        if address is not None:
            # httpx raises an AttributeError if a connection is lost while it is opened.
            with suppress(httpx.HTTPError, AssertionError, AttributeError):
                async with Remote(address) as remote:
                    values = {"projectId": project_id, "title": "written in chaos"}
                    await remote.ask(create, token, input=values)
        await asyncio.sleep(0.01)


async def terminate_listeners(database: Database) -> None:
    """End the connections on which the servers of this database listen."""
    if database.kind != "postgresql":
        return
    async with database.write_engine.begin() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'taskloom listener' AND datname = current_database()"
            )
        )


@asynccontextmanager
async def running(cluster: Cluster, servers: int) -> AsyncIterator[None]:
    over = asyncio.Event()
    tasks = [asyncio.ensure_future(cluster.keep_running(one, over)) for one in range(servers)]
    try:
        async with asyncio.timeout(30):
            while len(cluster.addresses) < servers:
                await asyncio.sleep(0.05)
        yield
    finally:
        over.set()
        await asyncio.gather(*tasks)


async def test_every_subscriber_ends_with_exactly_the_log(
    url: str, database: Database, world: World
) -> None:
    workspace = await world.make_workspace(slug="team")
    user = await world.make_member(workspace, role=Role.OWNER)
    project = await world.make_project(workspace, key="WEB")
    await world.make_state(workspace)
    token = await world.make_token(user)
    cluster, over = Cluster(url), asyncio.Event()
    kinds = [Follower, StreamFollower]
    followers = [kinds[one % 2](cluster, token) for one in range(SUBSCRIBERS)]
    async with running(cluster, servers=2):
        following = [
            asyncio.ensure_future(one.follow(random.Random(place)))
            for place, one in enumerate(followers)
        ]
        writing = [
            asyncio.ensure_future(write(cluster, token, encode_id(type(project), project.id), over))
            for _ in range(WRITERS)
        ]
        end = asyncio.get_running_loop().time() + SECONDS
        # On a slow machine it takes longer until enough has happened.
        while asyncio.get_running_loop().time() < end or followers[0].after < 50:
            await asyncio.sleep(random.uniform(0.3, 0.8))
            cluster.kill_one()
            await terminate_listeners(database)
        over.set()
        await asyncio.gather(*writing)
        async with database.reads() as session:
            of_team = select(Change.sequence).where(Change.workspace_id == workspace.id)
            log = list(await session.scalars(of_team.order_by(Change.sequence)))
        async with asyncio.timeout(20):
            while any(one.after < log[-1] for one in followers):
                await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        for one in following:
            one.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    assert log == list(range(1, len(log) + 1))
    assert len(log) >= 50
    assert cluster.kills > 0
    assert sum(one.connections for one in followers) > SUBSCRIBERS
    for follower in followers:
        assert follower.seen == log
