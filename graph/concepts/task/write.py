"""Creating and updating tasks, one at a time or in batches."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam

import models
from graph.concepts.task.edit import ReferencedRows, TaskEdit, lock_tasks, reject_cycles
from graph.concepts.task.inputs import (
    ErrorPolicy,
    TaskBatchUpdateInput,
    TaskCreateInput,
    TaskUpdateInput,
)
from graph.concepts.task.ranks import last_rank, rank_after, ranks_of_board
from graph.kit.loading.scope import visible
from graph.kit.writing.expected_version import reject_stale
from graph.kit.writing.locks import FOR_REFERENCE, KEPT
from graph.kit.writing.mutation import Input
from graph.kit.writing.payload import MutationRejected, MutationResult, UserErrorCode, UserErrors
from graph.kit.writing.write import INPUT_PATH, Write


async def task_create(write: Write, input: Input[TaskCreateInput]) -> models.Task:
    """Creates a task. It gets the next number of its project."""
    edit = TaskEdit.parse(write, input)
    key = await write.new_id(models.Task, input.id)
    path = (*INPUT_PATH, "projectId")
    project = await write.get(models.Project, input.project_id, path)
    if project.archived_at is not None:
        message = "This project is archived. Unarchive it first."
        write.add_error(UserErrorCode.INVALID, path, message)
    workspace_id = project.workspace_id
    found = await ReferencedRows.load(write, [edit], [workspace_id])
    edit.validate_references(found, workspace_id, project.id)
    write.raise_errors()
    if "state_id" in edit.rows:
        rank = await last_rank(write, workspace_id)
    else:
        edit.rows["state_id"], rank = await first_state(write, workspace_id)
    project.last_number += 1
    task = models.Task(
        id=key,
        workspace_id=workspace_id,
        project_id=project.id,
        number=project.last_number,
        rank=rank,
        creator_id=write.scope.viewer.user_id,
        assignments=[],
        labelings=[],
    )
    edit.apply(write, task)
    return write.add(task)


async def task_update(write: Write, input: Input[TaskUpdateInput]) -> models.Task:
    """Updates a task."""
    edit = TaskEdit.parse_update(write, input, INPUT_PATH, write.user_errors)
    await update_all(write, [edit])
    if edit.task is None or edit.has_errors:
        # After a version conflict the payload shows the current task.
        is_stale = edit.task is not None and edit.version.is_stale
        raise MutationRejected(edit.user_errors.errors, edit.task if is_stale else None)
    return edit.task


async def task_batch_update(
    write: Write, input: Input[TaskBatchUpdateInput]
) -> list[MutationResult]:
    """Updates many tasks in one transaction."""
    path = (*INPUT_PATH, "rows")
    edits = [
        TaskEdit.parse_update(write, row, (*path, str(index)), UserErrors())
        for index, row in enumerate(input.rows)
    ]
    await update_all(write, edits)
    errors = [error for edit in edits for error in edit.user_errors.errors]
    if errors and input.error_policy is ErrorPolicy.REJECT_EVERYTHING:
        results = [_result(edit, nothing_written=True) for edit in edits]
        raise MutationRejected(errors, results=results)
    return [_result(edit) for edit in edits]


async def update_all(write: Write, edits: Sequence[TaskEdit]) -> None:
    """Apply the valid edits; the number of statements does not depend on the number of edits."""
    seen: set[UUID] = set()
    tasks = await lock_tasks(write, edits)
    for edit in edits:
        if edit.key in seen:
            message = "An earlier row changes this task already."
            edit.add_error("id", message, UserErrorCode.INVALID)
        elif edit.key is not None:
            seen.add(edit.key)
            edit.set_task(write, tasks.get(edit.key))
    await reject_stale(write, [edit.version for edit in edits if edit.task is not None])
    live = [(edit, edit.task) for edit in edits if edit.task is not None]
    workspace_ids = {task.workspace_id for _, task in live}
    found = await ReferencedRows.load(write, [edit for edit, _ in live], workspace_ids, tasks)
    for edit, task in live:
        edit.validate_references(found, task.workspace_id, task.project_id)
    await reject_cycles(write, [edit for edit, _ in live])
    for edit, task in live:
        edit.validate_sizes(task)
        if not edit.has_errors:
            edit.apply(write, task)


async def first_state(write: Write, workspace_id: UUID) -> tuple[models.State, str]:
    """Return the first state on a workspace's board, locked, and the last rank there."""
    first = _first_state(write.scope.viewer)
    found = await write.session.execute(first, {"workspace": workspace_id})
    # A workspace always has a state: its last one cannot be deleted.
    state, last = found.one()
    return state, rank_after(last)


@lru_cache(KEPT)
def _first_state(viewer: models.Viewer) -> Select[Any]:
    state = models.State
    board = visible(state, viewer, state, ranks_of_board(viewer).scalar_subquery())
    board = board.where(state.workspace_id == bindparam("workspace"))
    return FOR_REFERENCE.apply(board.order_by(state.position, state.id).limit(1), state)


def _result(edit: TaskEdit, *, nothing_written: bool = False) -> MutationResult:
    errors = edit.user_errors.errors
    shows_task = edit.task is not None and (
        edit.version.is_stale or not (errors or nothing_written)
    )
    result = MutationResult.of(edit.task) if shows_task else MutationResult()
    result.errors = errors
    return result
