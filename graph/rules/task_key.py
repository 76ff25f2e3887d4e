"""Keys of tasks and projects, such as TLS-123 and TLS."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy.sql.expression import Select

import models
from graph.kit.loading.loaders import ReadScope
from graph.kit.relations.batches import CompositeKeyBatch
from models.project import PROJECT_KEY

TASK_KEY = re.compile(r"([A-Z][A-Z0-9]*)-([1-9][0-9]{0,8})", re.IGNORECASE | re.ASCII)


def parse_task_key(key: str) -> tuple[str, int] | None:
    """Return the project's key and the number, or None if the key is malformed.

    Lowercase letters are accepted too: people type keys.
    """
    match = TASK_KEY.fullmatch(key)
    return None if match is None else (match[1].upper(), int(match[2]))


def parse_project_key(key: str) -> str | None:
    """Return a project's key in uppercase, or None if it is malformed."""
    # Some other letters become ASCII letters in uppercase, such as the dotless i.
    found = key.upper() if key.isascii() else key
    return found if PROJECT_KEY.fullmatch(found) else None


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
