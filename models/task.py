"""Tasks, with their assignments, labels and links."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship
from uuid_utils.compat import uuid7

from models.base import Base, Timestamped, UUIDPrimaryKey, Versioned, WorkspaceScoped, now
from models.columns.documented_enum import DocumentedEnum, DocumentedIntEnum
from models.columns.rules import NOT_NEGATIVE, WEB_URL, with_rule
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


class Priority(DocumentedIntEnum):
    """A task's priority. Ascending order starts with the most urgent."""

    URGENT = 1, "The highest priority."
    HIGH = 2, "Above medium."
    MEDIUM = 3, "The middle priority."
    LOW = 4, "The lowest priority."


class TaskLinkKind(DocumentedEnum):
    """How a task relates to another."""

    BLOCKS = "BLOCKS", "The other task cannot be done before this one."
    BLOCKED_BY = "BLOCKED_BY", "This task cannot be done before the other one."
    RELATES_TO = "RELATES_TO", "The tasks are related."
    DUPLICATES = "DUPLICATES", "This task duplicates the other."
    DUPLICATED_BY = "DUPLICATED_BY", "The other task duplicates this one."

    @property
    def inverse(self) -> "TaskLinkKind":
        """The kind of the same link, seen from the other task."""
        return _INVERSE.get(self, self)


_INVERSE = {
    TaskLinkKind.BLOCKS: TaskLinkKind.BLOCKED_BY,
    TaskLinkKind.BLOCKED_BY: TaskLinkKind.BLOCKS,
    TaskLinkKind.DUPLICATES: TaskLinkKind.DUPLICATED_BY,
    TaskLinkKind.DUPLICATED_BY: TaskLinkKind.DUPLICATES,
}


#: Columns that the tasks of a workspace can be ordered by, besides `created_at`.
ORDERED_BY = (
    "updated_at", "closed_at", "due_on", "priority", "number", "title", "rank", "estimate",
)  # fmt: skip


class Task(Logged, WorkspaceScoped, UUIDPrimaryKey, Timestamped, Versioned, Base):
    """A unit of work."""

    parts = ("comments",)
    referrers = ("subtasks", "linked_tasks")
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
        # Pages of lists in their default order.
        Index("ix_tasks_workspace_page", "workspace_id", "created_at", "id"),
        Index("ix_tasks_project_page", "project_id", "created_at", "id"),
        Index("ix_tasks_milestone_page", "milestone_id", "created_at", "id"),
        Index("ix_tasks_parent_page", "parent_id", "created_at", "id"),
        # Columns of a board, by creation and by rank.
        Index("ix_tasks_state_page", "state_id", "created_at", "id"),
        Index("ix_tasks_state_rank", "state_id", "rank", "id"),
        # All tasks of a workspace in each other order that a caller can choose.
        *(Index(f"ix_tasks_by_{name}", "workspace_id", name, "id") for name in ORDERED_BY),
    )

    project_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("projects.id", ondelete="CASCADE"), doc="The project."
    )
    number: Mapped[int] = mapped_column(doc="The number within the project: 1, 2, 3 …")
    title: Mapped[str] = mapped_column(short_text(500), doc="A one-line summary.")
    body: Mapped[str] = mapped_column(long_text(), default="", doc="The description, in Markdown.")
    priority: Mapped[Priority | None] = mapped_column(
        OrderedEnum(Priority), doc="The priority; null if none is set."
    )
    estimate: Mapped[float | None] = mapped_column(
        info=with_rule(NOT_NEGATIVE), doc="The estimated effort, in the team's own unit."
    )
    due_on: Mapped[date | None] = mapped_column(doc="The due date.")
    rank: Mapped[str] = mapped_column(
        short_text(200), doc="The position within its column of the board. Compare ranks as bytes."
    )
    started_at: Mapped[datetime | None] = mapped_column(
        timestamp(), doc="When work on it first started."
    )
    closed_at: Mapped[datetime | None] = mapped_column(
        timestamp(), doc="When it was completed or canceled; null while it is open."
    )
    archived_at: Mapped[datetime | None] = mapped_column(
        timestamp(), doc="When it was archived; null if it is not."
    )
    deleted_at: Mapped[datetime | None] = mapped_column(
        timestamp(), doc="When it was moved to the trash; null if it is not there."
    )
    source_url: Mapped[str | None] = mapped_column(
        short_text(500), info=with_rule(WEB_URL), doc="The URL it was imported from."
    )
    state_id: Mapped[UUID] = mapped_column(
        uuid_type(), ForeignKey("states.id"), doc="The workflow state, one of the task's workspace."
    )
    creator_id: Mapped[UUID | None] = mapped_column(
        uuid_type(), ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    milestone_id: Mapped[UUID | None] = mapped_column(
        uuid_type(),
        ForeignKey("milestones.id", ondelete="SET NULL"),
        doc="The milestone, one of the task's project.",
    )
    parent_id: Mapped[UUID | None] = mapped_column(
        uuid_type(),
        ForeignKey("tasks.id", ondelete="SET NULL"),
        doc="The parent task: one of the same workspace, and not one of its own subtasks.",
    )

    # Foreign keys are set directly; view-only relationships add no work to a flush.
    workspace: Mapped["Workspace"] = relationship(
        lazy="raise", viewonly=True, doc="The workspace it belongs to."
    )
    project: Mapped["Project"] = relationship(
        lazy="raise", viewonly=True, doc="The project it belongs to."
    )
    state: Mapped["State"] = relationship(lazy="raise", viewonly=True, doc="The workflow state.")
    creator: Mapped["User | None"] = relationship(
        lazy="raise",
        viewonly=True,
        doc="The user who created it; null if the account was deleted or "
        "shares no workspace with the viewer.",
    )
    milestone: Mapped["Milestone | None"] = relationship(
        lazy="raise", viewonly=True, doc="The milestone."
    )
    parent: Mapped["Task | None"] = relationship(
        lazy="raise", viewonly=True, remote_side="Task.id", doc="The parent task."
    )
    subtasks: Mapped[list["Task"]] = relationship(lazy="raise", viewonly=True, doc="Its subtasks.")
    assignees: Mapped[list["User"]] = relationship(
        secondary="assignments", lazy="raise", viewonly=True, doc="The users assigned to it."
    )
    labels: Mapped[list["Label"]] = relationship(
        secondary="labelings", lazy="raise", viewonly=True, doc="Its labels."
    )
    # Written through the relationship: load it first, so that the log sees the values before.
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
    linked_tasks: Mapped[list["Task"]] = relationship(
        secondary="task_links",
        primaryjoin=lambda: Task.id == TaskLink.other_id,
        secondaryjoin=lambda: Task.id == TaskLink.task_id,
        lazy="raise",
        viewonly=True,
    )
    comments: Mapped[list["Comment"]] = relationship(
        lazy="raise", viewonly=True, doc="The comments on it."
    )
    changes: Mapped[list[Change]] = relationship(
        primaryjoin=lambda: Task.id == foreign(Change.subject_id), lazy="raise", viewonly=True
    )

    def set_assignees(self, user_ids: Iterable[UUID]) -> None:
        """Replace the assignees. The assignments must be loaded."""
        present = {one.user_id: one for one in self.assignments}
        home = {"workspace_id": self.workspace_id}
        self.assignments = [
            present.get(key) or Assignment(user_id=key, **home) for key in sorted(user_ids)
        ]

    def set_labels(self, label_ids: Iterable[UUID]) -> None:
        """Replace the labels. The labelings must be loaded."""
        present = {one.label_id: one for one in self.labelings}
        home = {"workspace_id": self.workspace_id}
        self.labelings = [
            present.get(key) or Labeling(label_id=key, **home) for key in sorted(label_ids)
        ]

    def link_of(self, kind: TaskLinkKind, other: "Task") -> "TaskLink | None":
        wanted = (kind, other.id)
        return next((link for link in self.links if (link.kind, link.other_id) == wanted), None)

    def link(self, kind: TaskLinkKind, other: "Task") -> "TaskLink":
        """Link to another task, which gets the inverse link. The links of both must be loaded."""
        home = {"workspace_id": self.workspace_id}
        link = TaskLink(id=uuid7(), kind=kind, other_id=other.id, **home)
        self.links.append(link)
        other.links.append(TaskLink(id=uuid7(), kind=kind.inverse, other_id=self.id, **home))
        return link

    def unlink(self, kind: TaskLinkKind, other: "Task") -> None:
        """Remove a link from both of its tasks. The links of both must be loaded."""
        link, inverse = self.link_of(kind, other), other.link_of(kind.inverse, self)
        self.links = [one for one in self.links if one is not link]
        other.links = [one for one in other.links if one is not inverse]

    def move_to_state(self, state: "State", at: datetime) -> None:
        """Set the state, and with it `started_at` and `closed_at`."""
        self.state_id = state.id
        if state.category is StateCategory.STARTED and self.started_at is None:
            self.started_at = at
        if not state.category.is_closed:
            self.closed_at = None
        elif self.closed_at is None:
            self.closed_at = at


class Assignment(WorkspaceScoped, Base):
    """A user assigned to a task."""

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
    """A label on a task."""

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
    """A link of a task to another; the other task has a row with the inverse kind."""

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
