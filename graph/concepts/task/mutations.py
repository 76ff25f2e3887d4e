"""The mutations of tasks."""

import strawberry

from graph.concepts.task import Task, TaskLink, places, writes
from graph.kit.writing.mutation import mutation
from graph.kit.writing.payload import Payload, UserError, payload_field
from models import Permission


@strawberry.type(description="What a mutation of a task answers.")
class TaskPayload(Payload):
    task: Task | None = payload_field(
        "The task; as it was, where it was deleted for good. With the error CONFLICT, as it is now."
    )


@strawberry.type(description="What became of one row of a batch.")
class TaskBatchResult:
    task: Task | None = payload_field(
        "The task; null where nothing was written. With the error CONFLICT, as it is now."
    )
    errors: list[UserError] = strawberry.field(description="What is wrong with the row.")


@strawberry.type(description="What a batch of changes of tasks answers.")
class TaskBatchPayload:
    results: list[TaskBatchResult] = strawberry.field(description="One for each row, in order.")
    count: int = strawberry.field(description="How many rows were written.")
    errors: list[UserError] = strawberry.field(
        description="Why nothing was written; what is wrong with single rows of a batch that was "
        "written is in `results`."
    )
    sequence: int | None = strawberry.field(
        description="The number of the write's last change in the workspace's log; null where "
        "nothing was written."
    )


@strawberry.type(description="What a mutation of a link answers.")
class TaskLinkPayload(Payload):
    link: TaskLink | None = payload_field(
        "The link as `taskId` sees it; as it was, where it was deleted."
    )


@strawberry.type
class TaskMutations:
    task_create: TaskPayload = mutation(writes.task_create, permission=Permission.WRITE)
    task_update: TaskPayload = mutation(writes.task_update, permission=Permission.WRITE)
    task_batch_update: TaskBatchPayload = mutation(
        writes.task_batch_update, permission=Permission.WRITE
    )
    task_move: TaskPayload = mutation(places.task_move, permission=Permission.WRITE)
    task_archive: TaskPayload = mutation(places.task_archive, permission=Permission.WRITE)
    task_unarchive: TaskPayload = mutation(places.task_unarchive, permission=Permission.WRITE)
    task_delete: TaskPayload = mutation(places.task_delete, permission=Permission.WRITE)
    task_restore: TaskPayload = mutation(places.task_restore, permission=Permission.WRITE)
    task_link_create: TaskLinkPayload = mutation(
        places.task_link_create, permission=Permission.WRITE
    )
    task_link_delete: TaskLinkPayload = mutation(
        places.task_link_delete, permission=Permission.WRITE
    )
