"""The types Task and TaskLink."""

from datetime import date, datetime

import strawberry

import models
from graph.context import Context
from graph.kit.declare import description_of
from graph.kit.node import Node
from graph.kit.paging.keyset import Order
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import derived, listing, many, one
from graph.kit.viewer_can import viewer_can
from graph.rules.hidden_rows import active_tasks
from graph.rules.web_pages import task_page
from graph.types import Comment, Label, Milestone, Project, State, User, Workspace
from graph.views.change import IN_SEQUENCE, Change
from graph.views.rendered_text import html_field


def task_key(context: Context, number: int, project_key: str) -> str:
    return f"{project_key}-{number}"


def task_url(context: Context, number: int, project_key: str, slug: str) -> str:
    return task_page(context.server.web_url, slug, task_key(context, number, project_key))


def can_comment(root: models.Task, viewer: models.Viewer) -> bool:
    return viewer.can(models.Permission.COMMENT, root.workspace_id)


@strawberry.type(description="A link from a task to another one.")
class TaskLink:
    kind: models.TaskLinkKind = strawberry.field(
        description="How the task relates to the other task."
    )
    task: "Task" = one(models.TaskLink.other, "The other task.")


@strawberry.type(description=description_of(models.Task))
class Task(Node):
    model = models.Task

    key: str = derived(
        task_key,
        "The project's key and the number, such as TLS-123.",
        near=("number",),
        far={models.Task.project: ("key",)},
    )
    number: int
    title: str
    body: str
    body_html: str = html_field(models.Task, "body")
    url: str = derived(
        task_url,
        "The address of the task's page in the front end that `TASKLOOM_WEB_URL` names. Without "
        "that setting, its path.",
        near=("number",),
        far={models.Task.project: ("key",), models.Task.workspace: ("slug",)},
    )
    priority: models.Priority | None
    estimate: float | None
    due_on: date | None
    rank: str
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    closed_at: datetime | None
    archived_at: datetime | None
    deleted_at: datetime | None
    version: int
    source_url: str | None
    workspace: Workspace = one(models.Task.workspace)
    project: Project = one(models.Task.project)
    state: State = one(models.Task.state)
    creator: User | None = one(models.Task.creator)
    assignees: list[User] = listing(
        models.Task.assignees,
        "The users assigned to it, by handle.",
        order=Order.by(models.User, "handle"),
    )
    labels: list[Label] = listing(
        models.Task.labels, "Its labels, by name.", order=Order.by(models.Label, "name")
    )
    milestone: Milestone | None = one(models.Task.milestone)
    parent: "Task | None" = one(models.Task.parent)
    subtasks: "Connection[Task] | None" = many(
        models.Task.subtasks,
        "Its subtasks, newest first. Archived tasks and tasks in the trash are not included.",
        where=active_tasks,
    )
    links: list[TaskLink] = listing(
        models.Task.links,
        "Its links to other tasks, oldest first.",
        order=Order.by(models.TaskLink, "created_at"),
    )
    comments: Connection[Comment] | None = many(models.Task.comments, "Its comments, oldest first.")
    changes: Connection[Change] | None = many(
        models.Task.changes, "Its changes, oldest first.", order=IN_SEQUENCE
    )
    viewer_can_update: bool = viewer_can(models.Task.can_be_updated_by, "update the task")
    viewer_can_delete: bool = viewer_can(
        models.Task.can_be_deleted_by, "move the task to the trash"
    )
    viewer_can_comment: bool = viewer_can(can_comment, "comment on the task")
