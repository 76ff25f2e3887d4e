"""Users."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned
from models.columns.rules import WEB_URL, with_rule
from models.columns.types import short_text, timestamp
from models.credential import AccessToken, Session
from models.event import Event, participation
from models.viewer import Viewer
from models.workspace import Membership, Workspace

if TYPE_CHECKING:
    from models.invitation import Invitation
    from models.task import Task


#: Brackets are allowed because the handles of GitHub's bots have them.
HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\[\]-]{0,63}")


class User(UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A user account; visible to its user and to members of a shared workspace."""

    __tablename__ = "users"

    handle: Mapped[str] = mapped_column(
        short_text(64), unique=True, doc="The username, unique on this server."
    )
    name: Mapped[str] = mapped_column(short_text(200), doc="The full name.")
    email: Mapped[str | None] = mapped_column(
        short_text(254),
        unique=True,
        doc="The email address. Visible to the user and to administrators of a shared workspace.",
    )
    avatar_url: Mapped[str | None] = mapped_column(
        short_text(500),
        info=with_rule(WEB_URL),
        doc="The URL of a picture of the user; null if there is none.",
    )
    #: When the account was disabled: the user cannot sign in, but their content stays.
    disabled_at: Mapped[datetime | None] = mapped_column(timestamp())

    memberships: Mapped[list[Membership]] = relationship(lazy="raise", viewonly=True)
    workspaces: Mapped[list[Workspace]] = relationship(
        secondary="memberships", lazy="raise", viewonly=True
    )
    assigned_tasks: Mapped[list["Task"]] = relationship(
        secondary="assignments", lazy="raise", viewonly=True
    )
    access_tokens: Mapped[list[AccessToken]] = relationship(lazy="raise", viewonly=True)
    invitations: Mapped[list["Invitation"]] = relationship(
        lazy="raise", viewonly=True, foreign_keys="Invitation.user_id"
    )
    sessions: Mapped[list[Session]] = relationship(lazy="raise", viewonly=True)
    events: Mapped[list[Event]] = relationship(
        secondary=participation,
        primaryjoin=lambda: User.id == participation.c.user_id,
        secondaryjoin=Event.id == participation.c.event_id,
        foreign_keys=list(participation.c),
        lazy="raise",
        viewonly=True,
    )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        membership = aliased(Membership)
        shared = select(membership.user_id).where(viewer.can_reach(membership.workspace_id))
        return or_(cls.id == viewer.user_id, cls.id.in_(shared))
