"""Periodic maintenance that one server process runs at a time."""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, now
from models.columns.types import short_text, timestamp
from models.database import Database


class Chore(Base):
    """The last start of a maintenance task. Visible to nobody."""

    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(short_text(32), primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(timestamp())


async def reset_chore(database: Database, name: str) -> None:
    """Make a chore due again after it has failed."""
    async with database.writes.begin() as session:
        await session.execute(delete(Chore).where(Chore.name == name))


async def begin_if_due(database: Database, name: str, every: timedelta) -> bool:
    """Record the start of a chore if it is due; if several callers try, only one gets true."""
    started_at = now()
    try:
        async with database.writes.begin() as session:
            due = update(Chore).where(Chore.name == name, Chore.begun_at <= started_at - every)
            result = await session.execute(due.values(begun_at=started_at))
            if cast("CursorResult[Any]", result).rowcount == 1:
                return True
            if await session.scalar(select(Chore.name).where(Chore.name == name)):
                return False
            session.add(Chore(name=name, begun_at=started_at))
    except IntegrityError:
        # Another process has just started it for the first time.
        return False
    return True
