"""Task keys, such as TLS-123."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.sql.expression import Select

import models
from graph.kit.loading.loaders import ReadScope
from graph.kit.relations.batches import CompositeKeyBatch


def parse_task_key(key: str) -> tuple[str, int] | None:
    """Return the project's key and the number, or None if the key is malformed."""
    match = re.fullmatch(r"([A-Z][A-Z0-9]*)-([1-9][0-9]{0,8})", key)
    return None if match is None else (match[1], int(match[2]))


@dataclass(frozen=True)
class TaskByKeyBatch(CompositeKeyBatch[models.Task]):
    """Tasks by workspace, project key and number."""

    model: type[models.Task] = models.Task
    columns: tuple[str, ...] = ()

    def key_columns(self) -> list[Any]:
        project = models.Project
        return [project.workspace_id, project.key, models.Task.number]

    def rows(self, scope: ReadScope, *columns: Any) -> Select[Any]:
        return super().rows(scope, *columns).join(models.Task.project)
