"""Comments."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped
from models.columns.types import long_text, timestamp, uuid_type
from models.log.logged import Logged
from models.task import Task
from models.viewer import Permission, Viewer

if TYPE_CHECKING:
    from models.reaction import Reaction
    from models.user import User


class Comment(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A comment on a task."""

    parts = ("reactions",)
    permission = Permission.COMMENT
    has_one_editor = True
    workspace_index = True

    __tablename__ = "comments"
    __table_args__ = (Index("ix_comments_page", "task_id", "created_at", "id"),)

    task_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("tasks.id", ondelete="CASCADE"), doc="The task."
    )
    body: Mapped[str] = mapped_column(long_text(), doc="The text, in Markdown.")
    edited_at: Mapped[datetime | None] = mapped_column(
        timestamp(), doc="When its author last edited it; null if never."
    )
    author_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="SET NULL"), index=True
    )

    task: Mapped[Task] = relationship(lazy="raise", viewonly=True, doc="The task it belongs to.")
    author: Mapped["User | None"] = relationship(
        lazy="raise",
        viewonly=True,
        doc="The user who wrote it; null if the account was deleted or "
        "shares no workspace with the viewer.",
    )

    reactions: Mapped[list["Reaction"]] = relationship(
        lazy="raise", viewonly=True, doc="The reactions to it."
    )

    def project_of(self, session: Session) -> UUID | None:
        task = session.get(Task, self.task_id)
        return None if task is None else task.project_id

    def can_be_updated_by(self, viewer: Viewer) -> bool:
        # Only the author may edit a comment.
        is_own = self.author_id is not None and self.author_id == viewer.user_id
        return is_own and viewer.can(Permission.COMMENT, self.workspace_id)

    def can_be_deleted_by(self, viewer: Viewer) -> bool:
        # Administrators may delete other people's comments.
        may_administer = viewer.can(Permission.ADMINISTER, self.workspace_id)
        return may_administer or self.can_be_updated_by(viewer)

    def can_be_restored_by(self, viewer: Viewer, deleter_id: UUID | None) -> bool:
        # Only the user who deleted a comment may restore it.
        return deleter_id == viewer.user_id and self.can_be_deleted_by(viewer)
