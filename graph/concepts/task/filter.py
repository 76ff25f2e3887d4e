"""The filter of tasks, and the orders of their lists."""

from typing import Any

import strawberry
from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import aliased

import models
from graph.kit.filtering.comparators import (
    Comparator,
    DateTimeComparator,
    IDComparator,
    NumberComparator,
    StringComparator,
    operator_field,
)
from graph.kit.filtering.filter_input import FilterInput, filter_field, filter_input
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.paging.order_input import register_order
from graph.rules.text_search import TaskMatches
from graph.types import (
    CommentCollectionFilter,
    LabelCollectionFilter,
    MilestoneFilter,
    ProjectFilter,
    StateFilter,
    UserCollectionFilter,
    UserFilter,
)

register_order(
    models.Task,
    "-created_at",
    choices=(
        "created_at",
        "updated_at",
        "closed_at",
        "due_on",
        "priority",
        "number",
        "title",
        "rank",
        "estimate",
    ),
)


@strawberry.input(description="Compares priorities.")
class PriorityComparator(Comparator):
    eq: models.Priority | None = operator_field("eq")
    neq: models.Priority | None = operator_field("neq")
    in_: list[models.Priority] | None = operator_field("in")
    nin: list[models.Priority] | None = operator_field("nin")
    null: bool | None = operator_field("null")


def is_blocked(task: Any, scope: ReadScope) -> ColumnElement[bool]:
    """The condition that a task is open and that an open task blocks it."""
    link, blocker = aliased(models.TaskLink), aliased(models.Task)
    blocked = (
        visible(link, scope.viewer, link.task_id)
        .join(blocker, blocker.id == link.other_id)
        .where(
            link.kind == models.TaskLinkKind.BLOCKED_BY,
            blocker.closed_at.is_(None),
            blocker.deleted_at.is_(None),
        )
    )
    return and_(task.closed_at.is_(None), task.id.in_(blocked.scalar_subquery()))


@filter_input(models.Task, "Filters tasks.", nullable=True)
class TaskFilter(FilterInput):
    id: IDComparator
    number: NumberComparator
    title: StringComparator
    body: StringComparator
    priority: PriorityComparator
    rank: StringComparator
    estimate: NumberComparator
    due_on: DateTimeComparator = filter_field('The due date. Overdue: `{lt: "P0D"}`.')
    created_at: DateTimeComparator = filter_field(
        'When it was created. In the last two weeks: `{gt: "-P2W"}`.'
    )
    updated_at: DateTimeComparator
    started_at: DateTimeComparator
    closed_at: DateTimeComparator
    state: StateFilter
    project: ProjectFilter
    milestone: MilestoneFilter
    creator: UserFilter
    assignees: UserCollectionFilter
    labels: LabelCollectionFilter
    comments: CommentCollectionFilter
    parent: "TaskFilter"
    search: str = filter_field(
        "Full-text search in the title, the body and the comments, as in `Workspace.search`. A "
        "text without words matches nothing.",
        parse=TaskMatches.parse,
    )
    is_blocked: bool = filter_field(
        "`true`: open tasks that an open task blocks. `false`: all others.", is_blocked
    )
