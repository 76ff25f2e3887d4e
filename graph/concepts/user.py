"""Users, and the viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

import models
from graph.context import Info
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.node import Node
from graph.kit.paging.keyset import Order
from graph.kit.relations.batches import RowBatch, any_of
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many, resolver_field
from graph.types import AccessToken, Event, Session, Task, Workspace
from graph.views.filters import TaskFilter
from graph.views.lists import BY_TIME, SESSIONS, TASKS, TOKENS, between, in_lists


@dataclass(frozen=True)
class EmailVisibility:
    """Whether the viewer may read a user's address: their own, and those they administer."""

    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, source: ReadScope, keys: Sequence[UUID]
    ) -> list[bool]:
        administered = models.Membership.workspace_id.in_(source.viewer.administers())
        members = visible(models.Membership, source.viewer, models.Membership.user_id).where(
            administered, any_of(models.Membership.user_id, keys, source)
        )
        open_to_viewer = set(await session.scalars(members))
        return [key in open_to_viewer for key in keys]


async def email(root: models.User, info: Info) -> str | None:
    """The address, where the viewer may read it."""
    viewer = info.context.viewer
    if root.id == viewer.user_id:
        return root.email
    if root.email is None or not viewer.administers():
        return None
    return root.email if await info.context.load(EmailVisibility(), root.id) else None


@strawberry.type(description="A person.")
class User(Node):
    model = models.User

    handle: str = strawberry.field(description="The short name that is unique on this server.")
    name: str = strawberry.field(description="The name that people call them by.")
    email: str | None = strawberry.field(
        resolver=email, description="Shown to the user and to admins of a shared workspace."
    )
    created_at: datetime = strawberry.field(description="When the account was made.")
    workspaces: Connection[Workspace] = many(
        models.User.workspaces,
        "The workspaces that the user belongs to and the viewer too, oldest first.",
        order=Order.by(models.Workspace, "created_at"),
    )
    assigned_tasks: Connection[Task] = many(
        models.User.assigned_tasks,
        "The tasks that the user is to do, newest first; none from the archive or the trash.",
        order=TASKS,
        filter=TaskFilter,
        where=in_lists,
    )
    access_tokens: Connection[AccessToken] = many(
        models.User.access_tokens,
        "The viewer's own personal tokens, oldest first; nobody sees those of others.",
        order=TOKENS,
    )
    sessions: Connection[Session] = many(
        models.User.sessions,
        "Where the viewer is signed in, the oldest session first; nobody sees those of others.",
        order=SESSIONS,
    )
    events: Connection[Event] = many(
        models.User.events,
        "What the user attends or organizes, in order of time.",
        order=BY_TIME,
        where=between,
    )


async def viewer(info: Info) -> models.User | None:
    """Who is asking."""
    user_id = info.context.viewer.user_id
    return None if user_id is None else await info.context.load(RowBatch(models.User), user_id)


@strawberry.type
class UserQueries:
    viewer: User | None = resolver_field(viewer, "Who is asking; null when nobody is signed in.")
