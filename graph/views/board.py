"""Boards: tasks in groups, each with its count and its own pages."""

import asyncio
import enum
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import strawberry

import models
from graph.context import Info
from graph.engine.declarations import PLAN, Resolved
from graph.kit.declare import lazy_field
from graph.kit.enums import describe_enum
from graph.kit.filtering.filter_input import parse_filter
from graph.kit.node import Node
from graph.kit.paging.keyset import Order
from graph.kit.paging.order_input import list_order
from graph.kit.relations.batches import ChildRows, ListBatch, RowBatch
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import list_parameters, parse_paging
from graph.kit.relations.groups import GroupConnection, Grouping, GroupsBatch, GroupTotals
from graph.rules.hidden_rows import active_tasks
from graph.types import Task, TaskFilter


class TaskGrouping(enum.Enum):
    """What the tasks of a board are grouped by."""

    STATE = "state_id"
    PRIORITY = "priority"
    ASSIGNEE = "assignees"
    LABEL = "labels"
    MILESTONE = "milestone_id"
    PROJECT = "project_id"


describe_enum(
    TaskGrouping,
    STATE="One group for each workflow state by position, including empty ones.",
    PRIORITY="One group for each priority in use, the most urgent first.",
    ASSIGNEE="One group for each assigned user, by name. A task can be in several groups.",
    LABEL="One group for each label in use, by name. A task can be in several groups.",
    MILESTONE="One group for each milestone in use, by title.",
    PROJECT="One group for each project in use, by name.",
)

#: Upper estimates of the number of groups, for the cost.
FEW_GROUPS, MANY_GROUPS = 10, 50


def max_groups(by: Any) -> int:
    """Return how many groups a grouping is assumed to have at most, for its cost."""
    few = (TaskGrouping.STATE.name, TaskGrouping.PRIORITY.name)
    return FEW_GROUPS if by in few else MANY_GROUPS


#: The model whose rows the groups stand for, and the groups' titles.
GROUP_NODES: dict[TaskGrouping, tuple[type[models.Base], Callable[[Any], str]]] = {
    TaskGrouping.STATE: (models.State, lambda state: state.name),
    TaskGrouping.ASSIGNEE: (models.User, lambda user: user.name),
    TaskGrouping.LABEL: (models.Label, lambda label: label.name),
    TaskGrouping.MILESTONE: (models.Milestone, lambda milestone: milestone.title),
    TaskGrouping.PROJECT: (models.Project, lambda project: project.name),
}

STATES = ListBatch(ChildRows(models.Workspace, "states"), Order.by(models.State, "position"))


@dataclass(frozen=True)
class TaskGroupRows:
    """The root value of a `TaskGroup`."""

    owner: UUID
    children: ChildRows
    grouping: Grouping
    totals: GroupTotals
    node: Any
    title: str

    @property
    def count(self) -> int:
        return self.totals.count

    @property
    def estimate(self) -> float | None:
        return self.totals.total


def tasks_of_group(root: TaskGroupRows, info: Info, **arguments: Any) -> GroupConnection:
    order, page = parse_paging(list_order(models.Task), arguments)
    key = (root.owner, root.totals.key)
    return GroupConnection(key, root.children, order, page, root.grouping, root.totals.count)


def group_parameters() -> list[inspect.Parameter]:
    # The board's own filter applies to every group.
    return list_parameters(models.Task, list_order(models.Task), filters=False)


@strawberry.type(description="A column of a board.")
class TaskGroup:
    node: Node | None = strawberry.field(
        description="The state, user, label, milestone or project of the group; null for "
        "priorities, and for tasks that have none."
    )
    title: str = strawberry.field(description="The heading of the column.")
    count: int = strawberry.field(description="The number of tasks.")
    estimate: float | None = strawberry.field(
        description="The sum of the tasks' estimates; null if none has one."
    )
    tasks: Connection[Task] | None = lazy_field(
        tasks_of_group, "The tasks, newest first.", group_parameters, {PLAN: Resolved()}
    )


GroupBy = Annotated[TaskGrouping, strawberry.argument(description="What to group by.")]
GroupedTasks = Annotated[
    TaskFilter | None, strawberry.argument(description="Include only the tasks that match.")
]


async def board_of_workspace(
    root: models.Workspace, info: Info, by: GroupBy, filter: GroupedTasks = None
) -> list[TaskGroupRows]:
    """A board: the tasks in groups, each with its count and its own pages."""
    return await task_groups(models.Workspace, root.id, root.id, info, by, filter)


async def board_of_project(
    root: models.Project, info: Info, by: GroupBy, filter: GroupedTasks = None
) -> list[TaskGroupRows]:
    """A board: the tasks in groups, each with its count and its own pages."""
    return await task_groups(models.Project, root.id, root.workspace_id, info, by, filter)


async def task_groups(
    model: type[models.Base],
    owner: UUID,
    workspace_id: UUID,
    info: Info,
    by: TaskGrouping,
    filter: TaskFilter | None,
) -> list[TaskGroupRows]:
    """Return the groups of the tasks of a workspace or a project."""
    condition = parse_filter(info.context.scope, filter)
    children = ChildRows(model, "tasks", active_tasks, (), condition)
    grouping = Grouping(models.Task, by.value, "estimate")
    totals = {
        group.key: group
        for group in await info.context.load(GroupsBatch(children, grouping), owner)
    }

    def make(key: Any, node: Any, title: str) -> TaskGroupRows:
        group = totals.get(key, GroupTotals(key, 0, None))
        return TaskGroupRows(owner, children, grouping, group, node, title)

    keys = [key for key in totals if key is not None]
    groups: list[TaskGroupRows] = []
    if by is TaskGrouping.PRIORITY:
        groups = [make(key, None, key.name.capitalize()) for key in sorted(keys)]
    elif by is TaskGrouping.STATE:
        states = await info.context.load(STATES, workspace_id)
        groups = [make(state.id, state, state.name) for state in states]
    else:
        node_model, title_of = GROUP_NODES[by]
        rows = await asyncio.gather(*(info.context.load(RowBatch(node_model), key) for key in keys))
        groups = [
            make(key, row, title_of(row))
            for key, row in zip(keys, rows, strict=True)
            if row is not None
        ]
        groups.sort(key=lambda group: (group.title, group.totals.key))
    if None in totals:
        groups.append(make(None, None, f"No {by.name.lower()}"))
    return groups
