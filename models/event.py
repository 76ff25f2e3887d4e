"""Calendar events and their attendances."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    select,
    union,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped
from models.columns.documented_enum import DocumentedEnum
from models.columns.types import enum_type, long_text, short_text, timestamp, uuid_type
from models.log.logged import Logged
from models.viewer import Permission, Viewer
from models.workspace import Membership

if TYPE_CHECKING:
    from models.project import Project
    from models.user import User
    from models.workspace import Workspace


class AttendanceResponse(DocumentedEnum):
    """An answer to an invitation."""

    PENDING = "PENDING", "Not answered yet."
    ACCEPTED = "ACCEPTED", "Will attend."
    TENTATIVE = "TENTATIVE", "May attend."
    DECLINED = "DECLINED", "Will not attend."


class Event(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A calendar event."""

    parts = ("attendances",)

    __tablename__ = "events"
    __table_args__ = (
        CheckConstraint("ends_at >= starts_at", name="ends_at"),
        Index("ix_events_page", "workspace_id", "starts_at", "id"),
    )

    title: Mapped[str] = mapped_column(short_text(200), doc="The title.")
    description: Mapped[str] = mapped_column(
        long_text(), default="", doc="The agenda, in Markdown."
    )
    location: Mapped[str | None] = mapped_column(
        short_text(500), doc="A room, an address or a link."
    )
    starts_at: Mapped[datetime] = mapped_column(timestamp(), doc="When it starts.")
    ends_at: Mapped[datetime] = mapped_column(
        timestamp(), doc="When it ends; not before it starts."
    )
    project_id: Mapped[UUID | None] = mapped_column(
        uuid_type(),
        ForeignKey("projects.id", ondelete="SET NULL"),
        index=True,
        doc="The project it is about.",
    )
    organizer_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="SET NULL"), index=True
    )

    workspace: Mapped["Workspace"] = relationship(lazy="raise", doc="The workspace it belongs to.")
    project: Mapped["Project | None"] = relationship(lazy="raise", doc="The project it is about.")
    organizer: Mapped["User | None"] = relationship(
        lazy="raise",
        doc="The user who organizes it; null if the account was deleted or "
        "shares no workspace with the viewer.",
    )
    attendances: Mapped[list["Attendance"]] = relationship(lazy="raise", viewonly=True)


class Attendance(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A user's invitation to an event, with their answer."""

    permission = Permission.COMMENT
    has_one_editor = True
    workspace_index = True

    __tablename__ = "attendances"
    __table_args__ = (UniqueConstraint("event_id", "user_id"),)

    event_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("events.id", ondelete="CASCADE"), doc="The event."
    )
    user_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    response: Mapped[AttendanceResponse] = mapped_column(
        enum_type(AttendanceResponse, "response"),
        default=AttendanceResponse.PENDING,
        doc="The answer to the invitation.",
    )

    event: Mapped["Event"] = relationship(lazy="raise", doc="The event.")
    user: Mapped["User"] = relationship(lazy="raise", doc="The invited user.")

    def project_of(self, session: Session) -> UUID | None:
        event = self.__dict__.get("event") or session.get(Event, self.event_id)
        return None if event is None else event.project_id

    def can_be_updated_by(self, viewer: Viewer) -> bool:
        # Users answer their own invitations.
        is_own = self.user_id == viewer.user_id
        return is_own and viewer.can(Permission.COMMENT, self.workspace_id)

    def can_be_deleted_by(self, viewer: Viewer) -> bool:
        # Anyone who may update the event manages its invitations.
        return viewer.can(Permission.WRITE, self.workspace_id)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        # Users who have left the workspace are hidden, and so are their attendances.
        member = aliased(Membership)
        members = select(member.user_id).where(viewer.can_reach(member.workspace_id))
        members = members.where(member.workspace_id == cls.workspace_id)
        return and_(viewer.can_reach(cls.workspace_id), cls.user_id.in_(members))


#: One row for each user and event that the user attends or organizes.
participation = union(
    select(Attendance.user_id.label("user_id"), Attendance.event_id.label("event_id")),
    select(Event.organizer_id.label("user_id"), Event.id.label("event_id")).where(
        Event.organizer_id.is_not(None)
    ),
).subquery("participation")
