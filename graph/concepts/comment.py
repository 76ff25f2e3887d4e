"""Comments."""

from datetime import datetime

import strawberry

import models
from graph.context import Info
from graph.kit.node import Node
from graph.kit.relations.fields import one
from graph.kit.writing.mutation import CLIENT_ID, Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, UserErrorCode, payload_field
from graph.kit.writing.write import (
    FOR_DELETION,
    FOR_REFERENCE,
    ID_PATH,
    INPUT_PATH,
    Write,
    provided,
)
from graph.rules.trash import reject_if_in_trash
from graph.types import Task, User


def viewer_can_update(root: models.Comment, info: Info) -> bool:
    """Whether the viewer may change a comment."""
    return root.can_be_updated_by(info.context.viewer)


@strawberry.type(description="What somebody said about a task.")
class Comment(Node):
    model = models.Comment

    body: str = strawberry.field(description="Markdown.")
    created_at: datetime = strawberry.field(description="When it was written.")
    edited_at: datetime | None = strawberry.field(
        description="When its author last changed it; null for one never changed."
    )
    author: User | None = one(
        models.Comment.author, "Who wrote it; null where the account is gone."
    )
    task: Task = one(models.Comment.task, "The task it is about.")
    viewer_can_update: bool = strawberry.field(
        resolver=viewer_can_update, description="Whether the viewer may change it."
    )


@strawberry.input(description="A comment to be made.")
class CommentCreateInput:
    task_id: strawberry.ID = strawberry.field(description="The task it is about.")
    body: str = strawberry.field(description="Markdown.")
    id: strawberry.ID | None = strawberry.field(default=None, description=CLIENT_ID)


@strawberry.input(description="What to change of a comment.")
class CommentUpdateInput:
    id: strawberry.ID = strawberry.field(description="The comment.")
    body: str = strawberry.field(description="Markdown.")


@strawberry.type(description="What a mutation of a comment answers.")
class CommentPayload(Payload):
    comment: Comment | None = payload_field("The comment; as it was, where it was deleted.")


async def comment_create(write: Write, input: Input[CommentCreateInput]) -> models.Comment:
    """Comments on a task."""
    values = write.validate(models.Comment, provided(input, "body"))
    key = await write.new_id(models.Comment, input.id)
    path = (*INPUT_PATH, "taskId")
    task = await write.get(models.Task, input.task_id, path, lock=FOR_REFERENCE)
    reject_if_in_trash(write.user_errors, task, path)
    home = {"id": key, "workspace_id": task.workspace_id, "task_id": task.id}
    return write.add(models.Comment(author_id=write.source.viewer.user_id, **home, **values))


async def comment_update(write: Write, input: Input[CommentUpdateInput]) -> models.Comment:
    """Changes what a comment of one's own says."""
    values = write.validate(models.Comment, provided(input, "body"))
    comment = await write.get(models.Comment, input.id, ID_PATH)
    if not comment.can_be_updated_by(write.source.viewer):
        write.add_error(UserErrorCode.FORBIDDEN, ID_PATH, "Only its author may change a comment.")
    if values.get("body") != comment.body:
        values["edited_at"] = write.now
    return write.update(comment, values)


async def comment_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes a comment: one's own, or any as an administrator."""
    comment = await write.get(models.Comment, id, ("id",), lock=FOR_DELETION)
    if not comment.can_be_deleted_by(write.source.viewer):
        message = "Only its author and administrators may delete a comment."
        write.add_error(UserErrorCode.FORBIDDEN, ("id",), message)
    return await write.delete(comment)


@strawberry.type
class CommentMutations:
    comment_create: CommentPayload = mutation(comment_create, permission=models.Permission.COMMENT)
    comment_update: CommentPayload = mutation(comment_update, permission=models.Permission.COMMENT)
    comment_delete: CommentPayload = mutation(comment_delete, permission=models.Permission.COMMENT)
