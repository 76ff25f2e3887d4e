"""Requests that are canceled at any stage return their connections, their turn and their charge."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from graph.auth.credential_lookup import CredentialLookup
from graph.context import Context
from graph.engine.engine import Engine
from graph.http.client_network import client_network
from graph.kit.loading.read_sessions import PooledReads
from graph.kit.relations.batches import PageBatch
from graph.operations import encoding, runner
from graph.operations.parser_thread import ComputingThread
from graph.operations.runner import OperationRunner
from models.database import Database
from tests.graph.kit.test_sessions import checked_out
from tests.support.client import Api
from tests.support.database_kinds import sqlite_only
from tests.support.office import Office
from tests.support.slow_statements import ENDLESS

TASKS = """
  query Long { workspace(slug: "office") {
    tasks(first: 100) { nodes { title body labels { name } comments(first: 20) { totalCount } } }
  } }
"""
#: A document of more than `MAX_INLINE_CHARACTERS`.
PADDING = "# " + "x" * 400

Hang = Callable[..., Awaitable[Any]]


class Stage:
    """A stage at which an operation hangs until it is canceled."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()

    async def hang(self, *_: Any, **__: Any) -> Any:
        self.reached.set()
        await asyncio.sleep(600)


def hang_while_authenticating(stage: Stage, monkeypatch: pytest.MonkeyPatch, _: str) -> None:
    monkeypatch.setattr(CredentialLookup, "find", stage.hang)


def hang_while_parsing(stage: Stage, monkeypatch: pytest.MonkeyPatch, _: str) -> None:
    monkeypatch.setattr(ComputingThread, "run", stage.hang)


def hang_before_executing(stage: Stage, monkeypatch: pytest.MonkeyPatch, _: str) -> None:
    monkeypatch.setattr(OperationRunner, "_execute", stage.hang)


def hang_while_reading(stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Read by a plan, with the driver's own connection."""
    fetch_rows = PooledReads.fetch_rows

    async def fetch(reads: PooledReads, *_: Any) -> Any:
        stage.reached.set()
        return await fetch_rows(reads, ENDLESS[kind], ())

    monkeypatch.setattr(PooledReads, "fetch_rows", fetch)


def hang_while_planning(stage: Stage, monkeypatch: pytest.MonkeyPatch, _: str) -> None:
    """Wait for the thread that compiles statements."""
    monkeypatch.setattr(Context, "compute", stage.hang)


def hang_while_loading(stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Read by the loaders of the reference executor."""

    async def execute(*_: Any) -> None:
        return None

    monkeypatch.setattr(Engine, "execute", execute)

    async def load(batch: Any, session: Any, *_: Any) -> Any:
        stage.reached.set()
        await session.execute(text(ENDLESS[kind]))

    monkeypatch.setattr(PageBatch, "load", load)


def hang_while_encoding(stage: Stage, monkeypatch: pytest.MonkeyPatch, _: str) -> None:
    monkeypatch.setattr(encoding, "SLICE", 1)
    monkeypatch.setattr(runner, "encode", stage.hang)


def hang_while_settling(stage: Stage, monkeypatch: pytest.MonkeyPatch, _: str) -> None:
    monkeypatch.setattr(OperationRunner, "_settle", stage.hang)


STAGES = [
    hang_while_authenticating,
    hang_while_parsing,
    hang_before_executing,
    hang_while_planning,
    hang_while_reading,
    hang_while_loading,
    hang_while_encoding,
    hang_while_settling,
]


@pytest.fixture
def shares_plans() -> bool:
    return False


@pytest.fixture
def how() -> str:
    return "deadline"


@pytest.fixture
def settings(how: str) -> dict[str, Any]:
    # Almost nothing is refilled during a test. A slow machine reaches a stage before the deadline.
    timeout = 1 if how == "deadline" else 60
    return {"budget": 100_000, "budget_period": 86_400, "request_timeout": timeout}


def used(office: Office) -> int:
    budgets = office.api.app.state.server.budgets
    spent: int = budgets.budget_status(budgets.caller(office.member.id, "")).used
    return spent


def turns(office: Office) -> tuple[int, int]:
    """The operations that run and that wait."""
    operations = office.api.app.state.server.connections.operations
    return operations._taken.total(), len(operations._waiting)


async def assert_all_is_returned(office: Office, before: int) -> None:
    for _ in range(100):
        if turns(office) == (0, 0) and checked_out(office.api.database) == 0:
            break
        await asyncio.sleep(0.02)
    assert turns(office) == (0, 0)
    assert checked_out(office.api.database) == 0
    # Reading the document, and statements that cannot be refunded, but not the 3,000 objects.
    assert used(office) - before < 700
    async with asyncio.timeout(10):
        data = await office.api.ask("{ viewer { handle } }", office.tokens["member"])
    assert data == {"viewer": {"handle": "member"}}


@pytest.mark.parametrize("how", ["disconnect"])
@pytest.mark.parametrize("hang", STAGES, ids=lambda hang: hang.__name__)
async def test_canceled_request_returns_everything(
    office: Office, kind: str, hang: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, stage = used(office), Stage()
    body = {"query": TASKS + PADDING}
    with monkeypatch.context() as patched:
        hang(stage, patched, kind)
        asked = asyncio.ensure_future(office.api.post(body, office.tokens["member"]))
        async with asyncio.timeout(20):
            await stage.reached.wait()
            asked.cancel()
            await asyncio.wait((asked,))
    await assert_all_is_returned(office, before)


@sqlite_only
@pytest.mark.parametrize("hang", STAGES, ids=lambda hang: hang.__name__)
async def test_late_request_returns_everything(
    office: Office, kind: str, hang: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, stage = used(office), Stage()
    with monkeypatch.context() as patched:
        hang(stage, patched, kind)
        async with asyncio.timeout(20):
            body = {"query": TASKS + PADDING}
            late = await office.api.post(body, office.tokens["member"])
    assert late.status_code == 503
    assert stage.reached.is_set()
    await assert_all_is_returned(office, before)


async def test_request_canceled_before_its_turn_returns_everything(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations = office.api.app.state.server.connections.operations
    monkeypatch.setattr(operations, "_share", 0)
    before = used(office)
    body = {"query": TASKS}
    asked = [
        asyncio.ensure_future(office.api.post(body, office.tokens["member"])) for _ in range(3)
    ]
    async with asyncio.timeout(10):
        await asyncio.sleep(0.2)
        assert turns(office) == (0, 1)
        asked[0].cancel()
        statuses = [(await each).status_code for each in asked[1:]]
    assert statuses == [503, 503]
    monkeypatch.undo()
    await assert_all_is_returned(office, before)


async def test_client_that_disconnects_ends_its_statement(
    office: Office, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server notices it without being canceled from outside."""
    stage, sent = Stage(), []
    with monkeypatch.context() as patched:
        hang_while_reading(stage, patched, kind)
        app, token = office.api.app, office.tokens["member"].encode()
        messages: list[Any] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Any:
            if messages:
                return messages.pop()
            await stage.reached.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "GET", "path": "/graphql", "scheme": "http",
            "query_string": b"query=" + TASKS.replace("\n", " ").encode(),
            "headers": [(b"authorization", b"Bearer " + token)], "client": ("127.0.0.1", 1),
        }  # fmt: skip
        async with asyncio.timeout(10):
            await app(scope, receive, send)
    assert sent == []
    await assert_all_is_returned(office, used(office))


class TestSmallPools:
    @pytest.fixture(params=[1, 2])
    def settings(self, request: pytest.FixtureRequest) -> dict[str, Any]:
        return {"pool_size": request.param, "request_timeout": 60}

    async def test_many_clients_of_a_small_pool_are_answered(
        self, office: Office, database: Database
    ) -> None:
        users = ["member", "admin", "owner", "guest", "outsider"]
        documents = [
            "{ viewer { workspaces { nodes { slug members { nodes { user { name } } } } } } }",
            '{ workspace(slug: "office") { tasks { nodes { title labels { name } } } } }',
            "{ __typename }",
        ]

        async def ask(place: int) -> None:
            for turn in range(2):
                token = office.tokens[users[place % len(users)]]
                answer = await office.api.answer(documents[(place + turn) % 3], token)
                assert "errors" not in answer

        async with asyncio.timeout(60):
            await asyncio.gather(*(ask(place) for place in range(200)))
        assert checked_out(office.api.database) == 0


class TestDeadlineOfBody:
    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    async def test_slow_body_is_not_awaited_for_ever(self, api: Api) -> None:
        async def body() -> Any:
            yield b'{"query": '
            await asyncio.sleep(600)

        headers = {"Content-Type": "application/json"}
        async with asyncio.timeout(10):
            response = await api.http.post("/graphql", content=body(), headers=headers)
        assert response.status_code == 503
        budgets = api.app.state.server.budgets
        assert budgets.budget_status(budgets.caller(None, client_network("127.0.0.1"))).used < 100
