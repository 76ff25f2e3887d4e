"""Filters and orders of tasks, and the enums they use."""

from enum import Enum
from typing import Any

import strawberry

from benchmarks.engine.contenders.plain_strawberry.entities import LabelEntity, TaskEntity


@strawberry.enum
class Priority(Enum):
    URGENT = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4


@strawberry.enum
class TaskOrderField(Enum):
    CREATED_AT = "created_at"
    DUE_ON = "due_on"


@strawberry.input
class TaskOrder:
    field: TaskOrderField


@strawberry.input
class NullComparator:
    null: bool


@strawberry.input
class PriorityComparator:
    in_: list[Priority] = strawberry.field(name="in")


@strawberry.input
class StringComparator:
    eq: str


@strawberry.input
class LabelFilter:
    name: StringComparator


@strawberry.input
class LabelCollectionFilter:
    some: LabelFilter


@strawberry.input
class TaskFilter:
    closed_at: NullComparator | None = None
    priority: PriorityComparator | None = None
    labels: LabelCollectionFilter | None = None

    def conditions(self) -> list[Any]:
        found: list[Any] = []
        if self.closed_at is not None:
            is_null = TaskEntity.closed_at.is_(None)
            found.append(is_null if self.closed_at.null else ~is_null)
        if self.priority is not None:
            found.append(TaskEntity.priority.in_([one.value for one in self.priority.in_]))
        if self.labels is not None:
            name = self.labels.some.name.eq
            found.append(TaskEntity.labels.any(LabelEntity.name == name))
        return found
