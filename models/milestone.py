"""Milestones."""

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, InWorkspace, Keyed, Timed, Versioned
from models.columns.types import identifier, instant, line, prose
from models.log.logged import Logged

if TYPE_CHECKING:
    from models.project import Project
    from models.task import Task


class Milestone(Logged, InWorkspace, Keyed, Timed, Versioned, Base):
    """What a project means to have done by a day."""

    workspace_index = True

    __tablename__ = "milestones"
    __table_args__ = (
        UniqueConstraint("project_id", "title"),
        Index("ix_milestones_page", "project_id", "created_at", "id"),
    )

    project_id: Mapped[UUID] = mapped_column(
        identifier(), ForeignKey("projects.id", ondelete="CASCADE")
    )
    title: Mapped[str] = mapped_column(line(200))
    description: Mapped[str] = mapped_column(prose(), default="")
    due_on: Mapped[date | None]
    closed_at: Mapped[datetime | None] = mapped_column(instant())

    project: Mapped["Project"] = relationship(lazy="raise")
    tasks: Mapped[list["Task"]] = relationship(lazy="raise", viewonly=True)
