"""Comments."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import models
from graph.context import Info
from graph.kit.node import Node
from graph.kit.relations import one

if TYPE_CHECKING:
    from graph.task import Task
    from graph.user import User


def viewer_can_update(root: models.Comment, info: Info) -> bool:
    """Whether the viewer may change a comment."""
    return root.may_be_updated_by(info.context.viewer)


@strawberry.type(description="What somebody said about a task.")
class Comment(Node):
    model = models.Comment

    body: str = strawberry.field(description="Markdown.")
    created_at: datetime = strawberry.field(description="When it was written.")
    edited_at: datetime | None = strawberry.field(
        description="When its author last changed it; null for one never changed."
    )
    author: Annotated["User", strawberry.lazy("graph.user")] | None = one(
        models.Comment.author, "Who wrote it; null where the account is gone."
    )
    task: Annotated["Task", strawberry.lazy("graph.task")] = one(
        models.Comment.task, "The task it is about."
    )
    viewer_can_update: bool = strawberry.field(
        resolver=viewer_can_update, description="Whether the viewer may change it."
    )
