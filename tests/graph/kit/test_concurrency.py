"""Concurrent mutations."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from models import Task
from models.database import Database
from tests.support.office import Office, gid
from tests.support.stress import StressTest

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_log_is_consistent_after_concurrent_writes(
    office: Office, database: Database
) -> None:
    names = ("parent", "task", "child", "linked")
    stress = StressTest(office, [office.gid(name) for name in names])
    await stress.run(clients=32, rounds=8)
    # If most mutations were refused, the test would prove nothing.
    assert len(stress.acknowledged) > 100
    await stress.check(database)


async def test_concurrent_requests_with_one_key_create_one_task(
    office: Office, database: Database
) -> None:
    values = {"projectId": office.gid("project"), "title": "Once"}
    writing = (
        office.write("taskCreate", idempotencyKey="the same", input=values) for _ in range(200)
    )
    payloads = await asyncio.gather(*writing)
    assert all(payload == payloads[0] for payload in payloads)
    assert payloads[0]["errors"] == []
    async with database.reads() as session:
        count = await session.scalar(select(func.count()).where(Task.title == "Once"))
    assert count == 1


async def test_concurrent_moves_into_one_gap_get_different_ranks(office: Office) -> None:
    others = [
        await office.world.make_task(office.project, office.todo, number=n, rank=f"b{n:02}")
        for n in (20, 30)
    ]
    for _ in range(10):
        moves = (
            office.must_write("taskMove", input={"id": gid(task), "afterId": office.gid("task")})
            for task in others
        )
        await asyncio.gather(*moves)
        query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Task { rank } } }"
        keys = [gid(task) for task in (office.task, *others, office.child)]
        data = await office.api.ask(query, office.tokens["member"], ids=keys)
        low, *moved, high = [node["rank"] for node in data["nodes"]]
        assert low < min(moved) < max(moved) < high


async def test_concurrent_writes_cannot_form_a_cycle(office: Office, database: Database) -> None:
    for _ in range(10):
        created = [
            await office.must_write(
                "taskCreate",
                "task { id }",
                input={"projectId": office.gid("project"), "title": title},
            )
            for title in ("one", "two")
        ]
        first, second = [payload["task"]["id"] for payload in created]
        payloads = await asyncio.gather(
            office.write("taskUpdate", input={"id": first, "parentId": second}),
            office.write("taskUpdate", input={"id": second, "parentId": first}),
        )
        assert sorted(len(payload["errors"]) for payload in payloads) == [0, 1]
        links = await asyncio.gather(
            *(
                office.write(
                    "taskLinkCreate", input={"taskId": task, "kind": "BLOCKS", "otherId": other}
                )
                for task, other in ((first, second), (second, first))
            )
        )
        assert sorted(len(payload["errors"]) for payload in links) == [0, 1]


@pytest.mark.parametrize("delay", [0.001, 0.005, 0.01, 0.02, 0.05])
async def test_canceled_write_is_atomic(office: Office, database: Database, delay: float) -> None:
    values = {"projectId": office.gid("project"), "title": "Cut", "labelIds": [office.gid("bug")]}
    for _ in range(4):
        writing = asyncio.ensure_future(office.write("taskCreate", input=values))
        await asyncio.sleep(delay)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    await office.must_write("taskCreate", input=values | {"title": "Whole"})
    await StressTest(office).check(database)


class TestSmallPool:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"pool_size": 1, "pool_timeout": 20}

    async def test_dry_runs_and_writes_do_not_deadlock(self, office: Office) -> None:
        values = {"projectId": office.gid("project"), "title": "x"}
        selection = "task { key project { name } workspace { slug } }"
        writing = [
            office.must_write("taskCreate", selection, dryRun=n % 2 == 0, input=values)
            for n in range(20)
        ]
        payloads = await asyncio.gather(*writing)
        keys = [payload["task"]["key"] for payload in payloads]
        assert sorted(keys[1::2]) == sorted(f"WEB-{n}" for n in range(6, 16))
