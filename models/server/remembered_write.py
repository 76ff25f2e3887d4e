"""Stored results of mutations, by idempotency key."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, now
from models.columns.types import json_type, sha256_type, short_text, timestamp, uuid_type

#: How long a result is stored.
REMEMBERED = timedelta(hours=24)
#: The most characters of an idempotency key.
MAX_KEY = 255


class RememberedWrite(Base):
    """The result of a mutation that was sent with an idempotency key. Visible to nobody."""

    __tablename__ = "remembered_writes"

    user_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(short_text(MAX_KEY), primary_key=True)
    #: SHA-256 of the mutation and its input, to detect a key that is used for another write.
    digest: Mapped[bytes] = mapped_column(sha256_type())
    result: Mapped[Any] = mapped_column(json_type())
    created_at: Mapped[datetime] = mapped_column(timestamp(), default=now, index=True)
