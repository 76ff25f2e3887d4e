"""Users, and the viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

import models
from graph.context import Info
from graph.engine.declarations import Resolved, ViewerRow
from graph.kit.declare import doc_of, resolver_field
from graph.kit.filtering.comparators import IDComparator, StringComparator
from graph.kit.filtering.filter_input import (
    FilterInput,
    collection_filter,
    filter_field,
    filter_input,
)
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.node import Node
from graph.kit.relations.batches import RowBatch
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many
from graph.kit.relations.keys import column_in
from graph.rules.hidden_rows import active_tasks, check_time_range, events_between
from graph.types import AccessToken, Event, Invitation, Session, Task, Workspace


@dataclass(frozen=True)
class EmailVisibility:
    """Whether the viewer administers a workspace that a user belongs to."""

    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[UUID]
    ) -> list[bool]:
        administered = scope.viewer.administers(models.Membership.workspace_id)
        members = visible(models.Membership, scope.viewer, models.Membership.user_id).where(
            administered, column_in(models.Membership.user_id, keys, scope.database)
        )
        visible_users = set(await session.scalars(members))
        return [key in visible_users for key in keys]


async def email(root: models.User, info: Info) -> str | None:
    viewer = info.context.viewer
    if root.id == viewer.user_id:
        return root.email
    if root.email is None or not viewer.administered:
        return None
    return root.email if await info.context.load(EmailVisibility(), root.id) else None


@strawberry.type(description="A user account.")
class User(Node):
    model = models.User

    handle: str
    name: str
    email: str | None = resolver_field(
        email, doc_of(models.User, "email"), plan=Resolved(("id", "email"))
    )
    avatar_url: str | None
    created_at: datetime
    workspaces: Connection[Workspace] | None = many(
        models.User.workspaces,
        "The workspaces that both the user and the viewer belong to, oldest first.",
    )
    assigned_tasks: Connection[Task] | None = many(
        models.User.assigned_tasks,
        "The tasks assigned to the user, newest first. Archived tasks and tasks in the trash are "
        "not included.",
        where=active_tasks,
    )
    access_tokens: Connection[AccessToken] | None = many(
        models.User.access_tokens,
        "The viewer's own personal tokens, oldest first. Empty for other users.",
    )
    invitations: Connection[Invitation] | None = many(
        models.User.invitations,
        "The viewer's own pending invitations, oldest first. Empty for other users.",
        shown_if=lambda user, context: user.id == context.viewer.user_id,
    )
    sessions: Connection[Session] | None = many(
        models.User.sessions,
        "The viewer's own sessions, oldest first. Empty for other users.",
    )
    events: Connection[Event] | None = many(
        models.User.events,
        "The events that the user attends or organizes, by start time.",
        where=events_between,
        check=check_time_range,
    )


def is_viewer(user: Any, scope: ReadScope) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = user.id == scope.viewer.user_id
    return condition


@filter_input(models.User, "Filters users.", nullable=True)
class UserFilter(FilterInput):
    id: IDComparator
    handle: StringComparator
    name: StringComparator
    is_me: bool = filter_field("`true`: the viewer. `false`: everyone else.", is_viewer)


UserCollectionFilter = collection_filter(UserFilter)


async def viewer(info: Info) -> models.User | None:
    """The authenticated user; null if the request is anonymous."""
    user_id = info.context.viewer.user_id
    return None if user_id is None else await info.context.load(RowBatch(models.User), user_id)


@strawberry.type
class UserQueries:
    viewer: User | None = resolver_field(viewer, plan=ViewerRow(models.User))
