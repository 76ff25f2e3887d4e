"""GraphQL documents that clients may send by their hash."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, now
from models.columns.types import long_text, sha256_type, timestamp


class RegisteredDocument(Base):
    """A GraphQL document, identified by the SHA-256 digest of its text. Visible to nobody."""

    __tablename__ = "documents"

    digest: Mapped[bytes] = mapped_column(sha256_type(), primary_key=True)
    text: Mapped[str] = mapped_column(long_text())
    created_at: Mapped[datetime] = mapped_column(timestamp(), default=now)
