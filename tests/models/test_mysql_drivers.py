"""MariaDB through each of its drivers."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from models import Change, Label, Task, User
from models.database import Database, database_url
from models.database.driver_errors import (
    constraint_violation,
    is_connection_lost,
)
from models.database.options import ALTERNATIVES, DRIVERS
from tests.support import databases
from tests.support.slow_statements import ENDLESS
from tests.support.world import World

pytestmark = pytest.mark.skipif(
    "mysql" not in databases.kinds(), reason=f"{databases.MYSQL} is not set."
)
SLEEP = ENDLESS["mysql"]


@pytest.fixture
def kind() -> str:
    return "mysql"


@pytest.fixture(params=[DRIVERS["mysql"], *ALTERNATIVES])
def driver(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(server: databases.Server, driver: str) -> str:
    """The URL of a migrated database without rows, with a driver."""
    named = database_url(server.clean()).set(drivername=driver)
    return named.render_as_string(hide_password=False)


async def test_values_round_trip(database: Database, driver: str, world: World) -> None:
    assert database.read_engine.dialect.driver == driver.partition("+")[2]
    name, at = "\\ ' \" % %s \x00 \n ä 中 😀", datetime(2026, 11, 20, 9, 30, 0, 123456, tzinfo=UTC)
    user = await world.make_user(name=name, created_at=at)
    workspace = await world.make_workspace()
    project = await world.make_project(workspace)
    state = await world.make_state(workspace)
    body = "😀\\" * 20_000
    task = await world.make_task(project, state, body=body, estimate=0.1, creator_id=user.id)
    async with database.reads() as session:
        found = (
            await session.execute(
                select(User.id, User.name, User.created_at, Task.body, Task.estimate, Task.due_on)
                .join(Task, Task.creator_id == User.id)
                .where(Task.id == task.id, User.name == name)
            )
        ).one()
    assert tuple(found) == (user.id, name, at, body, 0.1, None)


async def test_json_round_trips(database: Database, world: World) -> None:
    workspace = await world.make_workspace()
    fields: Any = {"title": [None, 'ä " \\ 😀'], "n": [1, 2.5], "of": [True, {"a": []}]}
    async with database.writes.begin() as session:
        change = Change(
            workspace_id=workspace.id, sequence=99, kind="UPDATED", subject_type="Task",
            subject_id=workspace.id, fields=fields,
        )  # fmt: skip
        session.add(change)
    async with database.reads() as session:
        query = select(Change.fields).where(Change.sequence == 99)
        assert await session.scalar(query) == fields


async def test_many_rows_are_read(database: Database, world: World) -> None:
    workspace = await world.make_workspace()
    names = [f"label {number} {'ä' * number}" for number in range(90)]
    for name in names:
        await world.make_label(workspace, name=name)
    async with database.reads() as session:
        query = select(Label.name).where(Label.name.in_(names)).order_by(Label.name)
        assert list(await session.scalars(query)) == sorted(names)


async def test_violated_constraint_is_recognized(database: Database, world: World) -> None:
    user = await world.make_user()

    async def add(session: AsyncSession) -> None:
        session.add(User(handle=user.handle, name="Other"))

    with pytest.raises(IntegrityError) as refused:
        await database.write(add)
    violation = constraint_violation(refused.value)
    assert violation is not None
    assert (violation.is_unique, violation.table, violation.columns) == (True, "users", ("handle",))


async def test_reads_cannot_write(database: Database, world: World) -> None:
    await world.make_user()
    async with database.reads() as session:
        with pytest.raises(DBAPIError, match="READ ONLY"):
            await session.execute(text("DELETE FROM users"))


async def test_lost_connection_is_replaced(database: Database) -> None:
    attempts = 0

    async def work(session: AsyncSession) -> Any:
        nonlocal attempts
        attempts += 1
        own = await session.scalar(text("SELECT connection_id()"))
        if attempts == 1:
            with pytest.raises(DBAPIError) as lost:
                await session.execute(text(f"KILL {own}"))
            assert is_connection_lost(lost.value)
            raise lost.value
        return own

    assert await database.read(work) is not None
    assert attempts == 2


async def test_statement_is_killed_when_its_task_is_canceled(database: Database) -> None:
    running = "SELECT count(*) FROM information_schema.processlist WHERE info = :sleep"

    async def sleep(session: AsyncSession) -> None:
        await session.execute(text(SLEEP))

    async def count(session: AsyncSession) -> int:
        return await session.scalar(text(running), {"sleep": SLEEP}) or 0

    async def wait_for(wanted: int) -> None:
        # The server ends a killed connection soon, not at once.
        for _ in range(500):
            if await database.read(count) == wanted:
                break
            await asyncio.sleep(0.01)
        assert await database.read(count) == wanted

    for run in (database.read, database.write):
        tasks = [asyncio.ensure_future(run(sleep)) for _ in range(5)]
        await wait_for(5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await wait_for(0)


async def test_canceled_tasks_leave_no_answer_behind(database: Database) -> None:
    async def read(number: int) -> Any:
        async def work(session: AsyncSession) -> Any:
            query = text("SELECT :number FROM (SELECT sleep(0.001)) AS slept")
            return await session.scalar(query, {"number": number})

        return await database.read(work)

    for number in range(60):
        canceled = asyncio.ensure_future(read(-number))
        await asyncio.sleep(number / 20_000)
        canceled.cancel()
        await asyncio.gather(canceled, return_exceptions=True)
        answers = await asyncio.gather(*(read(each) for each in range(4)))
        assert answers == [0, 1, 2, 3]
    pool: Any = database.read_engine.pool
    assert pool.checkedout() == 0
