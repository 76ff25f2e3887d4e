"""Workspaces."""

from datetime import datetime
from typing import Annotated

import strawberry

import models
from graph.context import Context
from graph.engine.declarations import Resolved
from graph.kit.declare import (
    client_generated_id,
    computed,
    description_of,
    model_input,
    resolver_field,
)
from graph.kit.node import Node
from graph.kit.paging.keyset import Order
from graph.kit.paging.order_input import register_order
from graph.kit.relations.batches import CompositeKeyBatch
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import listing, lookup, many
from graph.kit.viewer_can import viewer_can
from graph.kit.writing.expected_version import expected_version, get_to_update
from graph.kit.writing.mutation import Input, mutation
from graph.kit.writing.payload import Payload, payload_field
from graph.kit.writing.write import INPUT_PATH, Write, provided
from graph.rules.hidden_rows import (
    active_projects,
    check_time_range,
    events_between,
    tasks_not_in_trash,
)
from graph.rules.task_key import TaskByKeyBatch, parse_project_key, parse_task_key
from graph.rules.workspace_limits import reject_too_many_workspaces
from graph.types import Event, Invitation, Label, Membership, Milestone, Project, State, Task
from graph.views.board import TaskGroup, board_of_workspace
from graph.views.change import ChangePage, changes
from graph.views.search import SearchResult, search
from models.workspace import is_slug, new_workspace


def viewer_role(root: models.Workspace, context: Context) -> models.Role | None:
    """The viewer's role in the workspace."""
    return context.viewer.roles.get(root.id)


def can_write(root: models.Workspace, viewer: models.Viewer) -> bool:
    return viewer.can(models.Permission.WRITE, root.id)


def project_key(
    key: Annotated[
        str, strawberry.argument(description="The project's key, such as TLS, in any case.")
    ],
) -> tuple[str] | None:
    """The project with a key; null if there is none."""
    found = parse_project_key(key)
    return None if found is None else (found,)


def task_key(
    key: Annotated[
        str, strawberry.argument(description="The task's key, such as TLS-123, in any case.")
    ],
) -> tuple[str, int] | None:
    """The task with a key, such as TLS-123; null if there is none."""
    return parse_task_key(key)


@strawberry.type(description=description_of(models.Workspace))
class Workspace(Node):
    model = models.Workspace

    slug: str
    name: str
    created_at: datetime
    sequence: int
    viewer_role: models.Role | None = computed(viewer_role, "id")
    members: Connection[Membership] | None = many(
        models.Workspace.memberships, "The members, in the order in which they joined."
    )
    invitations: Connection[Invitation] | None = many(
        models.Workspace.invitations,
        "The pending invitations, oldest first. Empty unless the viewer administers the workspace.",
    )
    states: list[State] = listing(
        models.Workspace.states,
        "The workflow states, in board order.",
        order=Order.by(models.State, "position"),
    )
    labels: Connection[Label] | None = many(models.Workspace.labels, "The labels, by name.")
    projects: Connection[Project] | None = many(
        models.Workspace.projects, "The projects, oldest first.", where=active_projects
    )
    milestones: Connection[Milestone] | None = many(
        models.Workspace.milestones, "The milestones of all projects, oldest first."
    )
    project: Project | None = lookup(
        CompositeKeyBatch(models.Project, ("workspace_id", "key")), project_key, parent=("id",)
    )
    tasks: Connection[Task] | None = many(
        models.Workspace.tasks,
        "The tasks of all projects, newest first. Tasks in the trash are not included.",
        where=tasks_not_in_trash,
    )
    task: Task | None = lookup(TaskByKeyBatch(), task_key, parent=("id",))
    task_groups: list[TaskGroup] | None = resolver_field(board_of_workspace, plan=Resolved(("id",)))
    search: Connection[SearchResult] | None = resolver_field(search, plan=Resolved(("id",)))
    events: Connection[Event] | None = many(
        models.Workspace.events,
        "The calendar events, by start time.",
        where=events_between,
        check=check_time_range,
    )
    changes: ChangePage | None = resolver_field(changes, plan=Resolved(("id",)))
    version: int
    viewer_can_update: bool = viewer_can(
        models.Workspace.can_be_updated_by,
        "change the workspace, its members and its workflow states",
        "id",
    )
    viewer_can_write: bool = viewer_can(
        can_write, "create projects, tasks, labels, milestones and events", "id"
    )


register_order(models.Workspace, "created_at")


def workspace_slug(
    slug: Annotated[str, strawberry.argument(description="The workspace's slug.")],
) -> tuple[str] | None:
    """The workspace with a slug; null if there is none that the viewer can see."""
    return (slug,) if is_slug(slug) else None


@strawberry.type
class WorkspaceQueries:
    workspace: Workspace | None = lookup(
        CompositeKeyBatch(models.Workspace, ("slug",)), workspace_slug
    )


@model_input(models.Workspace, "A workspace to create. The viewer becomes its owner.")
class WorkspaceCreateInput:
    slug: str
    name: str
    id: strawberry.ID | None = client_generated_id()


@model_input(models.Workspace, "Changes to a workspace. Omitted fields are unchanged.")
class WorkspaceUpdateInput:
    id: strawberry.ID
    expected_version: int | None = expected_version()
    slug: strawberry.Maybe[str | None]
    name: strawberry.Maybe[str | None]


@strawberry.type(description="The payload of a workspace mutation.")
class WorkspacePayload(Payload):
    workspace: Workspace | None = payload_field("The workspace.")


async def workspace_create(write: Write, input: Input[WorkspaceCreateInput]) -> models.Workspace:
    """Creates a workspace with the default workflow states. The viewer becomes its owner."""
    values = write.validate(models.Workspace, provided(input, "slug", "name"))
    key = await write.new_id(models.Workspace, input.id)
    write.require(models.Permission.ACCOUNT, None, ())
    write.raise_errors()
    await reject_too_many_workspaces(
        write, write.scope.viewer.user_id, models.Role.OWNER, INPUT_PATH
    )
    write.raise_errors()
    workspace, states = new_workspace(**values, key=key)
    owner = {"user_id": write.scope.viewer.user_id, "role": models.Role.OWNER}
    write.session.add_all([workspace, *states, models.Membership(workspace_id=key, **owner)])
    write.viewer_after = write.viewer_after.with_role(key, models.Role.OWNER)
    return workspace


async def workspace_update(write: Write, input: Input[WorkspaceUpdateInput]) -> models.Workspace:
    """Updates a workspace."""
    values = write.validate(models.Workspace, provided(input, "slug", "name"))
    return write.update(await get_to_update(write, models.Workspace, input), values)


@strawberry.type
class WorkspaceMutations:
    workspace_create: WorkspacePayload = mutation(
        workspace_create, permission=models.Permission.ACCOUNT
    )
    workspace_update: WorkspacePayload = mutation(
        workspace_update, permission=models.Permission.ADMINISTER
    )
