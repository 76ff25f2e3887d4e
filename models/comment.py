"""Comments."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, InWorkspace, Keyed, Timed, Versioned
from models.types import identifier, instant, prose
from models.viewer import Viewer

if TYPE_CHECKING:
    from models.task import Task
    from models.user import User


class Comment(InWorkspace, Keyed, Timed, Versioned, Base):
    """What somebody said about a task."""

    workspace_index = True

    __tablename__ = "comments"
    __table_args__ = (Index("ix_comments_page", "task_id", "created_at", "id"),)

    task_id: Mapped[UUID] = mapped_column(identifier(), ForeignKey("tasks.id", ondelete="CASCADE"))
    #: Markdown.
    body: Mapped[str] = mapped_column(prose())
    #: When the author last changed the body; null for one never changed.
    edited_at: Mapped[datetime | None] = mapped_column(instant())
    author_id: Mapped[UUID | None] = mapped_column(
        identifier(), ForeignKey("users.id", ondelete="SET NULL"), index=True
    )

    task: Mapped["Task"] = relationship(lazy="raise")
    author: Mapped["User | None"] = relationship(lazy="raise")

    def may_be_updated_by(self, viewer: Viewer) -> bool:
        """Whether `viewer` may change what it says: its author alone may."""
        return (
            self.author_id is not None
            and self.author_id == viewer.user_id
            and viewer.comments(self.workspace_id)
        )
