"""The stored change log: every committed change of a workspace, numbered in commit order."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, WorkspaceScoped, now
from models.columns.documented_enum import DocumentedEnum
from models.columns.types import big_integer, enum_type, json_type, short_text, timestamp, uuid_type

if TYPE_CHECKING:
    from models.user import User


class ChangeKind(DocumentedEnum):
    """The kind of a change."""

    CREATED = "CREATED", "The object was created."
    UPDATED = "UPDATED", "Fields of the object were changed."
    ARCHIVED = "ARCHIVED", "The object was archived."
    UNARCHIVED = "UNARCHIVED", "The object was restored from the archive."
    DELETED = "DELETED", "The object was moved to the trash, or deleted if it has no trash."
    RESTORED = "RESTORED", "The object was restored from the trash, or recreated."
    PURGED = "PURGED", "The object was deleted permanently."


class Change(WorkspaceScoped, Base):
    """One object's changes in one commit. The table is append-only."""

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_subject", "subject_id", "sequence"),)

    workspace_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    sequence: Mapped[int] = mapped_column(
        big_integer(),
        primary_key=True,
        autoincrement=False,
        doc="The number within the workspace: 1, 2, 3 … without gaps, in commit order.",
    )
    at: Mapped[datetime] = mapped_column(timestamp(), default=now, doc="When the change was made.")
    kind: Mapped[ChangeKind] = mapped_column(
        enum_type(ChangeKind, "kind"), doc="The kind of change."
    )
    actor_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    subject_type: Mapped[str] = mapped_column(
        short_text(32), doc="The type of the changed object: Task, Comment, Project …"
    )
    #: Not a foreign key: the log outlives the objects that it describes.
    subject_id: Mapped[UUID] = mapped_column(uuid_type())
    project_id: Mapped[UUID | None] = mapped_column(uuid_type())
    #: The value before and after, by field.
    fields: Mapped[Any] = mapped_column(json_type())

    actor: Mapped["User | None"] = relationship(
        lazy="raise",
        doc="The user who made the change; null for the server itself, or if the account was "
        "deleted or shares no workspace with the viewer.",
    )
