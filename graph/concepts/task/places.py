"""Where a task stands: its column and place on the board, archive and trash, links to others."""

from typing import Annotated

import strawberry
from sqlalchemy.orm import selectinload

import models
from graph.concepts.task.inputs import TaskLinkInput, TaskMoveInput
from graph.concepts.task.ranks import rank_beside
from graph.kit.writing.mutation import Id, Input
from graph.kit.writing.payload import Gone, UserErrorCode
from graph.kit.writing.write import FOR_CHANGE, FOR_DELETION, ID, INPUT, Write
from graph.rules.cycles import reached
from graph.rules.trash import refuse_in_trash
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
        if given is not None and (key := write.key(models.Task, given, (*INPUT, name)))
    }
    key = write.key(models.Task, input.id, ID)
    write.check()
    assert key is not None
    # Neighbors are locked too, all in one order: who moves beside them waits.
    locked = await write.found(models.Task, [key, *named.values()], lock=FOR_CHANGE)
    task = await write.subject(models.Task, input.id, ID)
    refuse_in_trash(write.refusals, task, ID)
    here = models.State.workspace_id == task.workspace_id
    state = await write.reference(models.State, input.state_id, (*INPUT, "stateId"), here)
    state_id = task.state_id if state is None else state.id
    neighbors = {}
    for name, other in named.items():
        neighbor = locked.get(other)
        if neighbor is None or neighbor.workspace_id != task.workspace_id or other == key:
            message = "There is no such other task in the workspace."
            write.refuse(UserErrorCode.NOT_FOUND, (*INPUT, name), message)
        elif neighbor.state_id != state_id:
            message = "This task is in another column: look at the board again."
            write.refuse(UserErrorCode.CONFLICT, (*INPUT, name), message)
        else:
            neighbors[name] = neighbor
    low, high = neighbors.get("afterId"), neighbors.get("beforeId")
    if low is not None and high is not None and (high.rank, high.id) <= (low.rank, low.id):
        message = "This task comes before the one of afterId: look at the board again."
        write.refuse(UserErrorCode.CONFLICT, (*INPUT, "beforeId"), message)
    write.check()
    rank = await rank_beside(write, task, state_id, low or high, after=low is not None)
    if state is not None and state.id != task.state_id:
        task.enter(state, write.now)
    return write.change(task, {"rank": rank})


async def task_archive(write: Write, id: Id) -> models.Task:
    """Puts a task into the archive: it leaves the lists."""
    task = await write.subject(models.Task, id, ("id",))
    refuse_in_trash(write.refusals, task, ("id",))
    return write.change(task, {"archived_at": task.archived_at or write.now})


async def task_unarchive(write: Write, id: Id) -> models.Task:
    """Takes a task out of the archive."""
    task = await write.subject(models.Task, id, ("id",))
    refuse_in_trash(write.refusals, task, ("id",))
    return write.change(task, {"archived_at": None})


async def task_delete(write: Write, id: Id, permanently: Permanently = False) -> models.Task | Gone:
    """Puts a task in the trash, or deletes it for good."""
    if permanently:
        needs = models.Permission.ADMINISTER
        task = await write.subject(models.Task, id, ("id",), needs=needs, lock=FOR_DELETION)
        await purge_tasks(write.session, [task])
        return Gone(task)
    task = await write.subject(models.Task, id, ("id",))
    return write.change(task, {"deleted_at": task.deleted_at or write.now})


async def task_restore(write: Write, id: Id) -> models.Task:
    """Takes a task out of the trash."""
    task = await write.subject(models.Task, id, ("id",))
    return write.change(task, {"deleted_at": None})


async def task_link_create(write: Write, input: Input[TaskLinkInput]) -> models.TaskLink:
    """Links a task to another; the other has the inverse link. A link that is there stays."""
    near, far = await both_ends(write, input)
    for task, path in ((near, "taskId"), (far, "otherId")):
        refuse_in_trash(write.refusals, task, (*INPUT, path))
    write.check()
    link = near.link_of(input.kind, far)
    if link is not None:
        return link
    if input.kind is not models.TaskLinkKind.RELATES_TO:
        await write.serialize(models.Workspace, [near.workspace_id])
        if near.id in await reached(write, input.kind, far.id):
            message = "The other task is linked to this one in the same way, if by way of others."
            write.refuse(UserErrorCode.INVALID, (*INPUT, "otherId"), message)
            write.check()
    return near.link(input.kind, far)


async def task_link_delete(write: Write, input: Input[TaskLinkInput]) -> Gone:
    """Deletes a link, seen from either of its tasks."""
    near, far = await both_ends(write, input)
    link = near.link_of(input.kind, far)
    if link is None:
        write.refuse(UserErrorCode.NOT_FOUND, INPUT, "There is no such link.")
        write.check()
    near.unlink(input.kind, far)
    return Gone(link)


async def both_ends(write: Write, input: TaskLinkInput) -> tuple[models.Task, models.Task]:
    """The tasks of a link, locked, with the links they have."""
    near_path, far_path = (*INPUT, "taskId"), (*INPUT, "otherId")
    near = write.key(models.Task, input.task_id, near_path)
    far = write.key(models.Task, input.other_id, far_path)
    if near is not None and near == far:
        write.refuse(UserErrorCode.INVALID, far_path, "A task is not linked to itself.")
    write.check()
    assert near is not None
    assert far is not None
    links = [selectinload(models.Task.links)]
    tasks = await write.found(models.Task, [near, far], options=links, lock=FOR_CHANGE)
    for key, path in ((near, near_path), (far, far_path)):
        if key not in tasks:
            write.refuse(UserErrorCode.NOT_FOUND, path, "There is no such task.")
    write.check()
    write.permit(write.needs, tasks[near].workspace_id, near_path)
    if tasks[near].workspace_id != tasks[far].workspace_id:
        message = "There is no such task in the workspace of the other."
        write.refuse(UserErrorCode.NOT_FOUND, far_path, message)
        write.check()
    return tasks[near], tasks[far]
