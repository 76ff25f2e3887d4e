"""Boards: tasks in groups, each with its count and its own pages."""

import asyncio
import base64
import enum
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID

import orjson
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
    decode_id,
    encode_id,
    encode_object_id,
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

#: The longest ID of a group, in characters: it contains the filter.
MAX_ID_LENGTH = 20_000
#: The deepest value of a filter as JSON.
MAX_NESTING = 50


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
    def filter_json(self) -> Any:
        return None if self.filter is None else filter_to_json(self.filter)


@dataclass(frozen=True)
class TaskGroupRows:
    """The root value of a `TaskGroup`."""

    board: Board
    children: ChildRows
    grouping: Grouping
    totals: GroupTotals
    key: Any
    title: str

    @property
    def id(self) -> str:
        """The ID names the board too, with its filter, so that `node` finds the same group."""
        board, key = self.board, self.totals.key
        parts = [
            encode_id(board.model, board.owner),
            board.by.name,
            key.hex if isinstance(key, UUID) else key and key.name,
            board.filter_json,
        ]
        encoded = base64.urlsafe_b64encode(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))
        return encode_object_id("TaskGroup", encoded.decode().rstrip("="))

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


async def find_group(key: str, info: Info) -> TaskGroupRows | None:
    """Return the group of an ID, also if it has become empty; None if the viewer cannot see it.

    Raise `BadUserInput` for a malformed ID.
    """
    try:
        owner_id, by_name, group_key, filter_json = decoded_key(key)
        by = TaskGrouping[by_name]
        owner_key = decode_id(owner_id, "id")
        tasks = await read_filter(filter_json, info)
    except (ValueError, TypeError, LookupError, AttributeError):
        raise BadUserInput(
            "id: not a valid ID of a group. Use an ID that the API returned."
        ) from None
    if owner_key is None or owner_key.model not in (models.Workspace, models.Project):
        return None
    owner: Any = await info.context.load(RowBatch(owner_key.model), owner_key.key)
    if owner is None:
        return None
    is_project = owner_key.model is models.Project
    workspace_id = owner.workspace_id if is_project else owner.id
    loaded = await load_groups(Board(owner_key.model, owner.id, workspace_id, by, tasks), info)
    if group_key is None:
        return loaded.of_none()
    if by is TaskGrouping.PRIORITY:
        return loaded.of_priority(group_key)
    row = await info.context.load(RowBatch(GROUP_NODES[by][0]), group_key)
    return None if row is None else loaded.of_row(row)


register_finder("TaskGroup", find_group)


def decoded_key(text: str) -> tuple[str, str, Any, Any]:
    """Return the parts of a group's ID. Raise `ValueError` or `LookupError` if it is malformed."""
    if len(text) > MAX_ID_LENGTH:
        raise ValueError("too long")
    padding = "=" * (-len(text) % 4)
    owner, by, key, tasks = orjson.loads(base64.urlsafe_b64decode(text + padding))
    if key is not None:
        key = models.Priority[key] if by == TaskGrouping.PRIORITY.name else UUID(hex=key)
    if is_deep(tasks):
        raise ValueError("too deep")
    return owner, by, key, tasks


def is_deep(value: Any) -> bool:
    """Whether a JSON value is nested more deeply than any filter."""
    level = [value]
    for _ in range(MAX_NESTING):
        level = [
            inner
            for outer in level
            if isinstance(outer, (dict, list))
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


async def read_filter(filter_json: Any, info: Info) -> Any:
    """Return the filter in an ID, after it has been charged as in an argument."""
    if filter_json is None:
        return None
    kind = filter_of(models.Task)
    assert kind is not None
    conditions = UnindexedConditions()
    conditions.add_value(info.schema._schema.type_map[kind.__name__], filter_json)
    conditions.check()
    values = count_values(filter_json) // ARGUMENT_VALUES_PER_COST
    await info.context.charge(conditions.cost + values)
    return filter_from_json(filter_json, kind, info.schema)
