"""Reactions."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from emoji import EMOJI_DATA, STATUS, demojize, emojize
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from models.base import Base, UUIDPrimaryKey, WorkspaceScoped, now
from models.columns.rules import ColumnRule, with_rule
from models.columns.types import short_text, timestamp, uuid_type
from models.comment import Comment
from models.log.logged import Logged
from models.task import Task
from models.viewer import Permission, Viewer

if TYPE_CHECKING:
    from models.user import User

#: The most different emoji on one comment.
MAX_EMOJI = 20


def canonical_emoji(emoji: str) -> str:
    """Return the fully qualified form, so that ❤ with and without a variation selector are one."""
    return emojize(demojize(emoji))


def _is_emoji(text: str) -> bool:
    """Whether a text is one emoji, and not only a part of emoji such as a skin tone."""
    data = EMOJI_DATA.get(canonical_emoji(text), {})
    return data.get("status") == STATUS["fully_qualified"]


EMOJI_RULE = ColumnRule(_is_emoji, "a reaction is a single emoji, such as 👍", canonical_emoji)


class Reaction(Logged, WorkspaceScoped, UUIDPrimaryKey, Base):
    """An emoji reaction of a user to a comment."""

    permission = Permission.COMMENT
    workspace_index = True

    __tablename__ = "reactions"
    __table_args__ = (UniqueConstraint("comment_id", "user_id", "emoji"),)

    comment_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("comments.id", ondelete="CASCADE"), doc="The comment."
    )
    user_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    emoji: Mapped[str] = mapped_column(
        short_text(64), info=with_rule(EMOJI_RULE), doc="The emoji, such as 👍."
    )
    created_at: Mapped[datetime] = mapped_column(
        timestamp(), default=now, doc="When it was created."
    )

    comment: Mapped[Comment] = relationship(lazy="raise", viewonly=True, doc="The comment.")
    user: Mapped["User | None"] = relationship(
        lazy="raise",
        viewonly=True,
        doc="The user who reacted; null if they share no workspace with the viewer.",
    )

    def project_of(self, session: Session) -> UUID | None:
        comment = session.get(Comment, self.comment_id)
        task = None if comment is None else session.get(Task, comment.task_id)
        return None if task is None else task.project_id

    def can_be_updated_by(self, viewer: Viewer) -> bool:
        # Users manage their own reactions.
        is_own = self.user_id == viewer.user_id
        return is_own and viewer.can(Permission.COMMENT, self.workspace_id)
