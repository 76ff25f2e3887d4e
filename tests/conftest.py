"""What every test can ask for: a clean database, a client of the API, a count of statements."""

from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.app import create_app
from graph.operations import extensions
from graph.operations.parser_thread import PARSER_THREAD
from graph.settings import Settings
from models.database import Database
from tests.support import databases
from tests.support.client import Api, Statements
from tests.support.office import Office, make_office
from tests.support.world import World

SERVERS: dict[str, databases.Server] = {}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "check: part of `make check`")
    if not hasattr(config, "workerinput"):
        databases.start_own_postgres()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        databases.stop_own_postgres()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in databases.summary():
        terminalreporter.write_line(line)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    counted = item.stash.get(STATEMENTS, None)
    if report.failed and counted is not None:
        report.sections.append(("SQL statements", str(counted)))
    return report


STATEMENTS = pytest.StashKey[Statements]()


@pytest.fixture(scope="session", autouse=True)
def no_clock() -> None:
    """Tests send many documents that no server has seen, and what they cost is counted.

    The reader of documents does not rest, and the time that it takes is not charged.
    """
    PARSER_THREAD.SLEEP_RATIO = 0
    extensions.COST_PER_SECOND = 0


@pytest.fixture(scope="session", autouse=True)
def close_servers() -> Iterator[None]:
    yield
    for server in SERVERS.values():
        server.close()


def server_of(kind: str, factory: pytest.TempPathFactory) -> databases.Server:
    """The worker's own database of a kind."""
    if kind not in SERVERS:
        SERVERS[kind] = databases.Server(kind, factory.mktemp(kind))
    return SERVERS[kind]


@pytest.fixture(params=databases.kinds())
def kind(request: pytest.FixtureRequest) -> str:
    """Each database in turn; a test that is for one of them overrides it."""
    return str(request.param)


@pytest.fixture
def server(kind: str, tmp_path_factory: pytest.TempPathFactory) -> databases.Server:
    return server_of(kind, tmp_path_factory)


@pytest.fixture
async def url(server: databases.Server, tmp_path: Path) -> str:
    """A clean, migrated database of the test's own."""
    return await server.clean(tmp_path)


@pytest.fixture
async def empty_url(server: databases.Server, tmp_path: Path) -> AsyncIterator[str]:
    """A database without any table."""
    made, drop = await server.spare(tmp_path)
    yield made
    if drop is not None:
        await server.drop(drop)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The test's own way to its database, apart from the server's."""
    opened = Database(url)
    yield opened
    await opened.close()


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


#: Settings for documents that no client sends.
NO_LIMITS = {
    "max_document_size": 10**7, "max_tokens": 10**6, "max_fields": 10**6, "max_depth": 100,
    "max_aliases": 10**5, "max_directives": 10**5, "max_root_fields": 10**5, "max_cost": 10**12,
    "max_argument_values": 10**12, "max_answer_size": 10**12,
    "budget": 10**12, "anonymous_budget": 10**12,
}  # fmt: skip


@pytest.fixture
def settings() -> dict[str, Any]:
    """Settings of the server that differ from the defaults; a test overrides it."""
    return {}


@pytest.fixture
async def api(url: str, settings: dict[str, Any]) -> AsyncIterator[Api]:
    """A client of a server that has just started: its pools are cold."""
    app = create_app(Settings(database_url=url, **settings))
    async with app.router.lifespan_context(app), Api(app) as client:
        # Starting looked at the schema.
        await client.database.close()
        yield client


@pytest.fixture
def statements(api: Api, request: pytest.FixtureRequest) -> Iterator[Statements]:
    """The statements that the server sends; a test that fails prints them."""
    with Statements(api.database) as counted:
        request.node.stash[STATEMENTS] = counted
        yield counted


@pytest.fixture
async def office(api: Api, world: World) -> Office:
    return await make_office(api, world)


@pytest.fixture
def roles_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The viewer is read once a request, however slow the machine: statements are counted."""
    monkeypatch.setattr("graph.context.ROLES_FRESH_SECONDS", 3600)
