"""The orders and the arguments that lists of several types share."""

from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import ColumnElement

from graph.kit.errors import BadUserInput
from graph.kit.paging.keyset import Order
from graph.kit.paging.order_input import order_input
from models import AccessToken, Comment, Event, Label, Milestone, Project, Session, Task

TASKS = order_input(
    Task,
    "Task",
    Order.by(Task, "-created_at"),
    CREATED_AT=("created_at", "When it was made."),
    UPDATED_AT=("updated_at", "When it was last changed."),
    CLOSED_AT=("closed_at", "When it was completed or canceled."),
    DUE_ON=("due_on", "The day by which it is to be done."),
    PRIORITY=("priority", "How urgent it is: ascending, the most urgent come first."),
    NUMBER=("number", "The number within the project."),
    TITLE=("title", "The title, letter by letter."),
    RANK=("rank", "The place within a column of the board."),
    ESTIMATE=("estimate", "How much work it is."),
)
PROJECTS = order_input(
    Project,
    "Project",
    Order.by(Project, "created_at"),
    CREATED_AT=("created_at", "When it was made."),
    UPDATED_AT=("updated_at", "When it was last changed."),
    KEY=("key", "The key, letter by letter."),
    NAME=("name", "The name, letter by letter."),
)
MILESTONES = order_input(
    Milestone,
    "Milestone",
    Order.by(Milestone, "created_at"),
    CREATED_AT=("created_at", "When it was made."),
    DUE_ON=("due_on", "The day by which it is meant to be done."),
    TITLE=("title", "The title, letter by letter."),
)
COMMENTS = order_input(
    Comment,
    "Comment",
    Order.by(Comment, "created_at"),
    CREATED_AT=("created_at", "When it was written."),
    EDITED_AT=("edited_at", "When it was last changed."),
)
LABELS = order_input(
    Label,
    "Label",
    Order.by(Label, "name"),
    NAME=("name", "The word, letter by letter."),
    CREATED_AT=("created_at", "When it was made."),
)
BY_TIME = Order.by(Event, "starts_at")
TOKENS = Order.by(AccessToken, "created_at")
SESSIONS = Order.by(Session, "created_at")

IncludeArchived = Annotated[
    bool | None, strawberry.argument(description="Whether archived ones are in the list too.")
]


def in_lists() -> list[ColumnElement[bool]]:
    """Tasks that are neither in the archive nor in the trash."""
    return [Task.deleted_at.is_(None), Task.archived_at.is_(None)]


def in_lists_or_archive(include_archived: IncludeArchived = False) -> list[ColumnElement[bool]]:
    """Tasks that are not in the trash."""
    return [Task.deleted_at.is_(None)] if include_archived else in_lists()


def projects_in_lists(include_archived: IncludeArchived = False) -> list[ColumnElement[bool]]:
    """Projects that are not in the archive."""
    return [] if include_archived else [Project.archived_at.is_(None)]


def between(
    from_: Annotated[
        datetime | None,
        strawberry.argument(
            name="from", description="Only what ends after this instant: 2026-11-20T09:30:00Z."
        ),
    ] = None,
    to: Annotated[
        datetime | None,
        strawberry.argument(description="Only what starts before this instant."),
    ] = None,
) -> list[ColumnElement[bool]]:
    """Events that have part in a span of time."""
    if from_ is not None and to is not None and to < from_:
        raise BadUserInput("from, to: the span ends before it begins.")
    conditions = []
    if from_ is not None:
        conditions.append(Event.ends_at > from_)
    if to is not None:
        conditions.append(Event.starts_at < to)
    return conditions
