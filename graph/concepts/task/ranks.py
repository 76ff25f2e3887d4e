"""Ranks: fractional indexes that order the tasks of a board's column, compared as bytes."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from fractional_indexing import generate_key_between, generate_n_keys_between
from sqlalchemy import Select, bindparam, func, or_

import models
from graph.kit.loading.scope import visible
from graph.kit.writing.locks import KEPT
from graph.kit.writing.write import Write

#: The longest rank before the tasks around it get new ranks. The column holds 200 characters.
MAX_LENGTH = 120
#: Neighbors on either side that get new ranks at first, and the factor for each further try.
FIRST_WINDOW, WIDER = 8, 4
LAST_WINDOW = 2048


async def last_rank(write: Write, workspace_id: UUID) -> str:
    """Return a rank after those of all tasks of a workspace."""
    ranks = ranks_of_board(write.scope.viewer)
    return rank_after(await write.session.scalar(ranks, {"workspace": workspace_id}))


@lru_cache(KEPT)
def ranks_of_board(viewer: models.Viewer) -> Select[Any]:
    """Select the last rank of the tasks of the parameter `workspace`."""
    task = models.Task
    ranks = visible(task, viewer, func.max(task.rank))
    return ranks.where(task.workspace_id == bindparam("workspace"))


def rank_after(last: str | None) -> str:
    return str(generate_key_between(last, None))


async def rank_beside(
    write: Write, task: models.Task, state_id: UUID, neighbor: models.Task | None, *, after: bool
) -> str:
    """Return a rank directly after or before a neighbor, or at the end of the column.

    Gives tasks around the neighbor new ranks if there is no short rank in between.
    """
    column = _column(task, state_id)
    if neighbor is None:
        [*_, last] = [None, *await _next(write, column, None, 1, upward=False)]
        low, high = last, None
    else:
        [*_, other] = [None, *await _next(write, column, neighbor, 1, upward=after)]
        low, high = (neighbor, other) if after else (other, neighbor)
    rank = _between(low, high)
    if rank is not None:
        return rank
    assert neighbor is not None
    return await _spread(write, column, task, neighbor, after=after)


def _between(low: models.Task | None, high: models.Task | None) -> str | None:
    """Return a rank between two tasks, or None if there is no short one."""
    if low is not None and high is not None and low.rank >= high.rank:
        return None
    rank = str(generate_key_between(low and low.rank, high and high.rank))
    return rank if len(rank) <= MAX_LENGTH else None


async def _spread(
    write: Write, column: list[Any], task: models.Task, neighbor: models.Task, *, after: bool
) -> str:
    """Give the tasks around a neighbor evenly spaced ranks; return the rank of `task`."""
    window = FIRST_WINDOW
    while True:
        below = await _next(write, column, neighbor, window + 1, upward=False)
        above = await _next(write, column, neighbor, window + 1, upward=True)
        low = below[window] if len(below) > window else None
        high = above[window] if len(above) > window else None
        crowd = [*reversed(below[:window]), neighbor, *above[:window]]
        place = len(below[:window]) + (1 if after else 0)
        crowd.insert(place, task)
        ends = (low and low.rank, high and high.rank)
        if low is None or high is None or low.rank < high.rank:
            ranks = generate_n_keys_between(*ends, len(crowd))
            if max(map(len, ranks)) <= MAX_LENGTH // 2 or window >= LAST_WINDOW:
                break
        window *= WIDER
    for one, rank in zip(crowd, ranks, strict=True):
        one.rank = rank
    return task.rank


async def _next(
    write: Write, column: list[Any], start: models.Task | None, count: int, *, upward: bool
) -> Sequence[models.Task]:
    """Return the next tasks of a column after or before a task, nearest first, locked."""
    rank, key = models.Task.rank, models.Task.id
    if start is not None:
        beyond = rank > start.rank if upward else rank < start.rank
        level = key > start.id if upward else key < start.id
        bound = rank >= start.rank if upward else rank <= start.rank
        column = [*column, bound, or_(beyond, level)]
    order = (rank.asc(), key.asc()) if upward else (rank.desc(), key.desc())
    rows = visible(models.Task, write.scope.viewer).where(*column).order_by(*order).limit(count)
    return (await write.session.scalars(rows.with_for_update(key_share=True))).all()


def _column(task: models.Task, state_id: UUID) -> list[Any]:
    """Return the conditions of a column without the task itself; archive and trash included."""
    return [models.Task.state_id == state_id, models.Task.id != task.id]
