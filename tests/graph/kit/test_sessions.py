"""Database sessions under load: small pools, cancellation, broken connections."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import text

from models.database import Database, DatabaseOptions
from tests.graph.kit.test_pages import FIFTY, Team, make_team
from tests.support.client import Api
from tests.support.world import World


def checked_out(database: Database) -> int:
    """The number of connections that are checked out of the pools."""
    pools: list[Any] = [database.read_engine.pool, database.write_engine.pool]
    return sum(pool.checkedout() for pool in pools)


@pytest.fixture
async def team(world: World) -> Team:
    async def build() -> Team:
        team = await make_team(world, 12)
        for task in team.tasks:
            await world.make_comment(task, team.users[0])
        return team

    return await world.snapshot("team with 12 tasks and comments", build)


class TestSmallPools:
    @pytest.fixture(params=[1, 2])
    def settings(self, request: pytest.FixtureRequest) -> dict[str, Any]:
        return {"pool_size": request.param, "pool_timeout": 20}

    async def test_fifty_concurrent_requests_are_all_answered(self, api: Api, team: Team) -> None:
        asking = (api.ask(FIFTY, team.token, slug=team.workspace.slug) for _ in range(50))
        answers = await asyncio.gather(*asking)
        titles = [node["title"] for node in answers[0]["workspace"]["tasks"]["nodes"]]
        assert titles == team.titles
        assert all(answer == answers[0] for answer in answers)
        assert checked_out(api.database) == 0


async def test_first_request_on_an_empty_pool_is_answered(api: Api, team: Team) -> None:
    pool: Any = api.database.read_engine.pool
    assert pool.checkedin() + pool.checkedout() == 0
    data = await api.ask(FIFTY, team.token, slug=team.workspace.slug)
    assert len(data["workspace"]["tasks"]["nodes"]) == 12


@pytest.mark.parametrize("delay", [0, 0.002, 0.005, 0.01, 0.02, 0.05])
async def test_canceled_request_returns_its_connections(api: Api, team: Team, delay: float) -> None:
    for _ in range(4):
        asking = asyncio.ensure_future(api.ask(FIFTY, team.token, slug=team.workspace.slug))
        await asyncio.sleep(delay)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    for _ in range(500):
        if not checked_out(api.database):
            break
        await asyncio.sleep(0.01)
    assert checked_out(api.database) == 0
    data = await api.ask(FIFTY, team.token, slug=team.workspace.slug)
    assert len(data["workspace"]["tasks"]["nodes"]) == 12


async def test_disconnected_client_cancels_its_statements(api: Api, team: Team, kind: str) -> None:
    if kind != "postgresql":
        pytest.skip("only PostgreSQL can lock a table in this way")
    disconnected = asyncio.Event()
    body = json.dumps({"query": FIFTY, "variables": {"slug": team.workspace.slug}}).encode()
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if messages:
            return messages.pop()
        await disconnected.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pytest.fail("the client has disconnected")

    headers = {"content-type": "application/json", "authorization": f"Bearer {team.token}"}
    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql",
        "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("taskloom.test", 80), "client": ("127.0.0.1", 1), "extensions": {},
    }  # fmt: skip
    waiting = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with api.database.writes.begin() as session:
        await session.execute(text("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE"))
        request = asyncio.ensure_future(api.app(scope, receive, send))
        await eventually(api.database, waiting, 1)
        disconnected.set()
        async with asyncio.timeout(5):
            await request
        await eventually(api.database, waiting, 0)
    assert checked_out(api.database) == 0


async def eventually(database: Database, query: str, value: int) -> None:
    """Wait up to 4 seconds until a query returns a value."""
    for _ in range(200):
        async with database.reads() as session:
            if await session.scalar(text(query)) == value:
                return
        await asyncio.sleep(0.02)
    pytest.fail(f"{query} never gave {value}")


async def test_read_sessions_cannot_write(api: Api, team: Team) -> None:
    async with api.database.reads() as session:
        with pytest.raises(Exception, match=r"(?i)read.?only"):
            await session.execute(text("DELETE FROM comments"))
    async with api.database.reads() as session:
        assert await session.scalar(text("SELECT count(*) FROM comments")) == 12


class TestPostgreSQL:
    @pytest.fixture
    def kind(self) -> str:
        return "postgresql"

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"pool_size": 1, "pool_timeout": 5}

    @pytest.mark.parametrize("engine", ["read_engine", "write_engine"])
    async def test_connection_with_an_open_transaction_is_removed_from_the_pool(
        self, api: Api, team: Team, engine: str
    ) -> None:
        opened = getattr(api.database, engine)
        async with opened.connect() as connection:
            pid = await connection.scalar(text("SELECT pg_backend_pid()"))
            raw = await connection.get_raw_connection()
            # The pool does not know of this transaction and cannot roll it back.
            if engine == "write_engine":
                await connection.rollback()
            await raw.driver_connection.execute("BEGIN")
        async with opened.connect() as connection:
            assert await connection.scalar(text("SELECT pg_backend_pid()")) != pid
        data = await api.ask(FIFTY, team.token, slug=team.workspace.slug)
        assert len(data["workspace"]["tasks"]["nodes"]) == 12

    async def test_commit_during_a_statement_does_not_break_later_requests(
        self, api: Api, team: Team
    ) -> None:
        async with api.database.writes() as session:
            running = asyncio.ensure_future(session.execute(text("SELECT pg_sleep(0.2)")))
            await asyncio.sleep(0.05)
            with pytest.raises(Exception):  # noqa: B017, PT011 - of several kinds
                await session.commit()
            await asyncio.gather(running, return_exceptions=True)
        async with api.database.writes.begin() as session:
            assert await session.scalar(text("SELECT 1")) == 1

    async def test_slow_statement_is_canceled_at_the_timeout(self, url: str) -> None:
        database = Database(url, DatabaseOptions(statement_timeout=0.2))
        async with database.reads() as session:
            with pytest.raises(Exception, match="statement timeout"):
                await session.execute(text("SELECT pg_sleep(5)"))
        await database.close()

    async def test_closed_connection_is_replaced(self, api: Api, team: Team) -> None:
        async with api.database.reads() as session:
            pid = await session.scalar(text("SELECT pg_backend_pid()"))
        async with api.database.writes.begin() as session:
            await session.execute(text(f"SELECT pg_terminate_backend({pid})"))
        data = await api.ask("{ viewer { handle } }", team.token)
        assert data == {"viewer": {"handle": team.users[0].handle}}


class TestLostConnections:
    @pytest.fixture
    def kind(self) -> str:
        return "postgresql"

    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"pool_size": 5}

    async def test_all_lost_connections_are_replaced(
        self, api: Api, team: Team, database: Database
    ) -> None:
        """The server ends them, as if it were restarted, and nobody has noticed that yet."""
        query = "{ viewer { handle workspaces(first: 5) { nodes { slug } } } }"
        expected = await api.ask(query, team.token)
        for pause in (0, 0.002, 0.1):
            engine = api.database.read_engine
            taken: list[Any] = [await engine.raw_connection() for _ in range(5)]
            pids = [free.driver_connection.get_server_pid() for free in taken]
            for free in taken:
                free.close()
            async with database.write_engine.connect() as connection:
                for pid in pids:
                    await connection.execute(text(f"SELECT pg_terminate_backend({pid})"))
            await asyncio.sleep(pause)
            for _ in range(3):
                assert await api.ask(query, team.token) == expected
            answers = await asyncio.gather(*(api.ask(query, team.token) for _ in range(20)))
            assert answers == [expected] * 20
        assert checked_out(api.database) == 0
