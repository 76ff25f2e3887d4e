"""Reactions to a comment, counted by emoji."""

from collections import defaultdict
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from uuid import UUID

import strawberry
from sqlalchemy import case, func
from sqlalchemy.ext.asyncio import AsyncSession

import models
from graph.context import Info
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.relations.keys import column_in


@strawberry.type(description="The number of reactions with one emoji.")
class ReactionCount:
    emoji: str = strawberry.field(description="The emoji.")
    count: int = strawberry.field(description="The number of users who reacted with it.")
    viewer_has_reacted: bool = strawberry.field(
        description="Whether the viewer is one of these users."
    )


@dataclass(frozen=True)
class ReactionCountsBatch:
    """The reactions of comments, counted by emoji, in the order in which the emoji were added."""

    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[UUID]
    ) -> list[list[ReactionCount]]:
        reaction = models.Reaction
        own = func.max(case((reaction.user_id == scope.viewer.user_id, 1), else_=0))
        counted = visible(reaction, scope.viewer, reaction.comment_id, reaction.emoji)
        counted = counted.add_columns(func.count(), own)
        counted = counted.where(column_in(reaction.comment_id, keys, scope.database))
        counted = counted.group_by(reaction.comment_id, reaction.emoji)
        by_comment: dict[UUID, list[ReactionCount]] = defaultdict(list)
        for comment_id, emoji, count, reacted in await session.execute(
            counted.order_by(func.min(reaction.created_at), reaction.emoji)
        ):
            by_comment[comment_id].append(
                ReactionCount(emoji=emoji, count=count, viewer_has_reacted=bool(reacted))
            )
        return [by_comment[key] for key in keys]


def reaction_counts(root: models.Comment, info: Info) -> Awaitable[list[ReactionCount]]:
    """The number of reactions by emoji, in the order in which the emoji were first used."""
    return info.context.load(ReactionCountsBatch(), root.id)
