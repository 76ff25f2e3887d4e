"""What names the sender of a request: tokens, sessions, sign-in codes, passwords, an issuer's word.

Tokens, sessions and codes are random secrets of 256 bits, of which only the SHA-256 digest is
stored: what was random needs no slow hash. Passwords do, and have one. `graph.auth.identity` finds
a row by its secret; otherwise a token or session is seen by its user alone, and nothing else by
anybody.
"""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, UniqueConstraint, false
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from models.base import Base, UUIDPrimaryKey, now
from models.columns.types import enum_type, sha256_type, short_text, timestamp, uuid_type
from models.viewer import Permission, Scope, Viewer

if TYPE_CHECKING:
    from models.user import User
    from models.workspace import Workspace

#: What a personal token begins with, so that one that leaked is recognized.
TOKEN_PREFIX = "tsk_"
#: And what the token of a session begins with.
SESSION_PREFIX = "tss_"
#: How many characters of a token are kept to tell it by.
TOKEN_PREFIX_LENGTH = 8
SESSION_LIFETIME = timedelta(days=30)
CODE_LIFETIME = timedelta(hours=12)


def new_secret(prefix: str = "") -> str:
    """A secret that cannot be guessed."""
    return prefix + secrets.token_urlsafe(32)


class Credential(UUIDPrimaryKey):
    """A secret that stands for a user."""

    digest: Mapped[bytes] = mapped_column(sha256_type(), unique=True)
    created_at: Mapped[datetime] = mapped_column(timestamp(), default=now)
    expires_at: Mapped[datetime | None] = mapped_column(timestamp())

    @declared_attr
    def user_id(cls) -> Mapped[UUID]:
        return mapped_column(uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), index=True)

    @declared_attr
    def user(cls) -> Mapped["User"]:
        return relationship(lazy="raise")


class ListedCredential(Credential):
    """A credential that its user sees in a list, with one that may write and is for everything."""

    last_used_at: Mapped[datetime | None] = mapped_column(timestamp())

    @classmethod
    def visible_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        return cls.user_id == viewer.user_id if viewer.can(Permission.ACCOUNT) else false()


class AccessToken(ListedCredential, Base):
    """A personal token, for programs: `Authorization: Bearer tsk_…`."""

    __tablename__ = "access_tokens"

    name: Mapped[str] = mapped_column(short_text(100))
    #: How the token begins; null where that was not kept.
    prefix: Mapped[str | None] = mapped_column(short_text(16))
    scope: Mapped[Scope] = mapped_column(enum_type(Scope, "scope"))
    #: The only workspace it reaches; null for all of the user's.
    workspace_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("workspaces.id", ondelete="CASCADE"), index=True
    )
    #: Whether it may send any document where only registered ones run.
    sends_anything: Mapped[bool] = mapped_column(default=False, server_default=false())
    revoked_at: Mapped[datetime | None] = mapped_column(timestamp())

    workspace: Mapped["Workspace | None"] = relationship(lazy="raise", viewonly=True)


class Session(ListedCredential, Base):
    """A signed-in browser, known by its cookie, or a client that keeps the token itself."""

    __tablename__ = "sessions"

    #: What the client called itself when it signed in.
    user_agent: Mapped[str | None] = mapped_column(short_text(200))


class SignInCode(Credential, Base):
    """A link that signs a browser in, once."""

    __tablename__ = "sign_in_codes"


class Password(Base):
    """The hash of a user's password, which no list of users brings along."""

    __tablename__ = "passwords"

    user_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    #: As argon2 writes it, parameters and salt included.
    hash: Mapped[str] = mapped_column(short_text(255))
    changed_at: Mapped[datetime] = mapped_column(timestamp(), default=now, onupdate=now)


class ExternalIdentity(UUIDPrimaryKey, Base):
    """Who an OpenID Connect issuer's subject is here."""

    __tablename__ = "external_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    issuer: Mapped[str] = mapped_column(short_text(255))
    subject: Mapped[str] = mapped_column(short_text(255))
    user_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(timestamp(), default=now)
