"""Timeouts of operations."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from models.database import Database
from tests.graph.kit.test_sessions import checked_out
from tests.support.client import Api
from tests.support.office import Office, dump


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"request_timeout": 0.5, "statement_timeout": 30}


@pytest.fixture
def kind() -> str:
    """Only PostgreSQL can lock a table in this way."""
    return "postgresql"


async def waiting(database: Database) -> int:
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with database.reads() as session:
        return await session.scalar(text(query)) or 0


@pytest.mark.parametrize(
    "document",
    [
        "query ($id: ID!) { node(id: $id) { id } viewer { assignedTasks { totalCount } } }",
        'mutation ($id: ID!) { taskUpdate(input: {id: $id, title: "x"}) { errors { code } } }',
    ],
)
async def test_timed_out_operation_cancels_its_statements(
    office: Office, database: Database, document: str
) -> None:
    api: Api = office.api
    before = await dump(database)
    async with api.database.writes.begin() as session:
        await session.execute(text("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE"))
        body = {"query": document, "variables": {"id": office.gid("task")}}
        async with asyncio.timeout(10):
            response = await api.post(body, office.tokens["member"])
        assert response.status_code == 503
        [error] = response.json()["errors"]
        assert error["extensions"] == {"code": "UNAVAILABLE"}
        assert error["message"].startswith(
            "The operation took more than 0.5 seconds and was canceled. Request less."
        )
        for _ in range(100):
            if await waiting(database) == 0:
                break
            await asyncio.sleep(0.02)
        assert await waiting(database) == 0
        assert checked_out(api.database) == 1
    assert checked_out(api.database) == 0
    assert await dump(database) == before
    data = await api.ask("{ viewer { handle } }", office.tokens["member"])
    assert data == {"viewer": {"handle": "member"}}
