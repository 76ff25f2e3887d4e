"""Shared executions: what is read for them, what they cost, what fails."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from graph.app import TaskloomApp
from graph.live.access import renewed
from graph.live.feed import Feed
from graph.live.operation import Event
from graph.live.recent import RecentEvents
from graph.operations import budgets
from models.base import now
from tests.support.executors import both_executors  # noqa: F401
from tests.support.live import SELECTED, rename
from tests.support.office import Office
from tests.support.sockets import connected

FIELDS = """
  subscription ($workspace: String!, $after: Int) {
    changes(workspace: $workspace, after: $after) { sequence fields { name before after } }
  }
"""


@pytest.fixture
def kind() -> str:
    return "sqlite"


async def test_group_that_comes_while_the_log_is_read_gets_the_texts_that_it_needs(
    office: Office, app: TaskloomApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, may_go_on, page = asyncio.Event(), asyncio.Event(), Feed.page

    async def slow_page(self: Feed, after: int, texts: frozenset[str]) -> Sequence[Any]:
        found = await page(self, after, texts)
        if found:
            reading.set()
            await may_go_on.wait()
        return found

    monkeypatch.setattr(Feed, "page", slow_page)
    newest = await office.sequence()
    async with connected(app, office.tokens["member"]) as socket:
        await socket.subscribe("short", after=newest)
        assert await socket.is_silent()
        await rename(office, "read slowly")
        await reading.wait()
        [feed] = app.state.server.live.feeds.values()
        assert feed.position == newest
        await socket.subscribe("fields", FIELDS, workspace="office", after=newest)
        await asyncio.sleep(0.2)
        may_go_on.set()
        messages = [await socket.receive(), await socket.receive()]
        shown = {one["id"]: one["payload"]["data"]["changes"] for one in messages}
        assert shown["short"] == {"sequence": newest + 1}
        assert shown["fields"]["fields"] == [
            {"name": "title", "before": "task", "after": "read slowly"}
        ]


class TestLongTexts:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"poll_interval": 0.2, "max_answer_size": 10_000}

    async def test_changes_that_are_too_much_together_come_one_by_one(
        self, office: Office, app: TaskloomApp
    ) -> None:
        newest = await office.sequence()
        for letter in "abcdef":
            body = {"id": office.gid("task"), "body": letter * 2_000}
            await office.must_write("taskUpdate", input=body)
        async with connected(app, office.tokens["member"]) as socket:
            await socket.subscribe("1", FIELDS, workspace="office", after=newest)
            found = await socket.changes(6)
            assert [change["fields"][0]["after"][0] for change in found] == list("abcdef")


async def test_time_is_shared_by_those_who_get_the_event(
    office: Office, app: TaskloomApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        connected(app, office.tokens["member"]) as first,
        connected(app, office.tokens["guest"]) as second,
    ):
        for socket in (first, second):
            await socket.subscribe()
            assert await socket.is_silent()
        all_budgets = app.state.server.budgets
        callers = [all_budgets.caller(office.rows[name].id, "") for name in ("member", "guest")]
        monkeypatch.setattr(budgets, "COST_PER_SECOND", 10**8)
        monkeypatch.setattr(budgets, "FREE_SECONDS", 0)
        before = [all_budgets.budget_status(one).remaining for one in callers]
        async with office.world.database.writes.begin() as session:
            task = await session.get_one(type(office.task), office.task.id)
            task.title = "shared"
        for socket in (first, second):
            assert len(await socket.sequences(1)) == 1
        paid = [
            earlier - all_budgets.budget_status(one).remaining
            for earlier, one in zip(before, callers, strict=True)
        ]
        # The budgets refill all the time.
        assert paid[0] > 1_000
        assert abs(paid[0] - paid[1]) < 0.05 * paid[0]


async def test_event_is_tried_again_while_the_database_does_not_answer(
    office: Office, app: TaskloomApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = app.state.database
    failures: list[int] = []
    read, fetch_rows = database.read, database.fetch_rows

    def fail() -> None:
        if len(failures) < 3:
            failures.append(1)
            raise OperationalError("SELECT", None, ConnectionRefusedError())

    async def failing_read(work: Any) -> Any:
        fail()
        return await read(work)

    async def failing_fetch(sql: str, parameters: Any) -> Any:
        if "access_tokens" not in sql:
            fail()
        return await fetch_rows(sql, parameters)

    async with connected(app, office.tokens["member"]) as socket:
        await socket.subscribe("1", SELECTED, workspace="office")
        assert await socket.is_silent()
        monkeypatch.setattr(database, "read", failing_read)
        monkeypatch.setattr(database, "fetch_rows", failing_fetch)
        async with office.world.database.writes.begin() as session:
            task = await session.get_one(type(office.task), office.task.id)
            task.title = "in an outage"
        [change] = await socket.changes(1)
        assert change["subject"]["title"] == "in an outage"
        assert len(failures) == 3


async def test_tokens_of_one_external_identity_expire_on_their_own(
    office: Office, app: TaskloomApp
) -> None:
    authenticator = app.state.server.authenticator
    valid = await authenticator.authenticate(f"Bearer {office.tokens['guest']}", None)
    assert valid is not None
    expired = replace(valid, expires_at=now() - timedelta(seconds=1))
    roles = await app.state.server.live.access.roles([expired, valid])
    assert renewed(valid, roles) == valid
    assert renewed(expired, roles) is None
    assert renewed(valid, {}) is None


def test_recent_events_lose_the_oldest() -> None:
    recent = RecentEvents(1_000)
    recent.add([Event(sequence, b"x" * 100, 1) for sequence in (1, 3, 4, 6)])
    assert not recent.has_lost(3)
    assert recent.has_lost(0)
    assert [event and event.sequence for event in map(recent.after, (1, 3, 5, 6))] == [
        3,
        4,
        6,
        None,
    ]
    recent.clear()
    assert recent.has_lost(5)
    assert not recent.has_lost(6)
    assert recent.after(5) is None
