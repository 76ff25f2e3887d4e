"""Which rows lists leave out, unless a caller asks for them."""

from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import ColumnElement

from graph.kit.errors import BadUserInput
from models import Event, Project, Task

IncludeArchived = Annotated[
    bool | None, strawberry.argument(description="Whether to include archived ones.")
]


def active_tasks() -> list[ColumnElement[bool]]:
    """Leave out archived tasks and tasks in the trash."""
    return [Task.deleted_at.is_(None), Task.archived_at.is_(None)]


def tasks_not_in_trash(include_archived: IncludeArchived = False) -> list[ColumnElement[bool]]:
    """Leave out tasks in the trash, and archived ones unless they are asked for."""
    return [Task.deleted_at.is_(None)] if include_archived else active_tasks()


def active_projects(include_archived: IncludeArchived = False) -> list[ColumnElement[bool]]:
    """Leave out archived projects, unless they are asked for."""
    return [] if include_archived else [Project.archived_at.is_(None)]


def events_between(
    from_: Annotated[
        datetime | None,
        strawberry.argument(
            name="from",
            description="Return only events that end after this time: 2026-11-20T09:30:00Z.",
        ),
    ] = None,
    to: Annotated[
        datetime | None,
        strawberry.argument(description="Return only events that start before this time."),
    ] = None,
) -> list[ColumnElement[bool]]:
    """Keep the events that overlap a time range."""
    conditions = []
    if from_ is not None:
        conditions.append(Event.ends_at > from_)
    if to is not None:
        conditions.append(Event.starts_at < to)
    return conditions


def check_time_range(from_: datetime | None = None, to: datetime | None = None) -> None:
    """Raise `BadUserInput` for a range that ends before it starts."""
    if from_ is not None and to is not None and to < from_:
        raise BadUserInput("from, to: `to` must not be before `from`.")
