"""Workspaces and their members."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement, false, select
from strawberry.utils.str_converters import to_camel_case

import models
from graph.context import Info
from graph.kit.node import Node
from graph.kit.paging.keyset import Order
from graph.kit.relations.batches import CompositeKeyBatch, RowBatch
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import listing, many, one, resolver_field
from graph.kit.writing.mutation import CLIENT_ID, Input, mutation
from graph.kit.writing.payload import (
    DeletedRow,
    InputPath,
    MutationRejected,
    Payload,
    UserErrorCode,
    payload_field,
)
from graph.kit.writing.write import ID_PATH, INPUT_PATH, WORKSPACE_ID_PATH, Write, provided
from graph.rules.membership import NOT_A_MEMBER, members_of
from graph.rules.task_key import TaskByKeyBatch, parse_task_key
from graph.types import Event, Label, Project, State, Task, User
from graph.views.board import TaskGroup, board
from graph.views.change import ChangePage, changes
from graph.views.filters import LabelFilter, ProjectFilter, TaskFilter
from graph.views.lists import (
    BY_TIME,
    LABELS,
    PROJECTS,
    TASKS,
    between,
    in_lists_or_archive,
    projects_in_lists,
)
from graph.views.search import SearchResult, search
from models.project import PROJECT_KEY
from models.workspace import is_slug, new_workspace


@strawberry.type(description="That a user belongs to a workspace, and as what.")
class Membership(Node):
    model = models.Membership

    user: User = one(models.Membership.user, "Who belongs to the workspace.")
    workspace: "Workspace" = one(models.Membership.workspace, "The workspace.")
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
    if not PROJECT_KEY.fullmatch(key):
        return None
    return await info.context.load(
        CompositeKeyBatch(models.Project, ("workspace_id", "key")), (root.id, key)
    )


async def task_by_key(
    root: models.Workspace,
    info: Info,
    key: Annotated[str, strawberry.argument(description="The task's human key: TLS-123.")],
) -> models.Task | None:
    """A task of a workspace by its human key; null where no task has such a key."""
    found = parse_task_key(key)
    return None if found is None else await info.context.load(TaskByKeyBatch(), (root.id, *found))


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
    states: list[State] = listing(
        models.Workspace.states,
        "Workflow states in board order.",
        order=Order.by(models.State, "position"),
    )
    labels: Connection[Label] = many(
        models.Workspace.labels, "Labels by name.", order=LABELS, filter=LabelFilter
    )
    projects: Connection[Project] = many(
        models.Workspace.projects,
        "Projects, oldest first.",
        order=PROJECTS,
        filter=ProjectFilter,
        where=projects_in_lists,
    )
    project: Project | None = resolver_field(
        project_by_key, "A project by its key; null where there is none."
    )
    tasks: Connection[Task] = many(
        models.Workspace.tasks,
        "Tasks of all projects, newest first; none from the trash.",
        order=TASKS,
        filter=TaskFilter,
        where=in_lists_or_archive,
    )
    task: Task | None = resolver_field(task_by_key, "A task by its human key: TLS-123.")
    task_groups: list[TaskGroup] = board()
    search: Connection[SearchResult] = resolver_field(
        search,
        "Full-text search over titles, bodies and comments, the best hits first.",
    )
    events: Connection[Event] = many(
        models.Workspace.events,
        "Calendar events in order of time.",
        order=BY_TIME,
        where=between,
    )
    changes: ChangePage = resolver_field(
        changes, "What happened in it, in order: a client goes on after the last it has seen."
    )


async def workspace(
    info: Info,
    slug: Annotated[str, strawberry.argument(description="The workspace's slug.")],
) -> models.Workspace | None:
    """A workspace by its slug; null for what cannot be one."""
    if not is_slug(slug):
        return None
    return await info.context.load(RowBatch(models.Workspace, "slug"), slug)


@strawberry.type
class WorkspaceQueries:
    workspace: Workspace | None = resolver_field(
        workspace,
        "A workspace by its slug; null where there is none that the viewer sees.",
    )


@strawberry.input(description="A workspace to be made; the viewer owns it.")
class WorkspaceCreateInput:
    slug: str = strawberry.field(
        description="Small letters and digits in words joined by hyphens, unique on this server."
    )
    name: str = strawberry.field(description="The name that people call it by.")
    id: strawberry.ID | None = strawberry.field(default=None, description=CLIENT_ID)


@strawberry.input(description="What to change of a workspace. A field left out stays as it is.")
class WorkspaceUpdateInput:
    id: strawberry.ID = strawberry.field(description="The workspace.")
    slug: strawberry.Maybe[str | None] = strawberry.field(
        description="Small letters and digits in words joined by hyphens, unique on this server."
    )
    name: strawberry.Maybe[str | None] = strawberry.field(
        description="The name that people call it by."
    )


@strawberry.input(description="Somebody to let in: named by exactly one of id, handle and email.")
class MemberAddInput:
    workspace_id: strawberry.ID = strawberry.field(description="The workspace.")
    user_id: strawberry.ID | None = strawberry.field(default=None, description="The user's id.")
    handle: str | None = strawberry.field(default=None, description="The user's handle.")
    email: str | None = strawberry.field(default=None, description="The user's address.")
    role: models.Role = strawberry.field(
        default=models.Role.MEMBER, description="What they may do there."
    )


@strawberry.input(description="A member whose role is to be another.")
class MemberUpdateInput:
    workspace_id: strawberry.ID = strawberry.field(description="The workspace.")
    user_id: strawberry.ID = strawberry.field(description="The member.")
    role: models.Role = strawberry.field(description="What they may do there from now on.")


@strawberry.input(description="A member who is to leave.")
class MemberRemoveInput:
    workspace_id: strawberry.ID = strawberry.field(description="The workspace.")
    user_id: strawberry.ID = strawberry.field(description="The member.")


@strawberry.type(description="What a mutation of a workspace answers.")
class WorkspacePayload(Payload):
    workspace: Workspace | None = payload_field("The workspace.")


@strawberry.type(description="What a mutation of a membership answers.")
class MemberPayload(Payload):
    member: Membership | None = payload_field("The membership; as it was, where it has ended.")


async def workspace_create(write: Write, input: Input[WorkspaceCreateInput]) -> models.Workspace:
    """Makes a workspace with the usual workflow states, owned by the viewer."""
    values = write.validate(models.Workspace, provided(input, "slug", "name"))
    key = await write.new_id(models.Workspace, input.id)
    write.require(models.Permission.ACCOUNT, None, ())
    write.raise_errors()
    workspace, states = new_workspace(**values, key=key)
    owner = {"user_id": write.source.viewer.user_id, "role": models.Role.OWNER}
    write.session.add_all([workspace, *states, models.Membership(workspace_id=key, **owner)])
    write.viewer = write.viewer.with_role(key, models.Role.OWNER)
    return workspace


async def workspace_update(write: Write, input: Input[WorkspaceUpdateInput]) -> models.Workspace:
    """Changes a workspace."""
    values = write.validate(models.Workspace, provided(input, "slug", "name"))
    return write.update(await write.get(models.Workspace, input.id, ID_PATH), values)


async def member_add(write: Write, input: Input[MemberAddInput]) -> models.Membership:
    """Lets a user into a workspace."""
    workspace = await write.get(models.Workspace, input.workspace_id, WORKSPACE_ID_PATH)
    permit_role(write, workspace.id, input.role)
    path, condition = named_user(write, input)
    write.raise_errors()
    # scope: whoever is let in is not seen yet; one must know their id, handle or address.
    user_id = await write.session.scalar(select(models.User.id).where(condition))
    if user_id is None:
        write.add_error(UserErrorCode.NOT_FOUND, path, "There is no such user.")
        raise MutationRejected(write.user_errors.errors)
    if await members_of(write, [workspace.id], [user_id]):
        write.add_error(UserErrorCode.UNIQUE, path, "This user belongs to the workspace already.")
    made = models.Membership(workspace_id=workspace.id, user_id=user_id, role=input.role)
    return write.add(made)


async def member_update(write: Write, input: Input[MemberUpdateInput]) -> models.Membership:
    """Gives a member another role."""
    membership = await membership_of(write, input.workspace_id, input.user_id)
    for role in (membership.role, input.role):
        permit_role(write, membership.workspace_id, role)
    if input.role is not models.Role.OWNER:
        await keep_an_owner(write, membership)
    write.update(membership, {"role": input.role})
    if membership.user_id == write.viewer.user_id:
        write.viewer = write.viewer.with_role(membership.workspace_id, input.role)
    return membership


async def member_remove(write: Write, input: Input[MemberRemoveInput]) -> DeletedRow:
    """Ends a membership: any as an administrator, or one's own. The last owner cannot leave."""
    membership = await membership_of(write, input.workspace_id, input.user_id)
    if membership.user_id != write.viewer.user_id:
        write.require(models.Permission.ADMINISTER, membership.workspace_id, WORKSPACE_ID_PATH)
        permit_role(write, membership.workspace_id, membership.role)
    await keep_an_owner(write, membership)
    write.raise_errors()
    # Without the membership, neither is seen any more.
    user = await write.session.get_one(models.User, membership.user_id)  # scope: a member
    workspace = await write.session.get_one(  # scope: the one that was left
        models.Workspace, membership.workspace_id
    )
    if membership.user_id == write.viewer.user_id:
        write.viewer = write.viewer.with_role(membership.workspace_id, None)
    return await write.delete(membership, user, workspace)


def permit_role(write: Write, workspace_id: UUID, role: models.Role) -> None:
    """Only an owner makes an owner, or changes one."""
    if role is models.Role.OWNER:
        write.require(models.Permission.OWN, workspace_id, (*INPUT_PATH, "role"))


def named_user(write: Write, input: MemberAddInput) -> tuple[InputPath, ColumnElement[bool]]:
    """The condition that a user is the one whom the input names, and where it names them."""
    given = provided(input, "user_id", "handle", "email")
    if len(given) != 1:
        message = "Name the user by exactly one of userId, handle and email."
        code = UserErrorCode.INVALID if given else UserErrorCode.REQUIRED
        write.add_error(code, (*INPUT_PATH, "userId"), message)
        return INPUT_PATH, false()
    [(name, value)] = given.items()
    path = (*INPUT_PATH, to_camel_case(name))
    if name == "user_id":
        return path, models.User.id == write.parse_id(models.User, value, path)
    tidied = write.validate(models.User, given).get(name)
    return path, getattr(models.User, name) == tidied


async def membership_of(write: Write, workspace_id: str, user_id: str) -> models.Membership:
    """The membership of a user in a workspace. Both are locked."""
    workspace = await write.get(models.Workspace, workspace_id, WORKSPACE_ID_PATH)
    path = (*INPUT_PATH, "userId")
    key = write.parse_id(models.User, user_id, path)
    write.raise_errors()
    here = models.Membership.workspace_id == workspace.id
    found = await write.select_rows(models.Membership, here, models.Membership.user_id == key)
    if not found:
        write.add_error(UserErrorCode.NOT_FOUND, path, NOT_A_MEMBER)
        write.raise_errors()
    return found[0]


async def keep_an_owner(write: Write, membership: models.Membership) -> None:
    """Refuses to take its last owner from a workspace."""
    owners = await write.select_rows(
        models.Membership,
        models.Membership.workspace_id == membership.workspace_id,
        models.Membership.role == models.Role.OWNER,
    )
    if [owner.id for owner in owners] == [membership.id]:
        message = "This is the workspace's last owner: make somebody else an owner first."
        write.add_error(UserErrorCode.INVALID, (*INPUT_PATH, "userId"), message)


@strawberry.type
class WorkspaceMutations:
    workspace_create: WorkspacePayload = mutation(
        workspace_create, permission=models.Permission.ACCOUNT
    )
    workspace_update: WorkspacePayload = mutation(
        workspace_update, permission=models.Permission.ADMINISTER
    )
    member_add: MemberPayload = mutation(member_add, permission=models.Permission.ADMINISTER)
    member_update: MemberPayload = mutation(member_update, permission=models.Permission.ADMINISTER)
    # One may always leave: the rest is asked for when it is another's membership.
    member_remove: MemberPayload = mutation(member_remove, permission=models.Permission.COMMENT)
