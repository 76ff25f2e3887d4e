"""What is remembered of a write, so that sending it again answers rather than writes again."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, now
from models.columns.types import document, fingerprint, identifier, instant, line

#: How long a result is remembered.
REMEMBERED = timedelta(hours=24)
MAX_KEY = 255


class RememberedWrite(Base):
    """The result of one write, by the key that its caller gave; visible to nobody."""

    __tablename__ = "remembered_writes"

    user_id: Mapped[UUID] = mapped_column(
        identifier(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(line(MAX_KEY), primary_key=True)
    #: SHA-256 of the mutation and its input.
    digest: Mapped[bytes] = mapped_column(fingerprint())
    result: Mapped[Any] = mapped_column(document())
    created_at: Mapped[datetime] = mapped_column(instant(), default=now, index=True)
