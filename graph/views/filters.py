"""The filters: what can be asked about the rows of each list.

A field named like a column compares it, one named like a relation asks about the rows on its
far side; see `graph.kit.filtering.filter_input`.
"""

from typing import Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import aliased

import graph.views.enums  # noqa: F401 - before the comparators of enumerations
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


@strawberry.input(description="Compares priorities.")
class PriorityComparator(Comparator):
    eq: models.Priority | None = operator_field("eq")
    neq: models.Priority | None = operator_field("neq")
    in_: list[models.Priority] | None = operator_field("in")
    nin: list[models.Priority] | None = operator_field("nin")
    null: bool | None = operator_field("null")


@strawberry.input(description="Compares categories of workflow states.")
class StateCategoryComparator(Comparator):
    eq: models.StateCategory | None = operator_field("eq")
    neq: models.StateCategory | None = operator_field("neq")
    in_: list[models.StateCategory] | None = operator_field("in")
    nin: list[models.StateCategory] | None = operator_field("nin")


def is_viewer(user: Any, source: ReadScope) -> ColumnElement[bool]:
    """Whether a user is who asks."""
    condition: ColumnElement[bool] = user.id == source.viewer.user_id
    return condition


def is_blocked(task: Any, source: ReadScope) -> ColumnElement[bool]:
    """Whether a task is open, and an open one blocks it."""
    link, blocker = aliased(models.TaskLink), aliased(models.Task)
    blocked = (
        visible(link, source.viewer, link.task_id)
        .join(blocker, blocker.id == link.other_id)
        .where(
            link.kind == models.TaskLinkKind.BLOCKED_BY,
            blocker.closed_at.is_(None),
            blocker.deleted_at.is_(None),
        )
    )
    return and_(task.closed_at.is_(None), task.id.in_(blocked.scalar_subquery()))


@filter_input(models.User, "Which users.", nullable=True)
class UserFilter(FilterInput):
    id: IDComparator = filter_field("The id.")
    handle: StringComparator = filter_field("The handle.")
    name: StringComparator = filter_field("The name.")
    is_me: bool = filter_field("true: who asks; false: everybody else.", is_viewer)


@strawberry.input(description="Which users there are on the far side of a relation.")
class UserCollectionFilter:
    some: UserFilter | None = filter_field("At least one matches.")
    every: UserFilter | None = filter_field("All match; so do none at all.")
    none: UserFilter | None = filter_field("No one matches.")
    length: NumberComparator | None = filter_field("How many there are.")


@filter_input(models.State, "Which workflow states.")
class StateFilter(FilterInput):
    id: IDComparator = filter_field("The id.")
    name: StringComparator = filter_field("The name.")
    category: StateCategoryComparator = filter_field("What it means.")
    position: NumberComparator = filter_field("Its place on the board, from the left.")


@filter_input(models.Label, "Which labels.")
class LabelFilter(FilterInput):
    id: IDComparator = filter_field("The id.")
    name: StringComparator = filter_field("The word.")
    color: StringComparator = filter_field("As in CSS: #5e6ad2.")


@strawberry.input(description="Which labels there are on the far side of a relation.")
class LabelCollectionFilter:
    some: LabelFilter | None = filter_field("At least one matches.")
    every: LabelFilter | None = filter_field("All match; so do none at all.")
    none: LabelFilter | None = filter_field("No one matches.")
    length: NumberComparator | None = filter_field("How many there are.")


@filter_input(models.Project, "Which projects.", nullable=True)
class ProjectFilter(FilterInput):
    id: IDComparator = filter_field("The id.")
    key: StringComparator = filter_field("The key: TLS.")
    name: StringComparator = filter_field("The name.")
    created_at: DateTimeComparator = filter_field("When it was made.")
    archived_at: DateTimeComparator = filter_field("Since when it is in the archive.")
    lead: UserFilter = filter_field("Who answers for it.")


@filter_input(models.Milestone, "Which milestones.", nullable=True)
class MilestoneFilter(FilterInput):
    id: IDComparator = filter_field("The id.")
    title: StringComparator = filter_field("The title.")
    due_on: DateTimeComparator = filter_field("The day by which it is meant to be done.")
    closed_at: DateTimeComparator = filter_field("When it was closed.")
    project: ProjectFilter = filter_field("The project it belongs to.")


@filter_input(models.Comment, "Which comments.")
class CommentFilter(FilterInput):
    id: IDComparator = filter_field("The id.")
    body: StringComparator = filter_field("What it says.")
    created_at: DateTimeComparator = filter_field("When it was written.")
    edited_at: DateTimeComparator = filter_field("When it was last changed.")
    author: UserFilter = filter_field("Who wrote it.")


@strawberry.input(description="Which comments there are on the far side of a relation.")
class CommentCollectionFilter:
    some: CommentFilter | None = filter_field("At least one matches.")
    every: CommentFilter | None = filter_field("All match; so do none at all.")
    none: CommentFilter | None = filter_field("No one matches.")
    length: NumberComparator | None = filter_field("How many there are.")


@filter_input(models.Task, "Which tasks.", nullable=True)
class TaskFilter(FilterInput):
    id: IDComparator = filter_field("The id.")
    number: NumberComparator = filter_field("The number within the project.")
    title: StringComparator = filter_field("The title.")
    body: StringComparator = filter_field("The body.")
    priority: PriorityComparator = filter_field("How urgent it is.")
    estimate: NumberComparator = filter_field("How much work it is.")
    due_on: DateTimeComparator = filter_field(
        'The day by which it is to be done; overdue: {lt: "P0D"}.'
    )
    created_at: DateTimeComparator = filter_field('When it was made; of late: {gt: "-P2W"}.')
    updated_at: DateTimeComparator = filter_field("When it was last changed.")
    started_at: DateTimeComparator = filter_field("When work on it first began.")
    closed_at: DateTimeComparator = filter_field("When it was completed or canceled.")
    state: StateFilter = filter_field("The step of the workflow it has come to.")
    project: ProjectFilter = filter_field("The project it belongs to.")
    milestone: MilestoneFilter = filter_field("The milestone that it is part of.")
    creator: UserFilter = filter_field("Who made it.")
    assignees: UserCollectionFilter = filter_field("Who is to do it.")
    labels: LabelCollectionFilter = filter_field("Its labels.")
    comments: CommentCollectionFilter = filter_field("What was said about it.")
    parent: Annotated["TaskFilter", strawberry.lazy("graph.views.filters")] = filter_field(
        "The task that it is part of."
    )
    is_blocked: bool = filter_field("true: open, and an open task blocks it.", is_blocked)
