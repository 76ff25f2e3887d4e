"""The log: every committed change of a workspace, numbered in the order of commit."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, WorkspaceScoped, now
from models.columns.types import big_integer, enum_type, json_type, short_text, timestamp, uuid_type

if TYPE_CHECKING:
    from models.user import User


class ChangeKind(enum.Enum):
    """What happened to the subject of a change."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    ARCHIVED = "ARCHIVED"
    UNARCHIVED = "UNARCHIVED"
    DELETED = "DELETED"
    RESTORED = "RESTORED"
    PURGED = "PURGED"


class Change(WorkspaceScoped, Base):
    """What one commit did to one object; rows are only ever added."""

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_subject", "subject_id", "sequence"),)

    workspace_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    #: 1, 2, 3 … within the workspace, without gaps, in the order of commit.
    sequence: Mapped[int] = mapped_column(big_integer(), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(timestamp(), default=now)
    kind: Mapped[ChangeKind] = mapped_column(enum_type(ChangeKind, "kind"))
    actor_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    #: The name of the subject's type, as the API has it.
    subject_type: Mapped[str] = mapped_column(short_text(32))
    #: No foreign key: the log outlives what it tells of.
    subject_id: Mapped[UUID] = mapped_column(uuid_type())
    project_id: Mapped[UUID | None] = mapped_column(uuid_type())
    #: For each changed field its value before and after.
    fields: Mapped[Any] = mapped_column(json_type())

    actor: Mapped["User | None"] = relationship(lazy="raise")
