"""Fixtures: a clean database, a client of the API, a recorder of SQL statements."""

import gc
from collections.abc import AsyncIterator, Generator, Iterator
from functools import cache
from typing import Any
from unittest.mock import AsyncMock

import pytest
import uvloop
from argon2 import PasswordHasher

from graph.app import TaskloomApp, create_app
from graph.auth import passwords
from graph.operations import budgets
from graph.operations.parser_thread import PARSER_THREAD
from graph.settings import Settings
from models.database import Database
from tests.support import databases
from tests.support.client import Api, Statements
from tests.support.executors import PLANNED, REFERENCE, is_repeated
from tests.support.office import Office, make_office
from tests.support.world import World

SERVERS: dict[str, databases.Server] = {}

#: Open databases are reused: their engines keep compiled statements from one test to the next.
#: Their connections are closed after each test.
reuse_database = cache(Database)
reuse_app_database = cache(Database)
#: Reading the environment takes as long as a request.
cached_settings = cache(Settings)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "check: part of `make check`")
    if not hasattr(config, "workerinput"):
        databases.start_own_postgres()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    repeated = [item for item in items if is_repeated(item)]
    config.hook.pytest_deselected(items=repeated)
    items[:] = [item for item in items if not is_repeated(item)]


def pytest_collection_finish() -> None:
    """Keep the garbage collector from looking through modules and test items again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def pytest_asyncio_loop_factories() -> dict[str, Any]:
    """Run tests on the event loop of servers, which is also faster."""
    return {"uvloop": uvloop.new_event_loop}


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
    recorder = item.stash.get(STATEMENTS, None)
    if report.failed and recorder is not None:
        report.sections.append(("SQL statements", str(recorder)))
    return report


SLOW_HASHER = passwords.HASHER
STATEMENTS = pytest.StashKey[Statements]()


@pytest.fixture(scope="session", autouse=True)
def parse_without_pauses() -> None:
    """Turn off the parser's pauses and the charges for time.

    They depend on the speed of the machine, and tests assert exact costs.
    """
    PARSER_THREAD.SLEEP_RATIO = 0
    budgets.THREAD_COST_PER_SECOND = 0
    budgets.COST_PER_SECOND = 0


@pytest.fixture(scope="session", autouse=True)
def fast_passwords() -> None:
    """Hash passwords with the smallest cost, except in tests that use `slow_passwords`."""
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def slow_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash passwords with the cost that servers use."""
    cached = [each for each in vars(passwords).values() if hasattr(each, "cache_clear")]
    monkeypatch.setattr(passwords, "HASHER", SLOW_HASHER)
    for function in cached:
        function.cache_clear()
    yield
    for function in cached:
        function.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def close_servers() -> Iterator[None]:
    yield
    for server in SERVERS.values():
        server.close()


@pytest.fixture(params=databases.kinds())
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn. A test that needs a certain one overrides it."""
    return str(request.param)


@pytest.fixture
def server(kind: str, tmp_path_factory: pytest.TempPathFactory) -> databases.Server:
    """The worker's database of a kind."""
    if kind not in SERVERS:
        SERVERS[kind] = databases.start(kind, tmp_path_factory.mktemp(kind))
    return SERVERS[kind]


@pytest.fixture
def url(server: databases.Server) -> str:
    """The URL of a migrated database without rows."""
    return server.clean()


@pytest.fixture
def empty_url(server: databases.Server) -> Iterator[str]:
    """The URL of a database without tables."""
    created = server.create_empty()
    yield created
    server.drop_empty(created)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The test's own connections to its database; the server under test has others."""
    opened = reuse_database(url)
    yield opened
    await opened.close()


@pytest.fixture
def world(database: Database, server: databases.Server) -> World:
    return World(database, server)


#: Settings that allow documents far larger than those of clients.
NO_LIMITS = {
    "max_document_size": 10**7, "max_anonymous_body_size": 10**7, "max_tokens": 10**6,
    "max_fields": 10**6, "max_depth": 100,
    "max_aliases": 10**5, "max_directives": 10**5, "max_root_fields": 10**5, "max_cost": 10**12,
    "max_argument_values": 10**12, "max_answer_size": 10**12,
    "budget": 10**12, "anonymous_budget": 10**12,
}  # fmt: skip


@pytest.fixture
def settings() -> dict[str, Any]:
    """The server's settings that differ from the defaults. Tests override this fixture."""
    return {}


#: The engines and the documents of servers, which tests with the same limits share: planning and
#: compiling take longer than most tests.
ENGINES: dict[Any, tuple[Any, Any]] = {}


def share_plans(app: TaskloomApp) -> None:
    """Let a server use the plans of another one with the same database and limits."""
    runner = app.endpoint.runner
    key = (app.state.database, runner.limits)
    engine, documents = ENGINES.setdefault(key, (runner.planned, runner.documents))
    runner.plan_by(engine)
    runner.documents = documents


@pytest.fixture
def shares_plans() -> bool:
    """Whether the server may have plans already. Tests of planning override it."""
    return True


@pytest.fixture
def executor() -> str:
    """What executes queries. Modules that import `both_executors` override it."""
    return PLANNED


@pytest.fixture
async def api(
    url: str,
    settings: dict[str, Any],
    executor: str,
    shares_plans: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Api]:
    """A client of a new server whose connection pools are empty."""
    monkeypatch.setattr("graph.app.Database", reuse_app_database)
    # The database is migrated. Reading its version takes as long as several requests.
    monkeypatch.setattr("graph.app.require_newest", AsyncMock())
    # Modules are frozen by `pytest_collection_finish`.
    monkeypatch.setattr("graph.app.freeze_garbage", lambda: None)
    app = create_app(cached_settings(database_url=url, **settings))
    if executor == REFERENCE:
        app.endpoint.runner.plan_nothing()
    elif shares_plans:
        share_plans(app)
    async with app.router.lifespan_context(app), Api(app) as client:
        # The server analyzes a SQLite database when it starts.
        await client.database.close()
        yield client


@pytest.fixture
def statements(api: Api, request: pytest.FixtureRequest) -> Iterator[Statements]:
    """The SQL statements that the server sends. A failing test prints them."""
    with Statements(api.database) as recorder:
        request.node.stash[STATEMENTS] = recorder
        yield recorder


@pytest.fixture
async def office(api: Api, world: World) -> Office:
    return await make_office(api, world)


@pytest.fixture
def app(office: Office) -> TaskloomApp:
    """The application of the office's server."""
    assert isinstance(office.api.app, TaskloomApp)
    return office.api.app


@pytest.fixture
def roles_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the viewer's roles once per request even on a slow machine, for exact counts."""
    monkeypatch.setattr("graph.context.ROLES_FRESH_SECONDS", 3600)
