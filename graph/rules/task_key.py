"""Task keys, such as TLS-123."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

import models
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.relations.batches import columns_in


def parse_task_key(key: str) -> tuple[str, int] | None:
    """Return the project's key and the number, or None if the key is malformed."""
    match = re.fullmatch(r"([A-Z][A-Z0-9]*)-([1-9][0-9]{0,8})", key)
    return None if match is None else (match[1], int(match[2]))


@dataclass(frozen=True)
class TaskByKeyBatch:
    """Tasks by workspace, project key and number."""

    waits_for_others: bool = True

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[tuple[UUID, str, int]]
    ) -> list[models.Task | None]:
        task, project = models.Task, models.Project
        columns = (project.workspace_id, project.key, task.number)
        statement = visible(task, scope.viewer, *columns, task).join(task.project)
        statement = statement.where(columns_in(columns, keys))
        found = await session.execute(statement.options(*scope.texts.options(task)))
        rows = {tuple(key): row for *key, row in found}
        scope.texts.count(rows.values())
        return [rows.get(key) for key in keys]
