"""Column types that store, compare and sort values in the same way on all databases."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from models import Priority, Project, Task, User
from models.base import now
from tests.support.world import World

TEXTS = [
    "",
    " ",
    "a",
    "a ",
    "A",
    "b",
    "B",
    "Z",
    "z",
    "ä",
    "é",
    "e\u0301",
    "ß",
    "中",
    "😀",
    "%",
    "_",
]


async def test_texts_round_trip_and_sort_by_bytes(world: World) -> None:
    for place, text in enumerate(TEXTS):
        await world.make_user(handle=f"h{place}", name=text)
    async with world.database.reads() as session:
        names = list(await session.scalars(select(User.name).order_by(User.name)))
        assert names == sorted(TEXTS, key=str.encode)
        for text in TEXTS:
            assert list(await session.scalars(select(User.name).where(User.name == text))) == [text]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
        datetime(2026, 11, 20, 9, 30, 0, 123456, tzinfo=UTC),
        datetime(2026, 11, 20, 9, 30, tzinfo=timezone(timedelta(hours=-7))),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 1, 1, tzinfo=UTC),
    ],
)
async def test_timestamps_round_trip_with_their_time_zone(world: World, moment: datetime) -> None:
    await world.make_user(created_at=moment)
    async with world.database.reads() as session:
        found = await session.scalar(select(User).where(User.created_at == moment))
        assert found is not None
        assert found.created_at == moment
        assert found.created_at.utcoffset() == timedelta(0)


async def test_timestamp_without_an_offset_is_refused(world: World) -> None:
    with pytest.raises((StatementError, TypeError)):
        await world.make_user(created_at=datetime(2026, 11, 20, 9, 30))


async def test_keys_sort_by_time_of_creation(world: World) -> None:
    created = [(await world.make_user()).id for _ in range(20)]
    async with world.database.reads() as session:
        found = list(await session.scalars(select(User.id).order_by(User.id)))
    assert found == created
    assert all(isinstance(key, UUID) and key.version == 7 for key in found)


async def test_priorities_sort_by_urgency(world: World) -> None:
    workspace = await world.make_workspace()
    project, state = await world.make_project(workspace), await world.make_state(workspace)
    for priority in (Priority.LOW, Priority.URGENT, Priority.HIGH, Priority.MEDIUM):
        await world.make_task(
            project, state, priority=priority, estimate=0.1, due_on=date(2026, 2, 28)
        )
    async with world.database.reads() as session:
        found = list(await session.scalars(select(Task).order_by(Task.priority)))
    assert [task.priority for task in found] == list(Priority)
    assert [(task.estimate, task.due_on) for task in found] == [(0.1, date(2026, 2, 28))] * 4


async def test_check_constraints_are_enforced(world: World) -> None:
    workspace = await world.make_workspace()
    project, state = await world.make_project(workspace), await world.make_state(workspace)
    await world.make_task(project, state, number=1)
    event = {"starts_at": now(), "ends_at": now() - timedelta(hours=1)}
    for violation in (
        world.make_task(project, state, number=1),
        world.make_task(project, state, estimate=-1.0),
        world.make_project(workspace, key=project.key),
        world.make_workspace(slug=workspace.slug),
        world.make_event(workspace, **event),
    ):
        # MariaDB's driver reports a violated check constraint as an operational error.
        with pytest.raises((IntegrityError, OperationalError)):
            await violation
    async with world.database.writes.begin() as session:
        await session.execute(delete(Project).where(Project.id == project.id))
    async with world.database.reads() as session:
        assert list(await session.scalars(select(Task))) == []
