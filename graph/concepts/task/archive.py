"""Archiving, deleting and restoring tasks."""

from typing import Annotated

import strawberry

import models
from graph.kit.writing.mutation import Id
from graph.kit.writing.payload import DeletedRow
from graph.kit.writing.write import Write
from graph.rules.trash import reject_if_in_trash
from models.purge import purge_tasks

Permanently = Annotated[
    bool | None,
    strawberry.argument(
        description="Whether to delete the task permanently, with its comments and links, instead "
        "of moving it to the trash. Requires administrator permission."
    ),
]


async def task_archive(write: Write, id: Id) -> models.Task:
    """Archives a task: lists leave it out."""
    task = await write.get(models.Task, id, ("id",))
    reject_if_in_trash(write.user_errors, task, ("id",))
    return write.update(task, {"archived_at": task.archived_at or write.now})


async def task_unarchive(write: Write, id: Id) -> models.Task:
    """Restores a task from the archive."""
    task = await write.get(models.Task, id, ("id",))
    reject_if_in_trash(write.user_errors, task, ("id",))
    return write.update(task, {"archived_at": None})


async def task_delete(
    write: Write, id: Id, permanently: Permanently = False
) -> models.Task | DeletedRow:
    """Moves a task to the trash, or deletes it permanently."""
    if permanently:
        permission = models.Permission.ADMINISTER
        task = await write.lock_for_deletion(models.Task, id, ("id",), permission)
        await purge_tasks(write.session, [task])
        return DeletedRow(task)
    task = await write.get(models.Task, id, ("id",))
    return write.update(task, {"deleted_at": task.deleted_at or write.now})


async def task_restore(write: Write, id: Id) -> models.Task:
    """Restores a task from the trash."""
    return write.update(await write.get(models.Task, id, ("id",)), {"deleted_at": None})
