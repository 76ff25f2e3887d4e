"""Reactions: emoji on comments."""

from collections.abc import Sequence
from datetime import datetime

import strawberry
from sqlalchemy import func

import models
from graph.kit.declare import client_generated_id, description_of, model_input
from graph.kit.filtering.comparators import DateTimeComparator, IDComparator, StringComparator
from graph.kit.filtering.filter_input import FilterInput, collection_filter, filter_input
from graph.kit.loading.scope import visible
from graph.kit.node import Node
from graph.kit.paging.order_input import register_order
from graph.kit.relations.fields import one
from graph.kit.viewer_can import viewer_can
from graph.kit.writing.locks import FOR_REFERENCE
from graph.kit.writing.mutation import Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, UserErrorCode, payload_field
from graph.kit.writing.write import INPUT_PATH, Write, provided
from graph.rules.trash import reject_if_in_trash
from graph.types import Comment, User, UserFilter
from models.reaction import MAX_EMOJI

COMMENT_PATH = (*INPUT_PATH, "commentId")


@strawberry.type(description=description_of(models.Reaction))
class Reaction(Node):
    model = models.Reaction

    emoji: str
    created_at: datetime
    user: User | None = one(models.Reaction.user)
    comment: Comment = one(models.Reaction.comment)
    viewer_can_delete: bool = viewer_can(
        models.Reaction.can_be_deleted_by, "remove the reaction", "workspace_id", "user_id"
    )


register_order(models.Reaction, "created_at")


@filter_input(models.Reaction, "Filters reactions.")
class ReactionFilter(FilterInput):
    id: IDComparator
    emoji: StringComparator
    created_at: DateTimeComparator
    user: UserFilter


ReactionCollectionFilter = collection_filter(ReactionFilter)


@model_input(models.Reaction, "A reaction to add to a comment.")
class ReactionAddInput:
    comment_id: strawberry.ID
    emoji: str
    id: strawberry.ID | None = client_generated_id()


@model_input(models.Reaction, "One of the viewer's own reactions, to remove from a comment.")
class ReactionRemoveInput:
    comment_id: strawberry.ID
    emoji: str


@strawberry.type(description="The payload of a reaction mutation.")
class ReactionPayload(Payload):
    reaction: Reaction | None = payload_field(
        "The reaction. After a removal, the removed reaction."
    )


async def reaction_add(write: Write, input: Input[ReactionAddInput]) -> models.Reaction:
    """Adds an emoji reaction to a comment. An existing reaction of the viewer is kept.

    A comment has at most 20 different emoji.
    """
    values = write.validate(models.Reaction, provided(input, "emoji"))
    comment, existing = await own_reactions(write, input.comment_id, values.get("emoji"))
    if existing:
        return existing[0]
    emoji = values["emoji"]
    await reject_too_many_emoji(write, comment, emoji)
    key = await write.new_id(models.Reaction, input.id)
    row = models.Reaction(
        id=key,
        workspace_id=comment.workspace_id,
        comment_id=comment.id,
        user_id=write.scope.viewer.user_id,
        emoji=emoji,
    )
    return write.add(row)


async def reaction_remove(write: Write, input: Input[ReactionRemoveInput]) -> DeletedRow:
    """Removes one of the viewer's own reactions from a comment."""
    values = write.validate(models.Reaction, provided(input, "emoji"))
    _, existing = await own_reactions(write, input.comment_id, values.get("emoji"))
    if not existing:
        message = "You have not reacted to this comment with this emoji."
        write.add_error(UserErrorCode.NOT_FOUND, (*INPUT_PATH, "emoji"), message)
        write.raise_errors()
    return await write.delete(existing[0])


async def own_reactions(
    write: Write, comment_id: str, emoji: str | None
) -> tuple[models.Comment, Sequence[models.Reaction]]:
    """Return a comment, and the viewer's reactions to it with an emoji, all locked.

    Raises `MutationRejected` if there are errors so far, or if the task is in the trash.
    """
    unlocked = await write.get(models.Comment, comment_id, COMMENT_PATH, lock=None)
    # The task first: its permanent deletion locks it before its comments.
    tasks = await write.get_many(models.Task, [unlocked.task_id], lock=FOR_REFERENCE)
    comment = await write.get(models.Comment, comment_id, COMMENT_PATH)
    reject_if_in_trash(write.user_errors, tasks[comment.task_id], COMMENT_PATH)
    write.raise_errors()
    reaction = models.Reaction
    existing = await write.select_rows(
        reaction,
        reaction.comment_id == comment.id,
        reaction.user_id == write.scope.viewer.user_id,
        reaction.emoji == emoji,
    )
    return comment, existing


async def reject_too_many_emoji(write: Write, comment: models.Comment, emoji: str) -> None:
    """Add an error if the comment has no room for another emoji."""
    reaction = models.Reaction
    others = visible(reaction, write.scope.viewer, func.count(reaction.emoji.distinct()))
    others = others.where(reaction.comment_id == comment.id, reaction.emoji != emoji)
    if (await write.session.scalar(others) or 0) >= MAX_EMOJI:
        message = f"This comment has {MAX_EMOJI} different emoji already. React with one of them."
        write.add_error(UserErrorCode.TOO_MANY, (*INPUT_PATH, "emoji"), message)


@strawberry.type
class ReactionMutations:
    reaction_add: ReactionPayload = mutation(reaction_add, permission=models.Permission.COMMENT)
    reaction_remove: ReactionPayload = mutation(
        reaction_remove, permission=models.Permission.COMMENT
    )
