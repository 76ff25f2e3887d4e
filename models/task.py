"""Tasks, and how they hang together with people, labels and one another."""

import enum
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship
from uuid_utils.compat import uuid7

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped, now
from models.columns.rules import NOT_NEGATIVE, with_rule
from models.columns.types import OrderedEnum, enum_type, long_text, short_text, timestamp, uuid_type
from models.log.change import Change
from models.log.logged import CollectedField, Logged
from models.state import StateCategory

if TYPE_CHECKING:
    from models.comment import Comment
    from models.label import Label
    from models.milestone import Milestone
    from models.project import Project
    from models.state import State
    from models.user import User
    from models.workspace import Workspace


class Priority(enum.IntEnum):
    """How urgent a task is; the most urgent sorts first."""

    URGENT = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4


class TaskLinkKind(enum.Enum):
    """How one task stands to another."""

    BLOCKS = "BLOCKS"
    BLOCKED_BY = "BLOCKED_BY"
    RELATES_TO = "RELATES_TO"
    DUPLICATES = "DUPLICATES"
    DUPLICATED_BY = "DUPLICATED_BY"

    @property
    def inverse(self) -> "TaskLinkKind":
        """The same link, seen from the other task."""
        return _INVERSE.get(self, self)


_INVERSE = {
    TaskLinkKind.BLOCKS: TaskLinkKind.BLOCKED_BY,
    TaskLinkKind.BLOCKED_BY: TaskLinkKind.BLOCKS,
    TaskLinkKind.DUPLICATES: TaskLinkKind.DUPLICATED_BY,
    TaskLinkKind.DUPLICATED_BY: TaskLinkKind.DUPLICATES,
}


#: What a workspace's tasks can be ordered by, besides when they were made.
ORDERED_BY = (
    "updated_at", "closed_at", "due_on", "priority", "number", "title", "rank", "estimate",
)  # fmt: skip


class Task(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """Something to be done."""

    collected = {
        "assignee_ids": CollectedField("assignments", "user_id"),
        "label_ids": CollectedField("labelings", "label_id"),
        "links": CollectedField("links", {"kind": "kind", "task_id": "other_id"}),
    }

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("estimate >= 0", name="estimate"),
        # Pages of lists in their usual order.
        Index("ix_tasks_workspace_page", "workspace_id", "created_at", "id"),
        Index("ix_tasks_project_page", "project_id", "created_at", "id"),
        Index("ix_tasks_milestone_page", "milestone_id", "created_at", "id"),
        Index("ix_tasks_parent_page", "parent_id", "created_at", "id"),
        # Columns of a board, in the usual order and in that of the board.
        Index("ix_tasks_state_page", "state_id", "created_at", "id"),
        Index("ix_tasks_state_rank", "state_id", "rank", "id"),
        # A workspace's tasks in each other order that can be chosen.
        *(Index(f"ix_tasks_by_{name}", "workspace_id", name, "id") for name in ORDERED_BY),
    )

    project_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("projects.id", ondelete="CASCADE")
    )
    #: Within the project: 1, 2, 3.
    number: Mapped[int]
    title: Mapped[str] = mapped_column(short_text(500))
    #: Markdown.
    body: Mapped[str] = mapped_column(long_text(), default="")
    priority: Mapped[Priority | None] = mapped_column(OrderedEnum(Priority))
    estimate: Mapped[float | None] = mapped_column(info=with_rule(NOT_NEGATIVE))
    due_on: Mapped[date | None]
    #: The place within a column of the board, compared as bytes.
    rank: Mapped[str] = mapped_column(short_text(200))
    started_at: Mapped[datetime | None] = mapped_column(timestamp())
    closed_at: Mapped[datetime | None] = mapped_column(timestamp())
    archived_at: Mapped[datetime | None] = mapped_column(timestamp())
    #: Since when it is in the trash.
    deleted_at: Mapped[datetime | None] = mapped_column(timestamp())
    #: Where it was imported from.
    source_url: Mapped[str | None] = mapped_column(short_text(500))
    state_id: Mapped[UUID] = mapped_column(uuid_type(), ForeignKey("states.id"))
    creator_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    milestone_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("milestones.id", ondelete="SET NULL")
    )
    parent_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("tasks.id", ondelete="SET NULL")
    )

    # What a task points at is set by key: a relationship that is only read costs a write nothing.
    workspace: Mapped["Workspace"] = relationship(lazy="raise", viewonly=True)
    project: Mapped["Project"] = relationship(lazy="raise", viewonly=True)
    state: Mapped["State"] = relationship(lazy="raise", viewonly=True)
    creator: Mapped["User | None"] = relationship(lazy="raise", viewonly=True)
    milestone: Mapped["Milestone | None"] = relationship(lazy="raise", viewonly=True)
    parent: Mapped["Task | None"] = relationship(lazy="raise", viewonly=True, remote_side="Task.id")
    subtasks: Mapped[list["Task"]] = relationship(lazy="raise", viewonly=True)
    assignees: Mapped[list["User"]] = relationship(
        secondary="assignments", lazy="raise", viewonly=True
    )
    labels: Mapped[list["Label"]] = relationship(secondary="labelings", lazy="raise", viewonly=True)
    # What a task gathers is written through these; a write loads them first, for the log.
    assignments: Mapped[list["Assignment"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", passive_deletes=True
    )
    labelings: Mapped[list["Labeling"]] = relationship(
        lazy="raise", cascade="all, delete-orphan", passive_deletes=True
    )
    links: Mapped[list["TaskLink"]] = relationship(
        foreign_keys="TaskLink.task_id",
        lazy="raise",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    comments: Mapped[list["Comment"]] = relationship(lazy="raise", viewonly=True)
    changes: Mapped[list[Change]] = relationship(
        primaryjoin=lambda: Task.id == foreign(Change.subject_id), lazy="raise", viewonly=True
    )

    def assign(self, user_ids: Iterable[UUID]) -> None:
        """Makes it the task of some users, and of them alone. Its assignments must be loaded."""
        present = {one.user_id: one for one in self.assignments}
        home = {"workspace_id": self.workspace_id}
        self.assignments = [
            present.get(key) or Assignment(user_id=key, **home) for key in sorted(user_ids)
        ]

    def label(self, label_ids: Iterable[UUID]) -> None:
        """Gives it some labels, and them alone. Its labelings must be loaded."""
        present = {one.label_id: one for one in self.labelings}
        home = {"workspace_id": self.workspace_id}
        self.labelings = [
            present.get(key) or Labeling(label_id=key, **home) for key in sorted(label_ids)
        ]

    def link_of(self, kind: TaskLinkKind, other: "Task") -> "TaskLink | None":
        """Its link of a kind to another task; null where there is none."""
        wanted = (kind, other.id)
        return next((link for link in self.links if (link.kind, link.other_id) == wanted), None)

    def link(self, kind: TaskLinkKind, other: "Task") -> "TaskLink":
        """Links it to another task, which gets the inverse link. The links of both are loaded."""
        home = {"workspace_id": self.workspace_id}
        link = TaskLink(id=uuid7(), kind=kind, other_id=other.id, **home)
        self.links.append(link)
        other.links.append(TaskLink(id=uuid7(), kind=kind.inverse, other_id=self.id, **home))
        return link

    def unlink(self, kind: TaskLinkKind, other: "Task") -> None:
        """Takes a link off both of its tasks."""
        link, inverse = self.link_of(kind, other), other.link_of(kind.inverse, self)
        self.links = [one for one in self.links if one is not link]
        other.links = [one for one in other.links if one is not inverse]

    def move_to_state(self, state: "State", at: datetime) -> None:
        """Moves the task to a state of the workflow, at an instant."""
        self.state_id = state.id
        if state.category is StateCategory.STARTED and self.started_at is None:
            self.started_at = at
        if not state.category.is_closed:
            self.closed_at = None
        elif self.closed_at is None:
            self.closed_at = at


class Assignment(WorkspaceScoped, Base):
    """That a user is to do a task."""

    workspace_index = True

    __tablename__ = "assignments"

    task_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime] = mapped_column(timestamp(), default=now)


class Labeling(WorkspaceScoped, Base):
    """That a task bears a label."""

    workspace_index = True

    __tablename__ = "labelings"

    task_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    label_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("labels.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    created_at: Mapped[datetime] = mapped_column(timestamp(), default=now)


class TaskLink(WorkspaceScoped, UUIDPrimaryKey, Base):
    """A link as one of its two tasks sees it; the other task has a row with the inverse kind."""

    workspace_index = True

    __tablename__ = "task_links"
    __table_args__ = (
        UniqueConstraint("task_id", "kind", "other_id"),
        CheckConstraint("task_id <> other_id", name="other"),
    )

    task_id: Mapped[UUID] = mapped_column(uuid_type(), ForeignKey("tasks.id", ondelete="CASCADE"))
    kind: Mapped[TaskLinkKind] = mapped_column(enum_type(TaskLinkKind, "kind"))
    other_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("tasks.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(timestamp(), default=now)

    other: Mapped["Task"] = relationship(foreign_keys=[other_id], lazy="raise", viewonly=True)
