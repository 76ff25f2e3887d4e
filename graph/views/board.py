"""Boards: tasks in groups, each with its count and its own pages."""

import asyncio
import enum
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID

import strawberry

import models
from graph.context import Info
from graph.engine.declarations import PLAN, Resolved
from graph.kit.declare import lazy_field
from graph.kit.enums import describe_enum
from graph.kit.errors import BadUserInput
from graph.kit.filtering.filter_input import filter_of, parse_filter
from graph.kit.filtering.filter_json import filter_from_json, filter_to_json
from graph.kit.node import (
    Node,
    encode_id,
    register_finder,
    register_object,
)
from graph.kit.paging.keyset import Order
from graph.kit.paging.order_input import ListOrder, list_order
from graph.kit.relations.batches import ChildRows, ListBatch, RowBatch
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import list_parameters, parse_paging
from graph.kit.relations.groups import GroupConnection, Grouping, GroupsBatch, GroupTotals
from graph.operations.argument_values import count_values
from graph.operations.cost import ARGUMENT_VALUES_PER_COST
from graph.operations.filter_cost import UnindexedConditions
from graph.rules.hidden_rows import active_tasks
from graph.types import Label, Milestone, Project, State, Task, TaskFilter, User
from graph.views.group_id import (
    INVALID_ID,
    TYPE,
    decode_group_id,
    encode_group_id,
    filter_part,
)


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


@strawberry.type(description="A priority that tasks are grouped by.")
class TaskPriority:
    priority: models.Priority = strawberry.field(description="The priority.")


register_object("TaskPriority", TaskPriority)

TaskGroupKey = Annotated[
    State | User | Label | Milestone | Project | TaskPriority,
    strawberry.union("TaskGroupKey", description="What the tasks of a group have in common."),
]


@dataclass(frozen=True)
class Board:
    """What is grouped: the tasks of a workspace or a project, and how."""

    model: type[models.Base]
    owner: UUID
    workspace_id: UUID
    by: TaskGrouping
    filter: Any

    @cached_property
    def filter_part(self) -> Any:
        """What the IDs of the groups contain of the filter."""
        return None if self.filter is None else filter_part(filter_to_json(self.filter))


@dataclass(frozen=True)
class TaskGroupRows:
    """The root value of a `TaskGroup`."""

    board: Board
    children: ChildRows
    grouping: Grouping
    totals: GroupTotals
    key: Any
    title: str

    @cached_property
    def id(self) -> str:
        """The ID names the board too, with its filter, so that `node` finds the same group."""
        board = self.board
        owner = encode_id(board.model, board.owner)
        return encode_group_id(owner, board.by.name, self.totals.key, board.filter_part)

    @property
    def node(self) -> Any:
        return None if isinstance(self.key, TaskPriority) else self.key

    @property
    def count(self) -> int:
        return self.totals.count

    @property
    def estimate(self) -> float | None:
        return self.totals.total


def column_order() -> ListOrder:
    """The orders of tasks, with the order in which people have arranged a column as default."""
    return replace(list_order(models.Task), default=Order.by(models.Task, "rank"))


def tasks_of_group(root: TaskGroupRows, info: Info, **arguments: Any) -> GroupConnection:
    order, page = parse_paging(column_order(), arguments)
    key = (root.board.owner, root.totals.key)
    return GroupConnection(key, root.children, order, page, root.grouping, root.totals.count)


def group_parameters() -> list[inspect.Parameter]:
    # The board's own filter applies to every group.
    return list_parameters(models.Task, column_order(), filters=False)


@strawberry.type(description="A column of a board.")
class TaskGroup(Node):
    model = TaskGroupRows

    id: strawberry.ID = strawberry.field(
        description="The globally unique ID, with which `node` returns the column alone. It "
        "contains the board's filter."
    )
    key: TaskGroupKey | None = strawberry.field(
        description="What its tasks have in common; null for the tasks that have none."
    )
    node: Node | None = strawberry.field(
        description="The state, user, label, milestone or project of the group; null for "
        "priorities, and for tasks that have none.",
        deprecation_reason="Use `key`, which has priorities too. To be removed on 2027-06-30.",
    )
    title: str = strawberry.field(description="The heading of the column.")
    count: int = strawberry.field(description="The number of tasks.")
    estimate: float | None = strawberry.field(
        description="The sum of the tasks' estimates; null if none has one."
    )
    tasks: Connection[Task] | None = lazy_field(
        tasks_of_group, "The tasks, by rank.", group_parameters, {PLAN: Resolved()}
    )


GroupBy = Annotated[TaskGrouping, strawberry.argument(description="What to group by.")]
GroupedTasks = Annotated[
    TaskFilter | None, strawberry.argument(description="Include only the tasks that match.")
]


async def board_of_workspace(
    root: models.Workspace, info: Info, by: GroupBy, filter: GroupedTasks = None
) -> list[TaskGroupRows]:
    """A board: the tasks in groups, each with its count and its own pages."""
    return await task_groups(Board(models.Workspace, root.id, root.id, by, filter), info)


async def board_of_project(
    root: models.Project, info: Info, by: GroupBy, filter: GroupedTasks = None
) -> list[TaskGroupRows]:
    """A board: the tasks in groups, each with its count and its own pages."""
    return await task_groups(Board(models.Project, root.id, root.workspace_id, by, filter), info)


async def task_groups(board: Board, info: Info) -> list[TaskGroupRows]:
    """Return the groups of the tasks of a workspace or a project."""
    loaded = await load_groups(board, info)
    by, keys = board.by, [key for key in loaded.totals if key is not None]
    groups: list[TaskGroupRows] = []
    if by is TaskGrouping.PRIORITY:
        groups = [loaded.of_priority(key) for key in sorted(keys)]
    elif by is TaskGrouping.STATE:
        states = await info.context.load(STATES, board.workspace_id)
        groups = [loaded.of_row(state) for state in states]
    else:
        model = GROUP_NODES[by][0]
        rows = await asyncio.gather(*(info.context.load(RowBatch(model), key) for key in keys))
        groups = [loaded.of_row(row) for row in rows if row is not None]
        groups.sort(key=lambda group: (group.title, group.totals.key))
    if None in loaded.totals:
        groups.append(loaded.of_none())
    return groups


@dataclass(frozen=True)
class LoadedGroups:
    """The counts of a board's groups, of which it makes the groups."""

    board: Board
    children: ChildRows
    grouping: Grouping
    totals: Mapping[Any, GroupTotals]

    def of_row(self, row: Any) -> TaskGroupRows:
        return self._group(row.id, row, GROUP_NODES[self.board.by][1](row))

    def of_priority(self, priority: models.Priority) -> TaskGroupRows:
        return self._group(priority, TaskPriority(priority=priority), priority.name.capitalize())

    def of_none(self) -> TaskGroupRows:
        return self._group(None, None, f"No {self.board.by.name.lower()}")

    def _group(self, key: Any, value: Any, title: str) -> TaskGroupRows:
        totals = self.totals.get(key, GroupTotals(key, 0, None))
        return TaskGroupRows(self.board, self.children, self.grouping, totals, value, title)


async def load_groups(board: Board, info: Info) -> LoadedGroups:
    condition = parse_filter(info.context.scope, board.filter)
    children = ChildRows(board.model, "tasks", active_tasks, (), condition)
    grouping = Grouping(models.Task, board.by.value, "estimate")
    found = await info.context.load(GroupsBatch(children, grouping), board.owner)
    return LoadedGroups(board, children, grouping, {group.key: group for group in found})


async def find_group(text: str, info: Info) -> TaskGroupRows | None:
    """Return the group of an ID, also if it has become empty; None if the viewer cannot see it.

    Raise `BadUserInput` for a malformed ID, and `LimitExceeded`.
    """
    given = decode_group_id(text, TaskGrouping.PRIORITY.name)
    by = TaskGrouping.__members__.get(given.by)
    if given.owner is None or given.owner.model not in (models.Workspace, models.Project):
        return None
    owner: Any = await info.context.load(RowBatch(given.owner.model), given.owner.key)
    if owner is None or by is None:
        return None
    tasks = await read_filter(by, given.filter, info)
    is_project = given.owner.model is models.Project
    workspace_id = owner.workspace_id if is_project else owner.id
    loaded = await load_groups(Board(given.owner.model, owner.id, workspace_id, by, tasks), info)
    if given.key is None:
        # Each task has a state.
        return None if by is TaskGrouping.STATE else loaded.of_none()
    if isinstance(given.key, models.Priority):
        return loaded.of_priority(given.key)
    row = await info.context.load(RowBatch(GROUP_NODES[by][0]), given.key)
    return None if row is None else loaded.of_row(row)


register_finder(TYPE, find_group)


async def read_filter(by: TaskGrouping, filter_json: Any, info: Info) -> Any:
    """Return the filter in an ID, after the board has been charged as if it were queried.

    The price of the operation does not contain it: an ID is not read before.
    """
    kind = filter_of(models.Task)
    assert kind is not None
    conditions = UnindexedConditions()
    conditions.add_value(info.schema._schema.type_map[kind.__name__], filter_json)
    values = count_values(filter_json)
    cost = max_groups(by.name) + conditions.cost + values // ARGUMENT_VALUES_PER_COST
    await info.context.charge_late(cost, conditions)
    if filter_json is None:
        return None
    try:
        # It takes up to some milliseconds, and there may be many IDs: other requests come between.
        async with info.context.one_at_a_time:
            await asyncio.sleep(0)
            return filter_from_json(filter_json, kind, info.schema)
    except ValueError:
        raise BadUserInput(INVALID_ID) from None
