"""A workspace with rows of every type, for tests that query every field of the schema."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from models import AccessToken, Membership, Role, Session, TaskLinkKind, User, Workspace
from models.base import Base
from models.columns.digest import digest
from tests.support.concept_cases import declared
from tests.support.world import NOON, World


@dataclass
class Everything:
    """The rows of one workspace by type. It shares no row with another workspace."""

    workspace: Workspace
    owner: User
    rows: dict[str, list[Base]] = field(default_factory=dict)

    def first(self, name: str) -> Base:
        """The row of a type whose relations all have rows."""
        return self.rows[name][0]


async def make_everything(world: World, mark: str) -> Everything:
    """Create a workspace in which each text contains `mark`."""
    people = [
        await world.make_user(
            handle=f"{mark}.{name}",
            name=f"{mark} {name}",
            email=f"{name}@{mark}.example",
            avatar_url=f"https://{mark}.example/{name}.png",
        )
        for name in ("owner", "author", "member", "other")
    ]
    world.actor_id = people[1].id
    workspace = await world.make_workspace(slug=f"{mark}-team", name=f"{mark} team")
    roles = (Role.OWNER, Role.MEMBER, Role.MEMBER, Role.GUEST)
    owner, author, member, other = [
        await world.make_member(workspace, user, role)
        for user, role in zip(people, roles, strict=True)
    ]
    project = await world.make_project(
        workspace, key="PRJ", name=f"{mark} project", description=mark, lead_id=author.id
    )
    states = [await world.make_state(workspace, name=f"{mark} state {n}") for n in range(2)]
    labels = [
        await world.make_label(workspace, name=f"{mark} label {n}", description=mark)
        for n in range(2)
    ]
    milestone = await world.make_milestone(project, title=f"{mark} milestone", description=mark)
    texts = {"title": f"{mark} task", "body": mark, "source_url": f"https://{mark}.example"}
    parent = await world.make_task(project, states[1], number=90, **texts)
    task = await world.make_task(
        project,
        states[0],
        number=1,
        creator_id=author.id,
        milestone_id=milestone.id,
        parent_id=parent.id,
        **texts,
    )
    child = await world.make_task(project, states[0], number=91, parent_id=task.id, **texts)
    linked = await world.make_task(project, states[0], number=92, **texts)
    await world.assign(task, member, other)
    await world.label(task, *labels)
    await world.link(task, TaskLinkKind.BLOCKS, linked)
    comments = [
        await world.make_comment(task, writer, body=f"{mark} remark") for writer in (author, other)
    ]
    event = await world.make_event(
        workspace,
        title=f"{mark} event",
        description=mark,
        location=mark,
        project_id=project.id,
        organizer_id=author.id,
    )
    attendances = [await world.make_attendance(event, user) for user in (member, other)]
    everything = Everything(workspace, owner)
    credentials = await make_credentials(world, owner, workspace, mark)
    async with world.database.reads() as session:
        found = await session.scalars(
            select(Membership)
            .where(Membership.workspace_id == workspace.id)
            .order_by(Membership.joined_at)
        )
        memberships = list(found)
    rows: dict[str, list[Base]] = {
        "Workspace": [workspace],
        # The member has assignments and events.
        "User": [member, other, author, owner],
        "Membership": [memberships[2], *memberships],
        "Project": [project],
        "State": list(states),
        "Label": list(labels),
        "Milestone": [milestone],
        "Task": [task, parent, child, linked],
        "Comment": list(comments),
        "Event": [event],
        "Attendance": list(attendances),
    }
    for add_rows in declared("add_rows"):
        await add_rows(world, rows)
    everything.rows = rows | credentials
    return everything


async def make_credentials(
    world: World, user: User, workspace: Workspace, mark: str
) -> dict[str, list[Base]]:
    """Create a revoked token with its parent, and an expired session; return token and session."""
    used = {"last_used_at": NOON, "expires_at": NOON}
    token: dict[str, Any] = {"name": f"{mark} token", "prefix": mark, "revoked_at": NOON} | used
    parent = await world.make_token(user, **token)
    async with world.database.reads() as session:
        by_digest = select(AccessToken.id).where(AccessToken.digest == digest(parent))
        token["parent_id"] = await session.scalar(by_digest)
    await world.make_token(user, workspace=workspace, **token)
    await world.make_session(user, user_agent=f"{mark} browser", **used)
    found: dict[str, list[Base]] = {}
    async with world.database.reads() as session:
        for model in (AccessToken, Session):
            own = select(model).where(model.user_id == user.id).order_by(model.id.desc())
            found[model.__name__] = [*await session.scalars(own.limit(1))]
    return found
