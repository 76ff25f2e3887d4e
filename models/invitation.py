"""Invitations to workspaces."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Connection,
    ForeignKey,
    UniqueConstraint,
    and_,
    event,
    false,
    inspect,
    or_,
    update,
)
from sqlalchemy.orm import Mapped, Mapper, mapped_column, relationship

from models.base import Base, UUIDPrimaryKey, WorkspaceScoped, now, table_of
from models.columns.types import enum_type, short_text, timestamp, uuid_type
from models.log.logged import Logged
from models.user import User
from models.viewer import Permission, Role, Viewer
from models.workspace import Workspace


class Invitation(Logged, WorkspaceScoped, UUIDPrimaryKey, Base):
    """An invitation of a user to a workspace, by handle or email address.

    It is visible to the administrators of the workspace and to the invited user.
    """

    # The log is visible to all members. It must not show whom an administrator invited, nor who has
    # a handle or an address.
    not_logged = frozenset({"handle", "email", "user_id"})
    permission = Permission.ADMINISTER
    # Who belongs to a workspace changes with consent only.
    is_revertible = False

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("workspace_id", "handle"),
        UniqueConstraint("workspace_id", "email"),
        CheckConstraint("(handle IS NULL) <> (email IS NULL)", name="named_once"),
    )

    handle: Mapped[str | None] = mapped_column(
        short_text(64), doc="The handle that was invited; null if an email address was."
    )
    email: Mapped[str | None] = mapped_column(
        short_text(254),
        index=True,
        doc="The email address that was invited, in lowercase; null if a handle was.",
    )
    #: The user who has this handle or address, if any. Never shown to those who invite.
    user_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    role: Mapped[Role] = mapped_column(
        enum_type(Role, "role"), doc="The role that the user will have."
    )
    inviter_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(
        timestamp(), default=now, doc="When the invitation was made."
    )

    workspace: Mapped[Workspace] = relationship(
        lazy="raise",
        viewonly=True,
        doc="The workspace; null for the invited user, who is not a member yet.",
    )
    inviter: Mapped[User | None] = relationship(
        lazy="raise",
        viewonly=True,
        foreign_keys=[inviter_id],
        doc="The user who made the invitation; null if they share no workspace with the viewer.",
    )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        mine = cls.is_addressed_to(viewer)
        if not viewer.administered:
            return mine
        return or_(viewer.administers(cls.workspace_id), mine)

    @classmethod
    def is_addressed_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        """Return the condition that the viewer is the invited user."""
        if viewer.user_id is None:
            return false()
        mine = cls.user_id == viewer.user_id
        only = viewer.only_workspace_id
        return mine if only is None else and_(mine, cls.workspace_id == only)

    def can_be_accepted_by(self, viewer: Viewer) -> bool:
        is_own = self.user_id is not None and self.user_id == viewer.user_id
        return is_own and viewer.can(Permission.ACCOUNT)

    def can_be_deleted_by(self, viewer: Viewer) -> bool:
        # Administrators cancel it, and the invited user declines it.
        return self.can_be_updated_by(viewer) or self.can_be_accepted_by(viewer)


@event.listens_for(User, "after_insert")
@event.listens_for(User, "after_update")
def _link_to_user(_: Mapper[User], connection: Connection, user: User) -> None:
    """Address the invitations of an email address to the user who gets it.

    Invitations by handle are not linked: a user who takes the handle later may be another person.
    """
    if user.email is None or not inspect(user).attrs.email.history.has_changes():
        return
    invitations: Any = table_of(Invitation)
    connection.execute(
        update(invitations)
        .where(invitations.c.email == user.email.lower(), invitations.c.user_id.is_(None))
        .values(user_id=user.id)
    )
