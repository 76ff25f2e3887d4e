"""Workspaces, which are the tenants of a server, and their members."""

import re
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship
from uuid_utils.compat import uuid7

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped, now
from models.columns.rules import ColumnRule, with_rule
from models.columns.types import big_integer, enum_type, short_text, timestamp, uuid_type
from models.log.logged import Logged
from models.state import DEFAULT_STATES, State
from models.viewer import Permission, Role, Viewer

if TYPE_CHECKING:
    from models.event import Event
    from models.invitation import Invitation
    from models.label import Label
    from models.milestone import Milestone
    from models.project import Project
    from models.task import Task
    from models.user import User


SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def is_slug(given: str) -> bool:
    return len(given) <= 64 and SLUG.fullmatch(given) is not None


SLUG_RULE = ColumnRule(
    is_slug, "a slug has lowercase letters and digits in words joined by hyphens, such as my-team"
)


class Workspace(Logged, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A team's space. Its contents are visible to its members only."""

    not_logged = frozenset({"sequence"})
    permission = Permission.ADMINISTER

    __tablename__ = "workspaces"

    slug: Mapped[str] = mapped_column(
        short_text(64),
        unique=True,
        info=with_rule(SLUG_RULE),
        doc="The short name in URLs, unique on this server: lowercase letters and digits in words "
        "joined by hyphens.",
    )
    name: Mapped[str] = mapped_column(short_text(200), doc="The display name.")
    sequence: Mapped[int] = mapped_column(
        big_integer(), default=0, doc="The number of the newest change in the workspace's log."
    )

    memberships: Mapped[list["Membership"]] = relationship(lazy="raise", viewonly=True)
    invitations: Mapped[list["Invitation"]] = relationship(lazy="raise", viewonly=True)
    states: Mapped[list[State]] = relationship(lazy="raise", viewonly=True)
    labels: Mapped[list["Label"]] = relationship(lazy="raise", viewonly=True)
    projects: Mapped[list["Project"]] = relationship(lazy="raise", viewonly=True)
    milestones: Mapped[list["Milestone"]] = relationship(lazy="raise", viewonly=True)
    tasks: Mapped[list["Task"]] = relationship(lazy="raise", viewonly=True)
    events: Mapped[list["Event"]] = relationship(lazy="raise", viewonly=True)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        return viewer.can_reach(cls.id)

    def workspace_of(self) -> UUID:
        return self.id


class Membership(Logged, WorkspaceScoped, UUIDPrimaryKey, Versioned, Base):
    """A user's membership of a workspace, with their role."""

    permission = Permission.ADMINISTER
    # Who belongs to a workspace changes with consent only.
    is_revertible = False

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("workspace_id", "user_id"),
        Index("ix_memberships_page", "workspace_id", "joined_at", "id"),
    )

    user_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), index=True, doc="The user."
    )
    role: Mapped[Role] = mapped_column(enum_type(Role, "role"), doc="The member's role.")
    joined_at: Mapped[datetime] = mapped_column(
        timestamp(), default=now, doc="When the user joined."
    )

    user: Mapped["User"] = relationship(lazy="raise", doc="The member.")
    workspace: Mapped["Workspace"] = relationship(lazy="raise", doc="The workspace.")

    def can_be_updated_by(self, viewer: Viewer) -> bool:
        # Only owners may change or remove an owner.
        needed = Permission.OWN if self.role is Role.OWNER else Permission.ADMINISTER
        return viewer.can(needed, self.workspace_id)

    def can_be_deleted_by(self, viewer: Viewer) -> bool:
        # Every member may leave.
        is_own = self.user_id == viewer.user_id
        leaves = is_own and viewer.can(Permission.COMMENT, self.workspace_id)
        return leaves or self.can_be_updated_by(viewer)


def new_workspace(slug: str, name: str, key: UUID | None = None) -> tuple[Workspace, list[State]]:
    """Return a new workspace and its default workflow states, not yet added to a session."""
    workspace = Workspace(id=key or uuid7(), slug=slug, name=name)
    states = [
        State(workspace_id=workspace.id, name=name, category=category, color=color, position=place)
        for place, (name, category, color) in enumerate(DEFAULT_STATES)
    ]
    return workspace, states
