"""What goes for good: tasks with all that hangs on them, and what has outlived its use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from models.base import now
from models.comment import Comment
from models.credential import AccessToken, Session, SignInCode
from models.database import Database
from models.log.recorder import delete_rows, recorder_of
from models.server.remembered_write import REMEMBERED, RememberedWrite
from models.server.token_bucket import FULL_AFTER, TokenBucket
from models.task import Task, TaskLink

#: How long a task in the trash can be restored.
TRASH_LIFETIME = timedelta(days=30)
#: Tasks purged in one transaction.
CHUNK = 100


@dataclass
class PurgeResult:
    """What a purge deleted."""

    tasks: int = 0
    #: Remembered writes, and credentials that are not valid any more.
    expired: int = 0


async def purge(database: Database) -> PurgeResult:
    """Deletes tasks that have been in the trash too long, and what has expired."""
    done = PurgeResult()
    old = select(Task).where(Task.deleted_at < now() - TRASH_LIFETIME)
    old = old.order_by(Task.id).limit(CHUNK).with_for_update()

    async def purge_some(session: AsyncSession) -> int:
        tasks = (await session.scalars(old)).all()
        await purge_tasks(session, tasks)
        return len(tasks)

    count = CHUNK
    while count == CHUNK:
        count = await database.write(purge_some)
        done.tasks += count
    done.expired = await database.write(_delete_expired)
    return done


async def purge_tasks(session: AsyncSession, tasks: Sequence[Task]) -> None:
    """Deletes locked tasks for good, with their comments, and parts others from them.

    Whatever that changes is in the log: comments that go along, subtasks that are left without
    a parent, links that others lose.
    """
    if not tasks:
        return
    keys = [task.id for task in tasks]
    recorder_of(session).purging = True
    linked = select(TaskLink.task_id).where(TaskLink.other_id.in_(keys))
    around = select(Task).where(or_(Task.parent_id.in_(keys), Task.id.in_(linked)))
    around = around.where(Task.id.not_in(keys)).options(selectinload(Task.links))
    for task in await session.scalars(around.order_by(Task.id).with_for_update(key_share=True)):
        task.parent_id = None if task.parent_id in keys else task.parent_id
        task.links = [link for link in task.links if link.other_id not in keys]
    comments = select(Comment).where(Comment.task_id.in_(keys)).order_by(Comment.id)
    await delete_rows(session, (await session.scalars(comments)).all())
    collected = [selectinload(getattr(Task, one.relation)) for one in Task.collected.values()]
    whole = select(Task).where(Task.id.in_(keys)).options(*collected)
    whole = whole.order_by(Task.id).execution_options(populate_existing=True)
    await delete_rows(session, (await session.scalars(whole)).all())


async def _delete_expired(session: AsyncSession) -> int:
    """Deletes what nobody can use any more."""
    count = 0
    for model, expired in (
        (RememberedWrite, RememberedWrite.created_at < now() - REMEMBERED),
        (SignInCode, SignInCode.expires_at < now()),
        (Session, Session.expires_at < now()),
        (TokenBucket, TokenBucket.at < now() - FULL_AFTER),
        (AccessToken, AccessToken.expires_at < now() - TRASH_LIFETIME),
        (AccessToken, AccessToken.revoked_at < now() - TRASH_LIFETIME),
    ):
        result = await session.execute(delete(model).where(expired))
        count += cast("CursorResult[Any]", result).rowcount
    return count
