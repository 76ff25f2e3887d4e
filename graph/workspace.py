"""Workspaces and their members."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import models
from graph.board import TaskGroup, board
from graph.context import Info
from graph.filters import LabelFilter, ProjectFilter, TaskFilter
from graph.keys import TaskByKey, read_key
from graph.kit.batches import ByColumn, ByColumns
from graph.kit.connection import Connection
from graph.kit.keyset import Order
from graph.kit.node import Node
from graph.kit.relations import listed, many, one, resolved
from graph.lists import (
    BY_TIME,
    LABELS,
    PROJECTS,
    TASKS,
    between,
    in_lists_or_archive,
    projects_in_lists,
)
from graph.search import SearchResult, search
from models.project import KEY
from models.workspace import is_slug

if TYPE_CHECKING:
    from graph.event import Event
    from graph.label import Label
    from graph.project import Project
    from graph.state import State
    from graph.task import Task
    from graph.user import User


@strawberry.type(description="That a user belongs to a workspace, and as what.")
class Membership(Node):
    model = models.Membership

    user: Annotated["User", strawberry.lazy("graph.user")] = one(
        models.Membership.user, "Who belongs to the workspace."
    )
    workspace: Annotated["Workspace", strawberry.lazy("graph.workspace")] = one(
        models.Membership.workspace, "The workspace."
    )
    role: models.Role = strawberry.field(description="What the member may do there.")
    joined_at: datetime = strawberry.field(description="Since when.")


def viewer_role(root: models.Workspace, info: Info) -> models.Role | None:
    """The viewer's role in a workspace."""
    return info.context.viewer.roles.get(root.id)


async def project_by_key(
    root: models.Workspace,
    info: Info,
    key: Annotated[str, strawberry.argument(description="The project's key: TLS.")],
) -> models.Project | None:
    """A project of a workspace by its key; null for what cannot be one."""
    if not KEY.fullmatch(key):
        return None
    return await info.context.load(
        ByColumns(models.Project, ("workspace_id", "key")), (root.id, key)
    )


async def task_by_key(
    root: models.Workspace,
    info: Info,
    key: Annotated[str, strawberry.argument(description="The task's human key: TLS-123.")],
) -> models.Task | None:
    """A task of a workspace by its human key; null where no task has such a key."""
    found = read_key(key)
    return None if found is None else await info.context.load(TaskByKey(), (root.id, *found))


@strawberry.type(description="A team's own space: nothing in it is seen from outside.")
class Workspace(Node):
    model = models.Workspace

    slug: str = strawberry.field(description="The short name that is unique on this server.")
    name: str = strawberry.field(description="The name that people call it by.")
    created_at: datetime = strawberry.field(description="When it was made.")
    sequence: int = strawberry.field(description="Number of the newest change.")
    viewer_role: models.Role | None = strawberry.field(
        resolver=viewer_role, description="What the viewer may do here."
    )
    members: Connection[Membership] = many(
        models.Workspace.memberships,
        "Who belongs to the workspace, in the order of joining.",
        order=Order.by(models.Membership, "joined_at"),
    )
    states: list[Annotated["State", strawberry.lazy("graph.state")]] = listed(
        models.Workspace.states,
        "Workflow states in board order.",
        order=Order.by(models.State, "position"),
    )
    labels: Connection[Annotated["Label", strawberry.lazy("graph.label")]] = many(
        models.Workspace.labels, "Labels by name.", order=LABELS, filter=LabelFilter
    )
    projects: Connection[Annotated["Project", strawberry.lazy("graph.project")]] = many(
        models.Workspace.projects,
        "Projects, oldest first.",
        order=PROJECTS,
        filter=ProjectFilter,
        narrowing=projects_in_lists,
    )
    project: Annotated["Project", strawberry.lazy("graph.project")] | None = resolved(
        project_by_key, "A project by its key; null where there is none."
    )
    tasks: Connection[Annotated["Task", strawberry.lazy("graph.task")]] = many(
        models.Workspace.tasks,
        "Tasks of all projects, newest first; none from the trash.",
        order=TASKS,
        filter=TaskFilter,
        narrowing=in_lists_or_archive,
    )
    task: Annotated["Task", strawberry.lazy("graph.task")] | None = resolved(
        task_by_key, "A task by its human key: TLS-123."
    )
    task_groups: list[TaskGroup] = board()
    search: Connection[SearchResult] = resolved(
        search,
        "Full-text search over titles, bodies and comments, the best hits first.",
    )
    events: Connection[Annotated["Event", strawberry.lazy("graph.event")]] = many(
        models.Workspace.events,
        "Calendar events in order of time.",
        order=BY_TIME,
        narrowing=between,
    )


async def workspace(
    info: Info,
    slug: Annotated[str, strawberry.argument(description="The workspace's slug.")],
) -> models.Workspace | None:
    """A workspace by its slug; null for what cannot be one."""
    if not is_slug(slug):
        return None
    return await info.context.load(ByColumn(models.Workspace, "slug"), slug)


@strawberry.type
class WorkspaceQueries:
    workspace: Workspace | None = resolved(
        workspace,
        "A workspace by its slug; null where there is none that the viewer sees.",
    )
