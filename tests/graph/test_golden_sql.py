"""The SQL of typical queries: equal to golden files, and planned without full table scans.

UPDATE_GOLDEN=1 rewrites the files. Read the difference before you commit it.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from graph.app import create_app
from graph.cli import accounts
from graph.cli.demo.workspace import DemoWorkspace
from graph.settings import Settings
from models.database import Database
from models.migrations import migrate
from tests.support.client import Api
from tests.support.databases import Server
from tests.support.queries import QUERIES
from tests.support.world import World

GOLDEN = Path(__file__).parent / "golden_sql"

Sent = list[tuple[str, Any]]


#: The URL of a database with demo data and the token of its owner, by server.
DEMOS: dict[Server, tuple[str, str]] = {}


@pytest.fixture
def demo(server: Server) -> tuple[str, str]:
    """A database that these tests share, because they only read it."""
    if server not in DEMOS:
        url = server.create_empty()
        DEMOS[server] = url, asyncio.run(make_demo(server, url))
    return DEMOS[server]


async def make_demo(server: Server, url: str) -> str:
    database = Database(url)
    await migrate(database)
    async with database.writes.begin() as session:
        owner = await accounts.find_or_create_user(session, "demo", name="Demo")
        await DemoWorkspace(session, "demo", 300, date(2026, 3, 2), lambda done: None).run(owner)
    token = await World(database, server).make_token(owner)
    await database.close()
    return token


@pytest.fixture
def url(demo: tuple[str, str]) -> str:
    return demo[0]


@pytest.fixture
def token(demo: tuple[str, str]) -> str:
    return demo[1]


@pytest.fixture
async def sent(url: str, token: str) -> AsyncIterator[Any]:
    """A function that runs a query on a new server and returns its statements."""
    app = create_app(Settings(database_url=url))
    async with app.router.lifespan_context(app), Api(app) as api:

        async def run(query: str) -> Sent:
            recorded: Sent = []

            def note(
                connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any
            ) -> None:
                recorded.append((statement, parameters))

            def note_driver(statement: str, parameters: Any) -> None:
                recorded.append((statement, tuple(parameters)))

            engine = api.database.read_engine.sync_engine
            event.listen(engine, "before_cursor_execute", note)
            api.database.driver_listeners.append(note_driver)
            await api.ask(query, token, slug="demo")
            event.remove(engine, "before_cursor_execute", note)
            api.database.driver_listeners.remove(note_driver)
            return recorded

        yield run


@pytest.mark.parametrize("name", QUERIES)
async def test_sql_equals_the_golden_file(sent: Any, kind: str, name: str) -> None:
    statements = sorted(statement for statement, _ in await sent(QUERIES[name]))
    sql_text = (
        "\n\n".join(re.sub(r" +\n", "\n", f"{statement};") for statement in statements) + "\n"
    )
    file = GOLDEN / f"{name}.{kind}.sql"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(sql_text)
    assert file.read_text() == sql_text


class TestPlans:
    @pytest.fixture(params=["sqlite", "postgresql"])
    def kind(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.mark.parametrize("name", QUERIES)
    async def test_plans_have_no_full_table_scan(
        self, sent: Any, database: Database, kind: str, name: str
    ) -> None:
        for statement, parameters in await sent(QUERIES[name]):
            plan = await explain(database, kind, statement, parameters)
            scanned = re.findall(r"(?:Seq Scan on|SCAN) (tasks|comments)\b(?! USING)", plan)
            assert scanned == [], f"{statement}\n\n{plan}"


async def explain(database: Database, kind: str, statement: str, parameters: Any) -> str:
    """The plan of a statement."""
    async with database.read_engine.connect() as connection:
        if kind == "postgresql":
            # On small tables the planner prefers sequential scans, even if there is an index.
            await connection.execute(text("SET enable_seqscan = off"))
        verb = "EXPLAIN" if kind == "postgresql" else "EXPLAIN QUERY PLAN"
        recorded = await connection.exec_driver_sql(f"{verb} {statement}", parameters)
        return "\n".join(str(row[-1]) for row in recorded)
