"""The subscription to the changes of a workspace."""

import inspect
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

import models
from graph.context import Context, Info
from graph.kit.errors import BadUserInput, NotFound
from graph.kit.relations.batches import CompositeKeyBatch
from graph.views.change import (
    Change,
    ChangeConditions,
    ChangeFilter,
    ChangePage,
    ChangePageBatch,
    parse_change_filter,
)
from models.workspace import is_slug

#: The changes of one page of a stream without live machinery.
PAGE = 100


@dataclass(slots=True, frozen=True)
class ChangeSource:
    """The changes of a workspace after a number that match a filter."""

    workspace_id: UUID
    position: int
    newest: int
    conditions: ChangeConditions

    def matches(self, change: models.Change) -> bool:
        return self.conditions.match(change)

    async def page(
        self, context: Context, after: int, size: int
    ) -> tuple[Sequence[models.Change], int, bool]:
        batch, scope = ChangePageBatch(after, size, self.conditions), context.scope

        async def load(session: AsyncSession) -> ChangePage:
            [page] = await batch.load(session, scope, [self.workspace_id])
            return page

        async with context.reads.slot():
            found = await context.reads.read(load)
        changes: list[Any] = found.nodes
        return changes, found.last_sequence, found.has_more


class ChangeStream:
    """The changes of a subscription, for its viewer.

    The live machinery takes the source. An executor that knows nothing of it, such as graphql-core
    alone, iterates over the changes: those in the log, and then new ones as they are committed.
    """

    def __init__(self, context: Context, source: ChangeSource) -> None:
        self.source = source
        self._context = context

    async def __aiter__(self) -> AsyncIterator[models.Change]:
        context, position = self._context, self.source.position
        async with context.server.live.waiter(self.source.workspace_id, position) as waiter:
            while True:
                await context.renew_viewer()
                if self.source.workspace_id not in context.viewer.roles:
                    raise not_found()
                changes, position, has_more = await self.source.page(context, position, PAGE)
                for change in changes:
                    yield change
                if not has_more:
                    await waiter.wait_beyond(position)


async def changes(
    info: Info,
    workspace: Annotated[str, strawberry.argument(description="The workspace's slug.")],
    after: Annotated[
        int | None,
        strawberry.argument(
            description="Start with the changes after this number; 0 starts at the beginning. By "
            "default only new changes are sent."
        ),
    ] = None,
    filter: Annotated[
        ChangeFilter | None,
        strawberry.argument(description="Send only the changes that match."),
    ] = None,
) -> AsyncIterator[Change]:
    """Every change of a workspace, in order, none missing and none twice.

    Those after `after` come first, then each new one when it is committed. After an interruption,
    subscribe again with the number of the last change that was received.
    """
    found = None
    if is_slug(workspace):
        batch = CompositeKeyBatch(models.Workspace, ("slug",))
        found = await info.context.load(batch, (workspace,))
    if found is None:
        raise not_found()
    if after is not None and after < 0:
        raise BadUserInput(f"after: must be 0 or greater, not {after}.")
    if after is not None and after > found.sequence:
        raise BadUserInput(
            f"after: {after} is beyond the newest change, which is {found.sequence}. If the server "
            "was restored from a backup, read everything again.",
            newest=found.sequence,
        )
    conditions = ChangeConditions() if filter is None else parse_change_filter(filter)
    position = found.sequence if after is None else after
    stream: Any = ChangeStream(
        info.context, ChangeSource(found.id, position, found.sequence, conditions)
    )
    return stream  # type: ignore[no-any-return]


def not_found() -> NotFound:
    return NotFound("workspace: there is no such workspace, or you are not a member of it.")


@strawberry.type
class ChangeSubscriptions:
    changes: AsyncIterator[Change] = strawberry.subscription(
        resolver=changes, description=(inspect.getdoc(changes) or "").replace("\n", " ")
    )
