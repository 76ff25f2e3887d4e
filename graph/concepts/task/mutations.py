"""The mutations of tasks, and their payloads."""

import strawberry

from graph.concepts.task import archive, links, move, write
from graph.concepts.task.type import Task, TaskLink
from graph.kit.writing.mutation import mutation
from graph.kit.writing.payload import Payload, UserError, payload_field
from models import Permission


@strawberry.type(description="The payload of a task mutation.")
class TaskPayload(Payload):
    task: Task | None = payload_field(
        "The task. After a permanent deletion, the deleted task; with the error CONFLICT, the "
        "current task."
    )


@strawberry.type(description="The result of one row of a batch.")
class TaskBatchResult:
    task: Task | None = payload_field(
        "The task; null if the row was rejected. With the error CONFLICT, the current task."
    )
    errors: list[UserError] = strawberry.field(description="The errors in the row.")


@strawberry.type(description="The payload of a batch update of tasks.")
class TaskBatchPayload:
    results: list[TaskBatchResult] = strawberry.field(description="One for each row, in order.")
    count: int = strawberry.field(description="The number of rows that were accepted.")
    errors: list[UserError] = strawberry.field(
        description="The errors that kept the whole batch from being written. Errors in single "
        "rows of a batch that was written are in `results`."
    )
    sequence: int | None = strawberry.field(
        description="The number of the last change that was written to the workspace's log; null "
        "if nothing was written."
    )


@strawberry.type(description="The payload of a task link mutation.")
class TaskLinkPayload(Payload):
    link: TaskLink | None = payload_field(
        "The link, seen from the task of `taskId`. After a deletion, the deleted link."
    )


@strawberry.type
class TaskMutations:
    task_create: TaskPayload = mutation(write.task_create, permission=Permission.WRITE)
    task_update: TaskPayload = mutation(write.task_update, permission=Permission.WRITE)
    task_batch_update: TaskBatchPayload = mutation(
        write.task_batch_update, permission=Permission.WRITE
    )
    task_move: TaskPayload = mutation(move.task_move, permission=Permission.WRITE)
    task_archive: TaskPayload = mutation(archive.task_archive, permission=Permission.WRITE)
    task_unarchive: TaskPayload = mutation(archive.task_unarchive, permission=Permission.WRITE)
    task_delete: TaskPayload = mutation(archive.task_delete, permission=Permission.WRITE)
    task_restore: TaskPayload = mutation(archive.task_restore, permission=Permission.WRITE)
    task_link_create: TaskLinkPayload = mutation(
        links.task_link_create, permission=Permission.WRITE
    )
    task_link_delete: TaskLinkPayload = mutation(
        links.task_link_delete, permission=Permission.WRITE
    )
