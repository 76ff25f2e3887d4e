"""Tasks."""

from datetime import date, datetime

import strawberry

import models
from graph.context import Info
from graph.kit.node import Node
from graph.kit.paging.keyset import Order
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import derived, listing, many, one
from graph.types import Comment, Label, Milestone, Project, State, User, Workspace
from graph.views.change import IN_SEQUENCE, Change
from graph.views.filters import CommentFilter, TaskFilter
from graph.views.lists import COMMENTS, TASKS, in_lists


def task_key(task: models.Task, project: models.Project) -> str:
    """The human key of a task."""
    return f"{project.key}-{task.number}"


def viewer_can_write(root: models.Task, info: Info) -> bool:
    """Whether the viewer may change a task."""
    return root.can_be_updated_by(info.context.viewer)


@strawberry.type(description="A link of a task to another, as the one task sees it.")
class TaskLink:
    kind: models.TaskLinkKind = strawberry.field(description="How the task stands to the other.")
    task: "Task" = one(models.TaskLink.other, "The other task.")


@strawberry.type(description="Something to be done.")
class Task(Node):
    model = models.Task

    key: str = derived(models.Task.project, task_key, "TLS-123: the project's key and the number.")
    number: int = strawberry.field(description="Within the project: 1, 2, 3.")
    title: str = strawberry.field(description="What is to be done, in a line.")
    body: str = strawberry.field(description="What is to be done, in full. Markdown.")
    priority: models.Priority | None = strawberry.field(
        description="How urgent it is, if anybody said."
    )
    estimate: float | None = strawberry.field(
        description="How much work it is, in the unit that the team thinks in."
    )
    due_on: date | None = strawberry.field(description="The day by which it is to be done.")
    rank: str = strawberry.field(
        description="Its place within a column of the board: compare ranks as bytes."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it was last changed.")
    started_at: datetime | None = strawberry.field(description="When work on it first began.")
    closed_at: datetime | None = strawberry.field(
        description="When it was completed or canceled; null while it is open."
    )
    archived_at: datetime | None = strawberry.field(
        description="Since when it is in the archive; null for one that is not."
    )
    deleted_at: datetime | None = strawberry.field(
        description="Since when it is in the trash; null for one that is not."
    )
    version: int = strawberry.field(
        description="Goes up by one with every change; send it back as expectedVersion."
    )
    source_url: str | None = strawberry.field(description="Where it was imported from.")
    workspace: Workspace = one(models.Task.workspace, "The workspace it belongs to.")
    project: Project = one(models.Task.project, "The project it belongs to.")
    state: State = one(models.Task.state, "The step of the workflow it has come to.")
    creator: User | None = one(models.Task.creator, "Who made it; null where the account is gone.")
    assignees: list[User] = listing(
        models.Task.assignees,
        "Who is to do it, by handle.",
        order=Order.by(models.User, "handle"),
    )
    labels: list[Label] = listing(
        models.Task.labels, "Its labels, by name.", order=Order.by(models.Label, "name")
    )
    milestone: Milestone | None = one(models.Task.milestone, "The milestone that it is part of.")
    parent: "Task | None" = one(models.Task.parent, "The task that it is part of.")
    subtasks: "Connection[Task]" = many(
        models.Task.subtasks,
        "The tasks that are part of it, newest first; none from the archive or the trash.",
        order=TASKS,
        filter=TaskFilter,
        where=in_lists,
    )
    links: list[TaskLink] = listing(
        models.Task.links,
        "Its links to other tasks, oldest first.",
        order=Order.by(models.TaskLink, "created_at"),
    )
    comments: Connection[Comment] = many(
        models.Task.comments,
        "What was said about it, oldest first.",
        order=COMMENTS,
        filter=CommentFilter,
    )
    changes: Connection[Change] = many(
        models.Task.changes, "What happened to it, oldest first.", order=IN_SEQUENCE
    )
    viewer_can_update: bool = strawberry.field(
        resolver=viewer_can_write, description="Whether the viewer may change it."
    )
    viewer_can_delete: bool = strawberry.field(
        resolver=viewer_can_write, description="Whether the viewer may move it to the trash."
    )
