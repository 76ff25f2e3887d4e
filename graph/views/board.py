"""Boards: tasks in groups, each with its count and its own pages."""

import asyncio
import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import strawberry

import models
from graph.context import Info
from graph.kit.enums import describe_enum
from graph.kit.node import Node
from graph.kit.paging.keyset import Order
from graph.kit.relations.batches import ChildRows, ListBatch, RowBatch
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import (
    declare_list_arguments,
    parse_filter,
    parse_paging,
    resolver_field,
)
from graph.kit.relations.groups import GroupConnection, Grouping, GroupsBatch, GroupTotals
from graph.types import Task
from graph.views.filters import TaskFilter
from graph.views.lists import TASKS, in_lists


class TaskGrouping(enum.Enum):
    """What a board has a column for."""

    STATE = "state_id"
    PRIORITY = "priority"
    ASSIGNEE = "assignees"
    LABEL = "labels"
    MILESTONE = "milestone_id"
    PROJECT = "project_id"


describe_enum(
    TaskGrouping,
    "What a board has a column for.",
    STATE="Each workflow state by position, also one without a task.",
    PRIORITY="Each priority in use, the most urgent first.",
    ASSIGNEE="Each user who is to do something, by name. A task can be in several groups.",
    LABEL="Each label in use, by name. A task can be in several groups.",
    MILESTONE="Each milestone in use, by title.",
    PROJECT="Each project in use, by name.",
)

#: How many columns a board has of each kind at most, as far as its price is concerned.
FEW, MANY = 10, 50


def groups(by: Any) -> int:
    """How many groups a grouping has at most, to price it: states and priorities are few."""
    return FEW if by in (TaskGrouping.STATE.name, TaskGrouping.PRIORITY.name) else MANY


Titled = tuple[type[models.Base], Callable[[Any], str]]

#: What the groups of a grouping stand for, and what they are called.
NODES: dict[TaskGrouping, Titled] = {
    TaskGrouping.STATE: (models.State, lambda state: state.name),
    TaskGrouping.ASSIGNEE: (models.User, lambda user: user.name),
    TaskGrouping.LABEL: (models.Label, lambda label: label.name),
    TaskGrouping.MILESTONE: (models.Milestone, lambda milestone: milestone.title),
    TaskGrouping.PROJECT: (models.Project, lambda project: project.name),
}

BOARD_ORDER = Order.by(models.State, "position")
STATES = ListBatch(ChildRows(models.Workspace, "states"), BOARD_ORDER)


@dataclass(frozen=True)
class TaskGroupRows:
    """One group of an owner's tasks."""

    owner: UUID
    children: ChildRows
    grouping: Grouping
    group: GroupTotals
    node: Any
    title: str

    @property
    def count(self) -> int:
        """The number of tasks."""
        return self.group.count

    @property
    def estimate(self) -> float | None:
        """The sum of the estimates."""
        return self.group.total


def tasks_of_group(root: TaskGroupRows, info: Info, **arguments: Any) -> GroupConnection:
    """A page of a group's tasks."""
    order, page = parse_paging(TASKS, arguments)
    key = (root.owner, root.group.key)
    return GroupConnection(key, root.children, order, page, root.grouping, root.group.count)


declare_list_arguments(tasks_of_group, TASKS)


@strawberry.type(description="A column of a board.")
class TaskGroup:
    node: Node | None = strawberry.field(
        description="The state, user, label, milestone or project of the group; null where there "
        "is none."
    )
    title: str = strawberry.field(description="What to write over it.")
    count: int = strawberry.field(description="The number of tasks in it.")
    estimate: float | None = strawberry.field(
        description="The sum of their estimates; null where none has one."
    )
    tasks: Connection[Task] = resolver_field(tasks_of_group, "The tasks in it, newest first.")


async def task_groups(
    root: models.Workspace | models.Project,
    info: Info,
    by: Annotated[TaskGrouping, strawberry.argument(description="What to group by.")],
    filter: Annotated[
        TaskFilter | None, strawberry.argument(description="Only tasks of which all this holds.")
    ] = None,
) -> list[TaskGroupRows]:
    """The groups of a workspace's or a project's tasks, in the order of a board."""
    condition = parse_filter(info.context.source, {"filter": filter})
    children = ChildRows(type(root), "tasks", in_lists, (), condition)
    grouping = Grouping(models.Task, by.value, "estimate")
    found = {
        group.key: group
        for group in await info.context.load(GroupsBatch(children, grouping), root.id)
    }

    def made(key: Any, node: Any, title: str) -> TaskGroupRows:
        group = found.get(key, GroupTotals(key, 0, None))
        return TaskGroupRows(root.id, children, grouping, group, node, title)

    keys = [key for key in found if key is not None]
    groups: list[TaskGroupRows] = []
    if by is TaskGrouping.PRIORITY:
        groups = [made(key, None, key.name.capitalize()) for key in sorted(keys)]
    elif by is TaskGrouping.STATE:
        workspace = root.workspace_id if isinstance(root, models.Project) else root.id
        states = await info.context.load(STATES, workspace)
        groups = [made(state.id, state, state.name) for state in states]
    else:
        model, title_of = NODES[by]
        rows = await asyncio.gather(*(info.context.load(RowBatch(model), key) for key in keys))
        groups = [
            made(key, row, title_of(row))
            for key, row in zip(keys, rows, strict=True)
            if row is not None
        ]
        groups.sort(key=lambda group: (group.title, group.group.key))
    if None in found:
        groups.append(made(None, None, f"No {by.name.lower()}"))
    return groups


def board() -> Any:
    """The field that cuts a workspace's or a project's tasks into groups."""
    return resolver_field(
        task_groups, "A board in one request: each group with its count and its own pages."
    )
