"""Purging the trash and expired rows."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from graph.background import run_due_chores
from graph.kit.writing.mutation import MutationAttempt
from models import Chore, RememberedWrite, SignInCode, Task
from models.base import now
from models.columns.digest import digest
from models.database import Database
from models.purge import TRASH_LIFETIME, purge
from models.server.chore import begin_if_due
from tests.support.command import taskloom
from tests.support.log_replay import replay, stored
from tests.support.office import Office, dump
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


async def test_texts_of_purged_objects_leave_the_log(office: Office, database: Database) -> None:
    secret = "Secret plan"
    values = {"projectId": office.gid("project"), "title": secret, "body": secret}
    task = (await office.must_write("taskCreate", input=values))["task"]["id"]
    await office.must_write("taskUpdate", input={"id": task, "title": f"{secret} 2", "body": "x"})
    comments = []
    for _ in range(2):
        remark = {"taskId": task, "body": secret}
        comments.append((await office.must_write("commentCreate", input=remark))["comment"]["id"])
    reaction = {"commentId": comments[1], "emoji": "🦄"}
    await office.must_write("reactionAdd", input=reaction)
    await office.must_write("commentUpdate", input={"id": comments[0], "body": f"{secret} 3"})
    # A part that is deleted before the task.
    await office.must_write("commentDelete", id=comments[1])
    other = {"projectId": office.gid("project"), "title": "Secret of another task"}
    kept = (await office.must_write("taskCreate", input=other))["task"]["id"]
    before = await office.changes()
    await office.must_write("taskDelete", who="admin", id=task, permanently=True)
    changes = await office.changes()
    assert not await find_in_log(database, "Secret plan", "🦄")
    assert [without_fields(change) for change in changes[: len(before)]] == [
        without_fields(change) for change in before
    ]
    assert [(change["kind"], change["subjectId"]) for change in changes[len(before) :]] == [
        ("PURGED", comments[0]),
        ("PURGED", task),
    ]
    ours = [change for change in changes if change["subjectId"] == task]
    title = {"name": "title", "before": None, "after": None}
    assert [
        [field for field in change["fields"] if field["name"] == "title"] for change in ours
    ] == [[title]] * 3
    # Nothing else has changed.
    erased = {task, *comments, *(change["subjectId"] for change in before if is_reaction(change))}
    others = [change for change in before if change["subjectId"] not in erased]
    assert others == [change for change in changes if change["subjectId"] not in erased]
    assert kept in {change["subjectId"] for change in others}
    assert (await replay(office)) == await stored(database, office)


def is_reaction(change: dict[str, Any]) -> bool:
    return bool(change["subjectType"] == "Reaction")


def without_fields(change: dict[str, Any]) -> dict[str, Any]:
    names = [field["name"] for field in change["fields"]]
    return {**change, "fields": names}


async def find_in_log(database: Database, *texts: str) -> bool:
    entries = str((await dump(database))["changes"])
    return any(text in entries for text in texts)


async def test_command_removes_the_texts_of_purged_tasks_from_the_log(
    office: Office, database: Database, url: str
) -> None:
    assert await find_in_log(database, "trashed")
    async with database.writes.begin() as session:
        trashed = update(Task).where(Task.id == office.trashed.id)
        await session.execute(trashed.values(deleted_at=now() - TRASH_LIFETIME - timedelta(days=1)))
    assert (await purge(database)).tasks == 1
    assert not await find_in_log(database, "trashed")


async def test_linked_tasks_are_purged_at_once_without_a_deadlock(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    retried = []

    def should_retry(attempt: MutationAttempt, error: DBAPIError) -> bool:
        retried.append(str(error))
        return False

    monkeypatch.setattr(MutationAttempt, "should_retry", should_retry)
    for _ in range(3):
        tasks: list[str] = []
        for _ in range(4):
            values = {"projectId": office.gid("project"), "title": "x"}
            if tasks:
                values["parentId"] = tasks[-1]
            tasks.append((await office.must_write("taskCreate", input=values))["task"]["id"])
        for first, second in itertools.combinations(tasks, 2):
            link = {"taskId": first, "kind": "RELATES_TO", "otherId": second}
            await office.must_write("taskLinkCreate", input=link)
        payloads = await asyncio.gather(
            *(
                office.write("taskDelete", who="admin", id=task, permanently=True)
                for task in reversed(tasks)
            )
        )
        assert retried == []
        assert [payload["errors"] for payload in payloads] == [[]] * 4
