"""Documents that clients may send by their hash."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, now
from models.columns.types import fingerprint, instant, prose


class RegisteredDocument(Base):
    """A GraphQL document that is known to the server, by the digest of its text; seen by nobody.

    The digest in hexadecimal digits is its id.
    """

    __tablename__ = "documents"

    digest: Mapped[bytes] = mapped_column(fingerprint(), primary_key=True)
    text: Mapped[str] = mapped_column(prose())
    created_at: Mapped[datetime] = mapped_column(instant(), default=now)
