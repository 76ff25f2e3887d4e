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
    operator,
)
from graph.kit.filtering.filter_input import FilterInput, by, filter_of
from graph.kit.loading.loaders import Source
from graph.kit.loading.scope import visible


@strawberry.input(description="Compares priorities.")
class PriorityComparator(Comparator):
    eq: models.Priority | None = operator("eq")
    neq: models.Priority | None = operator("neq")
    in_: list[models.Priority] | None = operator("in")
    nin: list[models.Priority] | None = operator("nin")
    null: bool | None = operator("null")


@strawberry.input(description="Compares categories of workflow states.")
class StateCategoryComparator(Comparator):
    eq: models.StateCategory | None = operator("eq")
    neq: models.StateCategory | None = operator("neq")
    in_: list[models.StateCategory] | None = operator("in")
    nin: list[models.StateCategory] | None = operator("nin")


def is_viewer(user: Any, source: Source) -> ColumnElement[bool]:
    """Whether a user is who asks."""
    condition: ColumnElement[bool] = user.id == source.viewer.user_id
    return condition


def is_blocked(task: Any, source: Source) -> ColumnElement[bool]:
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


@filter_of(models.User, "Which users.", nullable=True)
class UserFilter(FilterInput):
    id: IDComparator = by("The id.")
    handle: StringComparator = by("The handle.")
    name: StringComparator = by("The name.")
    is_me: bool = by("true: who asks; false: everybody else.", is_viewer)


@strawberry.input(description="Which users there are on the far side of a relation.")
class UserCollectionFilter:
    some: UserFilter | None = by("At least one matches.")
    every: UserFilter | None = by("All match; so do none at all.")
    none: UserFilter | None = by("No one matches.")
    length: NumberComparator | None = by("How many there are.")


@filter_of(models.State, "Which workflow states.")
class StateFilter(FilterInput):
    id: IDComparator = by("The id.")
    name: StringComparator = by("The name.")
    category: StateCategoryComparator = by("What it means.")
    position: NumberComparator = by("Its place on the board, from the left.")


@filter_of(models.Label, "Which labels.")
class LabelFilter(FilterInput):
    id: IDComparator = by("The id.")
    name: StringComparator = by("The word.")
    color: StringComparator = by("As in CSS: #5e6ad2.")


@strawberry.input(description="Which labels there are on the far side of a relation.")
class LabelCollectionFilter:
    some: LabelFilter | None = by("At least one matches.")
    every: LabelFilter | None = by("All match; so do none at all.")
    none: LabelFilter | None = by("No one matches.")
    length: NumberComparator | None = by("How many there are.")


@filter_of(models.Project, "Which projects.", nullable=True)
class ProjectFilter(FilterInput):
    id: IDComparator = by("The id.")
    key: StringComparator = by("The key: TLS.")
    name: StringComparator = by("The name.")
    created_at: DateTimeComparator = by("When it was made.")
    archived_at: DateTimeComparator = by("Since when it is in the archive.")
    lead: UserFilter = by("Who answers for it.")


@filter_of(models.Milestone, "Which milestones.", nullable=True)
class MilestoneFilter(FilterInput):
    id: IDComparator = by("The id.")
    title: StringComparator = by("The title.")
    due_on: DateTimeComparator = by("The day by which it is meant to be done.")
    closed_at: DateTimeComparator = by("When it was closed.")
    project: ProjectFilter = by("The project it belongs to.")


@filter_of(models.Comment, "Which comments.")
class CommentFilter(FilterInput):
    id: IDComparator = by("The id.")
    body: StringComparator = by("What it says.")
    created_at: DateTimeComparator = by("When it was written.")
    edited_at: DateTimeComparator = by("When it was last changed.")
    author: UserFilter = by("Who wrote it.")


@strawberry.input(description="Which comments there are on the far side of a relation.")
class CommentCollectionFilter:
    some: CommentFilter | None = by("At least one matches.")
    every: CommentFilter | None = by("All match; so do none at all.")
    none: CommentFilter | None = by("No one matches.")
    length: NumberComparator | None = by("How many there are.")


@filter_of(models.Task, "Which tasks.", nullable=True)
class TaskFilter(FilterInput):
    id: IDComparator = by("The id.")
    number: NumberComparator = by("The number within the project.")
    title: StringComparator = by("The title.")
    body: StringComparator = by("The body.")
    priority: PriorityComparator = by("How urgent it is.")
    estimate: NumberComparator = by("How much work it is.")
    due_on: DateTimeComparator = by('The day by which it is to be done; overdue: {lt: "P0D"}.')
    created_at: DateTimeComparator = by('When it was made; of late: {gt: "-P2W"}.')
    updated_at: DateTimeComparator = by("When it was last changed.")
    started_at: DateTimeComparator = by("When work on it first began.")
    closed_at: DateTimeComparator = by("When it was completed or canceled.")
    state: StateFilter = by("The step of the workflow it has come to.")
    project: ProjectFilter = by("The project it belongs to.")
    milestone: MilestoneFilter = by("The milestone that it is part of.")
    creator: UserFilter = by("Who made it.")
    assignees: UserCollectionFilter = by("Who is to do it.")
    labels: LabelCollectionFilter = by("Its labels.")
    comments: CommentCollectionFilter = by("What was said about it.")
    parent: Annotated["TaskFilter", strawberry.lazy("graph.views.filters")] = by(
        "The task that it is part of."
    )
    is_blocked: bool = by("true: open, and an open task blocks it.", is_blocked)
