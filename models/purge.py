"""Permanent deletion: tasks that stayed in the trash too long, and expired rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import now
from models.credential import AccessToken, Session, SignInCode
from models.database import Database
from models.log.deletion import delete_rows, lock_with_referrers
from models.log.recorder import recorder_of
from models.server.remembered_write import REMEMBERED, RememberedWrite
from models.server.token_bucket import FULL_AFTER, TokenBucket
from models.task import Task

#: How long a task in the trash can be restored.
TRASH_LIFETIME = timedelta(days=30)
#: Tasks purged in one transaction.
CHUNK = 100


@dataclass
class PurgeResult:
    """Numbers of deleted rows."""

    tasks: int = 0
    #: Remembered writes, and credentials that have expired.
    expired: int = 0


async def purge(database: Database) -> PurgeResult:
    """Delete tasks that were in the trash for `TRASH_LIFETIME`, and rows that have expired."""
    result = PurgeResult()
    is_old = Task.deleted_at < now() - TRASH_LIFETIME
    oldest = select(Task.id).where(is_old).order_by(Task.id).limit(CHUNK)

    async def purge_chunk(session: AsyncSession) -> tuple[int, int]:
        ids = (await session.scalars(oldest)).all()
        await lock_with_referrers(session, Task, ids)
        # Again: some may have been restored meanwhile.
        tasks = select(Task).where(Task.id.in_(ids), is_old).order_by(Task.id)
        locked = (await session.scalars(tasks)).all()
        await purge_tasks(session, locked)
        return len(ids), len(locked)

    found = CHUNK
    while found == CHUNK:
        found, count = await database.write(purge_chunk)
        result.tasks += count
    result.expired = await database.write(_delete_expired)
    return result


async def purge_tasks(session: AsyncSession, tasks: Sequence[Task]) -> None:
    """Delete locked tasks permanently, with their comments; subtasks and links are released.

    Their texts are also removed from the log.
    """
    recorder_of(session).log_deletions_as_purged()
    await delete_rows(session, tasks)


async def _delete_expired(session: AsyncSession) -> int:
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
