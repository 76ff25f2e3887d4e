"""Comments."""

from datetime import datetime

import strawberry

import models
from graph.engine.declarations import Resolved
from graph.kit.declare import (
    client_generated_id,
    description_of,
    model_input,
    resolver_field,
)
from graph.kit.filtering.comparators import DateTimeComparator, IDComparator, StringComparator
from graph.kit.filtering.filter_input import FilterInput, collection_filter, filter_input
from graph.kit.node import Node
from graph.kit.paging.order_input import register_order
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many, one
from graph.kit.viewer_can import viewer_can
from graph.kit.writing.expected_version import expected_version, get_to_update
from graph.kit.writing.locks import FOR_DELETION, FOR_REFERENCE
from graph.kit.writing.mutation import Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, UserErrorCode, payload_field
from graph.kit.writing.write import ID_PATH, INPUT_PATH, Write, provided
from graph.rules.trash import reject_if_in_trash
from graph.types import (
    Reaction,
    ReactionCollectionFilter,
    Task,
    User,
    UserFilter,
)
from graph.views.reactions import ReactionCount, reaction_counts
from graph.views.rendered_text import html_field


@strawberry.type(description=description_of(models.Comment))
class Comment(Node):
    model = models.Comment

    body: str
    body_html: str = html_field(models.Comment, "body")
    created_at: datetime
    edited_at: datetime | None
    author: User | None = one(models.Comment.author)
    task: Task = one(models.Comment.task)
    reactions: Connection[Reaction] | None = many(
        models.Comment.reactions, "Its reactions, oldest first."
    )
    reaction_counts: list[ReactionCount] = resolver_field(reaction_counts, plan=Resolved(("id",)))
    version: int
    viewer_can_update: bool = viewer_can(
        models.Comment.can_be_updated_by, "edit the comment", "author_id", "workspace_id"
    )
    viewer_can_delete: bool = viewer_can(
        models.Comment.can_be_deleted_by, "delete the comment", "author_id", "workspace_id"
    )


register_order(models.Comment, "created_at", choices=("created_at", "edited_at"))


@filter_input(models.Comment, "Filters comments.")
class CommentFilter(FilterInput):
    id: IDComparator
    body: StringComparator
    created_at: DateTimeComparator
    edited_at: DateTimeComparator
    author: UserFilter
    reactions: ReactionCollectionFilter


CommentCollectionFilter = collection_filter(CommentFilter)


@model_input(models.Comment, "A comment to create.")
class CommentCreateInput:
    task_id: strawberry.ID
    body: str
    id: strawberry.ID | None = client_generated_id()


@model_input(models.Comment, "Changes to a comment.")
class CommentUpdateInput:
    id: strawberry.ID
    expected_version: int | None = expected_version()
    body: str


@strawberry.type(description="The payload of a comment mutation.")
class CommentPayload(Payload):
    comment: Comment | None = payload_field("The comment. After a deletion, the deleted comment.")


async def comment_create(write: Write, input: Input[CommentCreateInput]) -> models.Comment:
    """Adds a comment to a task."""
    values = write.validate(models.Comment, provided(input, "body"))
    key = await write.new_id(models.Comment, input.id)
    path = (*INPUT_PATH, "taskId")
    task = await write.get(models.Task, input.task_id, path, lock=FOR_REFERENCE)
    reject_if_in_trash(write.user_errors, task, path)
    references = {"id": key, "workspace_id": task.workspace_id, "task_id": task.id}
    author_id = write.scope.viewer.user_id
    return write.add(models.Comment(author_id=author_id, **references, **values))


async def comment_update(write: Write, input: Input[CommentUpdateInput]) -> models.Comment:
    """Edits one of the viewer's own comments."""
    values = write.validate(models.Comment, provided(input, "body"))
    comment = await get_to_update(write, models.Comment, input)
    if not comment.can_be_updated_by(write.scope.viewer):
        write.add_error(UserErrorCode.FORBIDDEN, ID_PATH, "Only its author can edit a comment.")
    if values.get("body") != comment.body:
        values["edited_at"] = write.now
    return write.update(comment, values)


async def comment_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes a comment. Administrators can delete the comments of others too."""
    comment = await write.get(models.Comment, id, ("id",), lock=FOR_DELETION)
    if not comment.can_be_deleted_by(write.scope.viewer):
        message = "Only its author and administrators can delete a comment."
        write.add_error(UserErrorCode.FORBIDDEN, ("id",), message)
    return await write.delete(comment)


@strawberry.type
class CommentMutations:
    comment_create: CommentPayload = mutation(comment_create, permission=models.Permission.COMMENT)
    comment_update: CommentPayload = mutation(comment_update, permission=models.Permission.COMMENT)
    comment_delete: CommentPayload = mutation(comment_delete, permission=models.Permission.COMMENT)
