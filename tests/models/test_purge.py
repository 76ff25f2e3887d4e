"""Purging the trash and expired rows."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, update

from graph.background import run_due_chores
from models import Chore, RememberedWrite, SignInCode, Task
from models.base import now
from models.columns.digest import digest
from models.database import Database
from models.purge import TRASH_LIFETIME, purge
from models.server.chore import begin_if_due
from tests.support.command import taskloom
from tests.support.world import World


async def test_chore_runs_in_one_process_per_day(database: Database, url: str) -> None:
    other = Database(url)
    day = timedelta(days=1)
    begun = await asyncio.gather(
        *(begin_if_due(process, "sweep", day) for process in (database, other, database, other))
    )
    assert sorted(begun) == [False, False, False, True]
    assert not await begin_if_due(other, "sweep", day)
    assert await begin_if_due(other, "mop", day)
    async with database.writes.begin() as session:
        await session.execute(update(Chore).values(begun_at=now() - day))
    begun = await asyncio.gather(
        *(begin_if_due(process, "sweep", day) for process in (database, other))
    )
    assert sorted(begun) == [False, True]
    await other.close()


async def test_command_and_server_purge_the_trash(
    world: World, database: Database, url: str
) -> None:
    workspace = await world.make_workspace()
    project, state = await world.make_project(workspace), await world.make_state(workspace)
    old = now() - TRASH_LIFETIME - timedelta(days=1)
    for deleted_at in (old, now(), None):
        task = await world.make_task(project, state, deleted_at=deleted_at)
        await world.make_comment(task, None)
    done = await taskloom(url, "purge")
    assert (done.code, done.notes) == (0, "Tasks purged: 1. Expired rows deleted: 0.\n")
    async with database.writes.begin() as session:
        trashed = update(Task).where(Task.deleted_at.is_not(None))
        await session.execute(trashed.values(deleted_at=old))
    assert await run_due_chores(database)
    assert not await run_due_chores(database)
    async with database.reads() as session:
        assert await session.scalar(select(func.count(Task.id))) == 1


async def test_expired_rows_are_deleted(world: World, database: Database) -> None:
    user = await world.make_user()
    past, future = now() - timedelta(days=2), now() + timedelta(hours=1)
    await world.save(
        *(
            RememberedWrite(user_id=user.id, key=key, digest=digest(key), result={}, created_at=at)
            for key, at in (("old", past), ("new", now()))
        ),
        *(
            SignInCode(user_id=user.id, digest=digest(key), expires_at=at)
            for key, at in (("old", past), ("new", future))
        ),
    )
    assert (await purge(database)).expired == 2
    assert (await purge(database)).expired == 0
