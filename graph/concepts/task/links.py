"""Linking tasks to one another."""

from sqlalchemy.orm import selectinload

import models
from graph.concepts.task.inputs import TaskLinkInput
from graph.kit.writing.locks import FOR_UPDATE
from graph.kit.writing.mutation import Input
from graph.kit.writing.payload import DeletedRow, UserErrorCode
from graph.kit.writing.write import INPUT_PATH, Write
from graph.rules.cycles import linked_from
from graph.rules.trash import reject_if_in_trash

TASK_PATH, OTHER_PATH = (*INPUT_PATH, "taskId"), (*INPUT_PATH, "otherId")


async def task_link_create(write: Write, input: Input[TaskLinkInput]) -> models.TaskLink:
    """Links a task to another one, which gets the inverse link. An existing link is kept."""
    task, other = await linked_tasks(write, input)
    for end, path in ((task, TASK_PATH), (other, OTHER_PATH)):
        reject_if_in_trash(write.user_errors, end, path)
    write.raise_errors()
    link = task.link_of(input.kind, other)
    if link is not None:
        return link
    if input.kind is not models.TaskLinkKind.RELATES_TO:
        await write.lock_rows(models.Workspace, [task.workspace_id])
        if task.id in await linked_from(write, input.kind, other.id):
            message = "The other task has such a link to this one, directly or through others."
            write.add_error(UserErrorCode.INVALID, OTHER_PATH, message)
            write.raise_errors()
    return task.link(input.kind, other)


async def task_link_delete(write: Write, input: Input[TaskLinkInput]) -> DeletedRow:
    """Deletes a link from both of its tasks."""
    task, other = await linked_tasks(write, input)
    link = task.link_of(input.kind, other)
    if link is None:
        write.add_error(UserErrorCode.NOT_FOUND, INPUT_PATH, "There is no such link.")
        write.raise_errors()
    task.unlink(input.kind, other)
    return DeletedRow(link)


async def linked_tasks(write: Write, input: TaskLinkInput) -> tuple[models.Task, models.Task]:
    """Return both tasks of a link, locked, with their links loaded."""
    key = write.parse_id(models.Task, input.task_id, TASK_PATH)
    other_key = write.parse_id(models.Task, input.other_id, OTHER_PATH)
    if key is not None and key == other_key:
        message = "A task cannot be linked to itself."
        write.add_error(UserErrorCode.INVALID, OTHER_PATH, message)
    write.raise_errors()
    assert key is not None
    assert other_key is not None
    options = [selectinload(models.Task.links)]
    tasks = await write.get_many(models.Task, [key, other_key], options=options, lock=FOR_UPDATE)
    for one, path in ((key, TASK_PATH), (other_key, OTHER_PATH)):
        if one not in tasks:
            write.add_error(UserErrorCode.NOT_FOUND, path, "There is no such task.")
    write.raise_errors()
    write.require(write.permission, tasks[key].workspace_id, TASK_PATH)
    if tasks[key].workspace_id != tasks[other_key].workspace_id:
        message = "There is no such task in the workspace of the other task."
        write.add_error(UserErrorCode.NOT_FOUND, OTHER_PATH, message)
        write.raise_errors()
    return tasks[key], tasks[other_key]
