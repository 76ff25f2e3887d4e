"""The log: every committed change of a workspace, numbered in the order of commit."""

import enum
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, InWorkspace, now
from models.columns.types import choice, counter, document, identifier, instant, line

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


class Change(InWorkspace, Base):
    """What one commit did to one object; rows are only ever added."""

    __tablename__ = "changes"
    __table_args__ = (Index("ix_changes_subject", "subject_id", "sequence"),)

    workspace_id: Mapped[UUID] = mapped_column(
        identifier(), ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    #: 1, 2, 3 … within the workspace, without gaps, in the order of commit.
    sequence: Mapped[int] = mapped_column(counter(), primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(instant(), default=now)
    kind: Mapped[ChangeKind] = mapped_column(choice(ChangeKind, "kind"))
    actor_id: Mapped[UUID | None] = mapped_column(
        identifier(), ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    #: The name of the subject's type, as the API has it.
    subject_type: Mapped[str] = mapped_column(line(32))
    #: No foreign key: the log outlives what it tells of.
    subject_id: Mapped[UUID] = mapped_column(identifier())
    project_id: Mapped[UUID | None] = mapped_column(identifier())
    #: For each changed field its value before and after.
    fields: Mapped[Any] = mapped_column(document())

    actor: Mapped["User | None"] = relationship(lazy="raise")
