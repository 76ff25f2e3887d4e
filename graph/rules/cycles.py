"""Cycles: neither subtasks nor links may lead back to where they start."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

import models
from graph.kit.loading.scope import visible
from graph.kit.relations.keys import column_in
from graph.kit.writing.write import Write


async def ancestors_of(write: Write, keys: Iterable[UUID]) -> dict[UUID, UUID | None]:
    """Return the parent of each of the tasks and of all their ancestors."""
    task, up = models.Task, aliased(models.Task)
    start = visible(task, write.scope.viewer, task.id, task.parent_id)
    start = start.where(column_in(task.id, sorted(set(keys)), write.scope.database))
    edges = start.cte("edges", recursive=True)
    # scope: a task and its parent are in one workspace.
    edges = edges.union(select(up.id, up.parent_id).join(edges, up.id == edges.c.parent_id))
    # scope: as above.
    found = await write.session.execute(select(edges.c.id, edges.c.parent_id))
    return {row[0]: row[1] for row in found}


async def linked_from(write: Write, kind: models.TaskLinkKind, key: UUID) -> set[UUID]:
    """Return the tasks reachable from a task through links of one kind."""
    link, onward = models.TaskLink, aliased(models.TaskLink)
    start = visible(link, write.scope.viewer, link.other_id)
    start = start.where(link.task_id == key, link.kind == kind)
    ends = start.cte("ends", recursive=True)
    # scope: both ends of a link are in one workspace.
    step = select(onward.other_id).join(ends, onward.task_id == ends.c.other_id)
    ends = ends.union(step.where(onward.kind == kind))
    # scope: as above.
    return set(await write.session.scalars(select(ends.c.other_id)))


def is_circular(parents: Mapping[UUID, UUID | None], key: UUID) -> bool:
    """Whether following the parents from a task leads back to it."""
    seen: set[UUID] = set()
    at = parents.get(key)
    while at is not None and at != key and at not in seen:
        seen.add(at)
        at = parents.get(at)
    return at == key
