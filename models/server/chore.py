"""What a server does from time to time, by one process at a time."""

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, now
from models.columns.types import short_text, timestamp
from models.database import Database


class Chore(Base):
    """A chore, and when it was last begun; visible to nobody."""

    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(short_text(32), primary_key=True)
    begun_at: Mapped[datetime] = mapped_column(timestamp())


async def reset_chore(database: Database, name: str) -> None:
    """Says that a chore was begun and not done: it is due again."""
    async with database.writes.begin() as session:
        await session.execute(delete(Chore).where(Chore.name == name))


async def begin_if_due(database: Database, name: str, every: timedelta) -> bool:
    """Whether a chore is to be done now, and by whoever asks: nobody else is told so too."""
    at = now()
    try:
        async with database.writes.begin() as session:
            old = (Chore.name == name, Chore.begun_at <= at - every)
            taken = await session.execute(update(Chore).where(*old).values(begun_at=at))
            if cast("CursorResult[Any]", taken).rowcount == 1:
                return True
            if await session.scalar(select(Chore.name).where(Chore.name == name)):
                return False
            session.add(Chore(name=name, begun_at=at))
    except IntegrityError:
        # Somebody else began it for the first time in this moment.
        return False
    return True
