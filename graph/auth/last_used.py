"""When credentials were last used: recorded in memory, and written once a minute."""

from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from models import AccessToken, Session
from models.base import now, table_of
from models.database import Database

#: Seconds between two writes.
WRITE_INTERVAL = 60
#: A use is recorded only if the stored time is older than this.
PRECISION = timedelta(seconds=WRITE_INTERVAL)

TrackedCredential: TypeAlias = AccessToken | Session


class LastUsedTracker:
    def __init__(self) -> None:
        self._unwritten: dict[tuple[type[TrackedCredential], UUID], datetime] = {}

    def record(
        self, model: type[TrackedCredential], id: UUID, last_used_at: datetime | None
    ) -> None:
        """Record that a credential is used now; `last_used_at` is the stored time."""
        at = now()
        if last_used_at is None or at - last_used_at > PRECISION:
            self._unwritten[model, id] = at

    async def write(self, database: Database) -> None:
        """Write the recorded times; after a database error they are kept for the next attempt."""
        times, self._unwritten = self._unwritten, {}
        try:
            for model in (AccessToken, Session):
                times_by_id = {id_: at for (kind, id_), at in times.items() if kind is model}
                if times_by_id:
                    await _write(database, model, times_by_id)
        except (SQLAlchemyError, OSError):
            self._unwritten = times | self._unwritten
            raise


async def _write(
    database: Database, model: type[TrackedCredential], times: dict[UUID, datetime]
) -> None:
    # Sorted, because processes that lock the same rows in different orders would deadlock.
    rows = [{"key": id_, "at": times[id_]} for id_ in sorted(times)]
    table = table_of(model)
    # scope: updates nothing but the credentials themselves.
    statement = (
        update(table).where(table.c.id == bindparam("key")).values(last_used_at=bindparam("at"))
    )

    async def work(session: AsyncSession) -> None:
        await (await session.connection()).execute(statement, rows)

    await database.write(work)
