"""What names the sender of a request: tokens, browser sessions, one-time sign-in codes.

Each is a random secret of 256 bits, of which only the SHA-256 digest is stored: what was
random needs no slow hash. None of these rows is visible to anyone; `graph.auth` finds one
by its secret.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from models.base import Base, Keyed, now
from models.types import choice, identifier, instant, line
from models.viewer import Scope

if TYPE_CHECKING:
    from models.user import User

#: What a personal token begins with, so that one that leaked is recognized.
TOKEN_PREFIX = "tsk_"
SESSION_LIFETIME = timedelta(days=30)
CODE_LIFETIME = timedelta(hours=12)


def new_secret(prefix: str = "") -> str:
    """A secret that cannot be guessed."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class Credential(Keyed):
    """A secret that stands for a user."""

    digest: Mapped[bytes] = mapped_column(
        LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb"), unique=True
    )
    created_at: Mapped[datetime] = mapped_column(instant(), default=now)
    expires_at: Mapped[datetime | None] = mapped_column(instant())

    @declared_attr
    def user_id(cls) -> Mapped[UUID]:
        return mapped_column(identifier(), ForeignKey("users.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def user(cls) -> Mapped["User"]:
        return relationship(lazy="raise")


class AccessToken(Credential, Base):
    """A personal token, for programs: `Authorization: Bearer tsk_…`."""

    __tablename__ = "access_tokens"

    name: Mapped[str] = mapped_column(line(100))
    scope: Mapped[Scope] = mapped_column(choice(Scope, "scope"))
    #: The only workspace it reaches; null for all of the user's.
    workspace_id: Mapped[UUID | None] = mapped_column(
        identifier(), ForeignKey("workspaces.id", ondelete="CASCADE"), index=True
    )
    revoked_at: Mapped[datetime | None] = mapped_column(instant())


class Session(Credential, Base):
    """A signed-in browser, known by its cookie."""

    __tablename__ = "sessions"


class SignInCode(Credential, Base):
    """A link that signs a browser in, once."""

    __tablename__ = "sign_in_codes"
