"""Milestones."""

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped
from models.columns.types import long_text, short_text, timestamp, uuid_type
from models.log.logged import Logged

if TYPE_CHECKING:
    from models.project import Project
    from models.task import Task


class Milestone(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A goal of a project."""

    referrers = ("tasks",)
    workspace_index = True

    __tablename__ = "milestones"
    __table_args__ = (
        UniqueConstraint("project_id", "title"),
        Index("ix_milestones_page", "project_id", "created_at", "id"),
    )

    project_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("projects.id", ondelete="CASCADE"), doc="The project."
    )
    title: Mapped[str] = mapped_column(short_text(200), doc="The title, unique in the project.")
    description: Mapped[str] = mapped_column(
        long_text(), default="", doc="The goal in detail, in Markdown."
    )
    due_on: Mapped[date | None] = mapped_column(doc="The target date.")
    closed_at: Mapped[datetime | None] = mapped_column(
        timestamp(), doc="When it was closed; null while it is open."
    )

    project: Mapped["Project"] = relationship(lazy="raise", doc="The project it belongs to.")
    tasks: Mapped[list["Task"]] = relationship(lazy="raise", viewonly=True)
