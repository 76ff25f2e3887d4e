"""Where a task stands: its column and place on the board, archive and trash, links to others."""

from typing import Annotated

import strawberry
from sqlalchemy.orm import selectinload

import models
from graph.concepts.task.inputs import TaskLinkInput, TaskMoveInput
from graph.concepts.task.ranks import rank_beside
from graph.kit.writing.mutation import Id, Input
from graph.kit.writing.payload import DeletedRow, UserErrorCode
from graph.kit.writing.write import FOR_CHANGE, FOR_DELETION, ID_PATH, INPUT_PATH, Write
from graph.rules.cycles import linked_from
from graph.rules.trash import reject_if_in_trash
from models.purge import purge_tasks

Permanently = Annotated[
    bool | None,
    strawberry.argument(
        description="Whether it is deleted for good, with its comments and links, rather than put "
        "in the trash; what it was stays in the log. For administrators."
    ),
]


async def task_move(write: Write, input: Input[TaskMoveInput]) -> models.Task:
    """Places a task between two neighbors of its column; the server keeps the rank."""
    places = {"afterId": input.after_id, "beforeId": input.before_id}
    named = {
        name: key
        for name, given in places.items()
        if given is not None and (key := write.parse_id(models.Task, given, (*INPUT_PATH, name)))
    }
    key = write.parse_id(models.Task, input.id, ID_PATH)
    write.raise_errors()
    assert key is not None
    # Neighbors are locked too, all in one order: who moves beside them waits.
    locked = await write.get_many(models.Task, [key, *named.values()], lock=FOR_CHANGE)
    task = await write.get(models.Task, input.id, ID_PATH)
    reject_if_in_trash(write.user_errors, task, ID_PATH)
    here = models.State.workspace_id == task.workspace_id
    state = await write.get_reference(models.State, input.state_id, (*INPUT_PATH, "stateId"), here)
    state_id = task.state_id if state is None else state.id
    neighbors = {}
    for name, other in named.items():
        neighbor = locked.get(other)
        if neighbor is None or neighbor.workspace_id != task.workspace_id or other == key:
            message = "There is no such other task in the workspace."
            write.add_error(UserErrorCode.NOT_FOUND, (*INPUT_PATH, name), message)
        elif neighbor.state_id != state_id:
            message = "This task is in another column: look at the board again."
            write.add_error(UserErrorCode.CONFLICT, (*INPUT_PATH, name), message)
        else:
            neighbors[name] = neighbor
    low, high = neighbors.get("afterId"), neighbors.get("beforeId")
    if low is not None and high is not None and (high.rank, high.id) <= (low.rank, low.id):
        message = "This task comes before the one of afterId: look at the board again."
        write.add_error(UserErrorCode.CONFLICT, (*INPUT_PATH, "beforeId"), message)
    write.raise_errors()
    rank = await rank_beside(write, task, state_id, low or high, after=low is not None)
    if state is not None and state.id != task.state_id:
        task.move_to_state(state, write.now)
    return write.update(task, {"rank": rank})


async def task_archive(write: Write, id: Id) -> models.Task:
    """Puts a task into the archive: it leaves the lists."""
    task = await write.get(models.Task, id, ("id",))
    reject_if_in_trash(write.user_errors, task, ("id",))
    return write.update(task, {"archived_at": task.archived_at or write.now})


async def task_unarchive(write: Write, id: Id) -> models.Task:
    """Takes a task out of the archive."""
    task = await write.get(models.Task, id, ("id",))
    reject_if_in_trash(write.user_errors, task, ("id",))
    return write.update(task, {"archived_at": None})


async def task_delete(
    write: Write, id: Id, permanently: Permanently = False
) -> models.Task | DeletedRow:
    """Puts a task in the trash, or deletes it for good."""
    if permanently:
        permission = models.Permission.ADMINISTER
        task = await write.get(models.Task, id, ("id",), permission=permission, lock=FOR_DELETION)
        await purge_tasks(write.session, [task])
        return DeletedRow(task)
    task = await write.get(models.Task, id, ("id",))
    return write.update(task, {"deleted_at": task.deleted_at or write.now})


async def task_restore(write: Write, id: Id) -> models.Task:
    """Takes a task out of the trash."""
    task = await write.get(models.Task, id, ("id",))
    return write.update(task, {"deleted_at": None})


async def task_link_create(write: Write, input: Input[TaskLinkInput]) -> models.TaskLink:
    """Links a task to another; the other has the inverse link. A link that is there stays."""
    near, far = await both_ends(write, input)
    for task, path in ((near, "taskId"), (far, "otherId")):
        reject_if_in_trash(write.user_errors, task, (*INPUT_PATH, path))
    write.raise_errors()
    link = near.link_of(input.kind, far)
    if link is not None:
        return link
    if input.kind is not models.TaskLinkKind.RELATES_TO:
        await write.lock_rows(models.Workspace, [near.workspace_id])
        if near.id in await linked_from(write, input.kind, far.id):
            message = "The other task is linked to this one in the same way, if by way of others."
            write.add_error(UserErrorCode.INVALID, (*INPUT_PATH, "otherId"), message)
            write.raise_errors()
    return near.link(input.kind, far)


async def task_link_delete(write: Write, input: Input[TaskLinkInput]) -> DeletedRow:
    """Deletes a link, seen from either of its tasks."""
    near, far = await both_ends(write, input)
    link = near.link_of(input.kind, far)
    if link is None:
        write.add_error(UserErrorCode.NOT_FOUND, INPUT_PATH, "There is no such link.")
        write.raise_errors()
    near.unlink(input.kind, far)
    return DeletedRow(link)


async def both_ends(write: Write, input: TaskLinkInput) -> tuple[models.Task, models.Task]:
    """The tasks of a link, locked, with the links they have."""
    near_path, far_path = (*INPUT_PATH, "taskId"), (*INPUT_PATH, "otherId")
    near = write.parse_id(models.Task, input.task_id, near_path)
    far = write.parse_id(models.Task, input.other_id, far_path)
    if near is not None and near == far:
        write.add_error(UserErrorCode.INVALID, far_path, "A task is not linked to itself.")
    write.raise_errors()
    assert near is not None
    assert far is not None
    links = [selectinload(models.Task.links)]
    tasks = await write.get_many(models.Task, [near, far], options=links, lock=FOR_CHANGE)
    for key, path in ((near, near_path), (far, far_path)):
        if key not in tasks:
            write.add_error(UserErrorCode.NOT_FOUND, path, "There is no such task.")
    write.raise_errors()
    write.require(write.permission, tasks[near].workspace_id, near_path)
    if tasks[near].workspace_id != tasks[far].workspace_id:
        message = "There is no such task in the workspace of the other."
        write.add_error(UserErrorCode.NOT_FOUND, far_path, message)
        write.raise_errors()
    return tasks[near], tasks[far]
