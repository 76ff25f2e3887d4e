"""When credentials were last used: noted in memory, written now and then."""

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
#: How old what is known of a use may be before the next one is noted.
STALE = timedelta(seconds=WRITE_INTERVAL)

TrackedCredential: TypeAlias = AccessToken | Session


class LastUsedTracker:
    """The last uses that are not written yet."""

    def __init__(self) -> None:
        self._seen: dict[tuple[type[TrackedCredential], UUID], datetime] = {}

    def note(self, credential: TrackedCredential) -> None:
        """Notes that a credential is used."""
        at = now()
        if credential.last_used_at is None or at - credential.last_used_at > STALE:
            self._seen[type(credential), credential.id] = at

    async def write(self, database: Database) -> None:
        """Writes what was noted; what cannot be written is noted again."""
        seen, self._seen = self._seen, {}
        try:
            for kind in (AccessToken, Session):
                used = {key: at for (one, key), at in seen.items() if one is kind}
                if used:
                    await _write(database, kind, used)
        except (SQLAlchemyError, OSError):
            self._seen = seen | self._seen
            raise


async def _write(
    database: Database, kind: type[TrackedCredential], seen: dict[UUID, datetime]
) -> None:
    # In one order always: two processes that write the same rows wait, and do not deadlock.
    rows = [{"key": key, "at": seen[key]} for key in sorted(seen)]
    table = table_of(kind)
    # scope: a note on the credential itself.
    used = update(table).where(table.c.id == bindparam("key")).values(last_used_at=bindparam("at"))

    async def work(session: AsyncSession) -> None:
        await (await session.connection()).execute(used, rows)

    await database.write(work)
