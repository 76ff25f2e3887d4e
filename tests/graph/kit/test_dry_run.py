"""Dry runs of mutations."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.loading.read_sessions import TransactionReads
from graph.kit.relations.batches import RowBatch
from graph.kit.writing import mutation
from graph.kit.writing.mutation import MutationAttempt
from graph.kit.writing.write import Write
from models import AccessToken, User
from models.base import now
from models.database import Database
from tests.graph.kit.test_sessions import checked_out
from tests.support.office import Office, document, dump
from tests.support.slow_statements import ENDLESS, ConcurrentLoads

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_dry_run_is_rolled_back_before_the_next_field(office: Office) -> None:
    tried = """
      mutation ($id: ID!) {
        one: taskUpdate(input: {id: $id, title: "tried"}, dryRun: true) {
          sequence
          task { title version changes { totalCount } project { tasks { nodes { title } } } }
        }
        two: taskUpdate(input: {id: $id, body: "done"}) { task { title version } }
        three: taskUpdate(input: {id: $id, body: "again"}, dryRun: true) { task { version } }
      }
    """
    data = await office.api.ask(tried, office.tokens["member"], id=office.gid("task"))
    tried = data["one"]["task"]
    assert "tried" in [node["title"] for node in tried.pop("project")["tasks"]["nodes"]]
    assert tried == {"title": "tried", "version": 2, "changes": {"totalCount": 1}}
    assert data["one"]["sequence"] is None
    assert data["two"]["task"] == {"title": "task", "version": 2}
    assert data["three"]["task"] == {"version": 3}
    tried = "query ($id: ID!) { node(id: $id) { ... on Task { title body version } } }"
    data = await office.api.ask(tried, office.tokens["member"], id=office.gid("task"))
    assert data["node"] == {"title": "task", "body": "done", "version": 2}


async def test_payload_of_a_dry_run_may_not_cost_much(office: Office, database: Database) -> None:
    before = await dump(database)
    tasks = "tasks(first: 100) { nodes { labels { name } } }"
    costly = document("taskUpdate", f"task {{ project {{ {tasks} }} }}")
    variables = {"input": {"id": office.gid("task"), "title": "x"}, "dryRun": True}
    answer = await office.api.answer(costly, office.tokens["member"], **variables)
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "LIMIT_EXCEEDED"
    assert error["message"].startswith("The payload of the dry run taskUpdate could cost 1,1"), (
        error["message"]
    )
    assert await dump(database) == before


class TestEndlessDryRuns:
    @pytest.fixture(autouse=True)
    def short_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(mutation, "DRY_RUN_SECONDS", 0.3)

    @pytest.fixture(params=["write", "payload"], autouse=True)
    def endless(
        self,
        request: pytest.FixtureRequest,
        monkeypatch: pytest.MonkeyPatch,
        kind: str,
        office: Office,
    ) -> asyncio.Event:
        """Run an endless statement once, where a dry run writes or where it reads its payload."""
        started = asyncio.Event()

        async def run_endless(session: AsyncSession) -> None:
            if not started.is_set():
                started.set()
                await session.execute(text(ENDLESS[kind]))

        async def execute(attempt: MutationAttempt, write: Write) -> Any:
            result = await usual_execute(attempt, write)
            await run_endless(write.session)
            return result

        async def fetch(reads: TransactionReads, *arguments: Any) -> Any:
            await reads.read(run_endless)
            return await usual_fetch(reads, *arguments)

        usual_execute, usual_fetch = MutationAttempt._execute, TransactionReads.fetch_rows
        if request.param == "write":
            monkeypatch.setattr(MutationAttempt, "_execute", execute)
        else:
            monkeypatch.setattr(TransactionReads, "fetch_rows", fetch)
        return started

    async def test_is_canceled_while_others_write(
        self, office: Office, endless: asyncio.Event
    ) -> None:
        sequence = await office.sequence()
        dry_run = asyncio.ensure_future(self.run_dry(office))
        await endless.wait()
        # Another user waits for the dry run's locks, at most for its time.
        async with asyncio.timeout(10):
            values = {"id": office.gid("task"), "title": "written"}
            await office.must_write("taskUpdate", who="admin", input=values)
            answer = await dry_run
        [error] = answer["errors"]
        assert error["extensions"] == {"code": "UNAVAILABLE"}
        assert error["message"].startswith("The dry run took more than 2 seconds and was canceled")
        assert [change["kind"] for change in await office.changes(sequence)] == ["UPDATED"]

    async def test_ends_when_the_client_disconnects(
        self, office: Office, endless: asyncio.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mutation, "DRY_RUN_SECONDS", 600)
        dry_run = asyncio.ensure_future(self.run_dry(office))
        await endless.wait()
        dry_run.cancel()
        async with asyncio.timeout(10):
            values = {"id": office.gid("task"), "title": "written"}
            await office.must_write("taskUpdate", who="member", input=values)
        await asyncio.wait((dry_run,))

    async def test_does_not_keep_the_user_from_being_disabled(
        self,
        office: Office,
        database: Database,
        endless: asyncio.Event,
        kind: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if kind == "sqlite":
            # There, a dry run holds the only writer.
            return
        monkeypatch.setattr(mutation, "DRY_RUN_SECONDS", 600)
        dry_run = asyncio.ensure_future(self.run_dry(office))
        await endless.wait()
        async with asyncio.timeout(10), database.writes.begin() as session:
            await session.execute(update(User).values(disabled_at=now()))
            await session.execute(update(AccessToken).values(revoked_at=now()))
        dry_run.cancel()
        await asyncio.wait((dry_run,))

    async def run_dry(self, office: Office) -> dict[str, Any]:
        tried = document("taskUpdate", "task { title project { name } }")
        values = {"id": office.gid("task"), "title": "tried"}
        token = office.tokens["member"]
        return await office.api.answer(tried, token, input=values, dryRun=True)


async def test_a_caller_has_one_dry_run_at_a_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = ConcurrentLoads(monkeypatch, RowBatch)
    values = {"id": office.gid("task"), "title": "x"}
    selection = "task { title project { name } }"
    dry_runs = [
        office.must_write("taskUpdate", selection, input=values, dryRun=True) for _ in range(5)
    ]
    await asyncio.gather(*dry_runs)
    assert loads.most == 1


async def test_canceled_end_of_a_dry_run_rolls_it_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client disconnects while the dry run of an earlier field ends."""
    ending = asyncio.Event()

    async def close(reads: TransactionReads) -> None:
        ending.set()
        await usual(reads)

    usual = TransactionReads.close
    monkeypatch.setattr(TransactionReads, "close", close)
    document = """mutation ($id: ID!) {
      one: taskUpdate(input: {id: $id, title: "tried"}, dryRun: true) { task { title } }
      two: taskUpdate(input: {id: $id, title: "written"}) { task { title } }
    }"""
    for _ in range(3):
        ending.clear()
        asked = asyncio.ensure_future(
            office.api.answer(document, office.tokens["member"], id=office.gid("task"))
        )
        await ending.wait()
        asked.cancel()
        await asyncio.wait((asked,))
    async with asyncio.timeout(10):
        await office.must_write("taskUpdate", input={"id": office.gid("child"), "title": "x"})
    for _ in range(100):
        if checked_out(office.api.database) == 0:
            break
        await asyncio.sleep(0.01)
    assert checked_out(office.api.database) == 0
