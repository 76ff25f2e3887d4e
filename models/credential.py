"""Credentials: tokens, sessions, sign-in codes, passwords and external identities.

Tokens, sessions and codes are random secrets of 256 bits. Only their SHA-256 digest is stored:
a random secret needs no slow hash. Passwords do, and get one. `graph.auth.credential_lookup` looks
rows up by their secret. In the API a token or session is visible to its user alone; the other rows
are visible to nobody.
"""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, UniqueConstraint, and_, false, or_, true
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from models.base import Base, UUIDPrimaryKey, now
from models.columns.types import enum_type, sha256_type, short_text, timestamp, uuid_type
from models.viewer import Permission, Scope, Viewer

if TYPE_CHECKING:
    from models.user import User
    from models.workspace import Workspace

#: The prefix of personal tokens, so that secret scanners recognize a leaked one.
TOKEN_PREFIX = "tsk_"
#: The prefix of session tokens.
SESSION_PREFIX = "tss_"
#: The number of leading characters of a token that are stored in plain text.
TOKEN_PREFIX_LENGTH = 8
SESSION_LIFETIME = timedelta(days=30)
CODE_LIFETIME = timedelta(hours=12)


def new_secret(prefix: str = "") -> str:
    """A random secret of 256 bits."""
    return prefix + secrets.token_urlsafe(32)


class Credential(UUIDPrimaryKey):
    """A secret that identifies a user."""

    digest: Mapped[bytes] = mapped_column(sha256_type(), unique=True)
    created_at: Mapped[datetime] = mapped_column(
        timestamp(), default=now, doc="When it was created."
    )
    expires_at: Mapped[datetime | None] = mapped_column(
        timestamp(), doc="When it expires; null if it never does."
    )

    @declared_attr
    def user_id(cls) -> Mapped[UUID]:
        return mapped_column(uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), index=True)

    @classmethod
    def is_valid_at(cls, at: Any) -> ColumnElement[bool]:
        """The condition that it can be used at a time; its user must be enabled, too."""
        return or_(cls.expires_at.is_(None), cls.expires_at > at)

    @declared_attr
    def user(cls) -> Mapped["User"]:
        return relationship(lazy="raise")


class ListedCredential(Credential):
    """A credential that its user can list, with a credential that can write to all workspaces."""

    last_used_at: Mapped[datetime | None] = mapped_column(
        timestamp(), doc="When it was last used, to the minute; null if never."
    )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        return cls.user_id == viewer.user_id if viewer.can(Permission.ACCOUNT) else false()


class AccessToken(ListedCredential, Base):
    """A personal access token for programs: `Authorization: Bearer tsk_…`."""

    __tablename__ = "access_tokens"

    name: Mapped[str] = mapped_column(short_text(100), doc="The purpose, in up to 100 characters.")
    prefix: Mapped[str | None] = mapped_column(
        short_text(16),
        doc="The first characters of the token, to recognize it by; null for tokens created before "
        "this was stored.",
    )
    scope: Mapped[Scope] = mapped_column(
        enum_type(Scope, "scope"), doc="Whether it allows reading only, or writing too."
    )
    workspace_id: Mapped[UUID | None] = mapped_column(
        uuid_type(),
        ForeignKey("workspaces.id", ondelete="CASCADE"),
        index=True,
        doc="The only workspace that the token gives access to. If omitted, it gives access to all "
        "of the user's workspaces.",
    )
    #: Whether it may run unregistered documents on a server that runs only registered ones.
    sends_anything: Mapped[bool] = mapped_column(default=False, server_default=false())
    revoked_at: Mapped[datetime | None] = mapped_column(
        timestamp(), doc="When it was revoked; null if it was not."
    )
    #: It expires and is revoked at the latest with its parent.
    parent_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("access_tokens.id", ondelete="SET NULL"), index=True
    )

    @classmethod
    def is_valid_at(cls, at: Any) -> ColumnElement[bool]:
        return and_(super().is_valid_at(at), cls.revoked_at.is_(None))

    workspace: Mapped["Workspace | None"] = relationship(
        lazy="raise",
        viewonly=True,
        doc="The only workspace that the token gives access to; null for all of the user's "
        "workspaces.",
    )
    parent: Mapped["AccessToken | None"] = relationship(
        remote_side="AccessToken.id",
        lazy="raise",
        viewonly=True,
        doc="The token that created it, and that it is revoked with; null if no token did.",
    )


class Session(ListedCredential, Base):
    """A signed-in browser or other client."""

    __tablename__ = "sessions"

    user_agent: Mapped[str | None] = mapped_column(
        short_text(200), doc="The User-Agent of the client that signed in."
    )


class SignInCode(Credential, Base):
    """The code of a link that signs a browser in once."""

    __tablename__ = "sign_in_codes"


class Password(Base):
    """The hash of a user's password; in its own table, so that no list of users loads it."""

    __tablename__ = "passwords"

    user_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    #: In argon2's encoded form, with parameters and salt.
    hash: Mapped[str] = mapped_column(short_text(255))
    changed_at: Mapped[datetime] = mapped_column(timestamp(), default=now, onupdate=now)


class ExternalIdentity(UUIDPrimaryKey, Base):
    """Links a subject of an OpenID Connect issuer to a user."""

    __tablename__ = "external_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    issuer: Mapped[str] = mapped_column(short_text(255))
    subject: Mapped[str] = mapped_column(short_text(255))
    user_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(
        timestamp(), default=now, doc="When it was created."
    )

    @classmethod
    def is_valid_at(cls, at: Any) -> ColumnElement[bool]:
        """Always: the issuer's tokens expire, not the link to the user."""
        return true()
