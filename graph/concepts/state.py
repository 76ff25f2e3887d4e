"""Workflow states."""

from collections.abc import Sequence
from uuid import UUID

import strawberry
from sqlalchemy import func

import models
from graph.kit.declare import client_generated_id, description_of, model_input
from graph.kit.filtering.comparators import (
    Comparator,
    IDComparator,
    NumberComparator,
    StringComparator,
    operator_field,
)
from graph.kit.filtering.filter_input import FilterInput, filter_input
from graph.kit.loading.scope import visible
from graph.kit.node import Node
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many
from graph.kit.viewer_can import viewer_can
from graph.kit.writing.expected_version import expected_version, get_to_update
from graph.kit.writing.locks import FOR_DELETION
from graph.kit.writing.mutation import Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, UserErrorCode, payload_field
from graph.kit.writing.write import WORKSPACE_ID_PATH, Write, provided
from graph.rules.hidden_rows import active_tasks
from graph.types import Task
from models.columns.rules import GRAY, MAX_POSITION


@strawberry.type(description=description_of(models.State))
class State(Node):
    model = models.State

    name: str
    category: models.StateCategory
    color: str
    position: int
    tasks: Connection[Task] | None = many(
        models.State.tasks,
        "The tasks in it, newest first. Archived tasks and tasks in the trash are not included.",
        where=active_tasks,
    )
    version: int
    viewer_can_update: bool = viewer_can(models.State.can_be_updated_by, "update the state")
    viewer_can_delete: bool = viewer_can(models.State.can_be_deleted_by, "delete the state")


@strawberry.input(description="Compares categories of workflow states.")
class StateCategoryComparator(Comparator):
    eq: models.StateCategory | None = operator_field("eq")
    neq: models.StateCategory | None = operator_field("neq")
    in_: list[models.StateCategory] | None = operator_field("in")
    nin: list[models.StateCategory] | None = operator_field("nin")


@filter_input(models.State, "Filters workflow states.")
class StateFilter(FilterInput):
    id: IDComparator
    name: StringComparator
    category: StateCategoryComparator
    position: NumberComparator


@model_input(models.State, "A workflow state to create.")
class StateCreateInput:
    workspace_id: strawberry.ID
    name: str
    category: models.StateCategory
    color: str | None = strawberry.field(
        default=None, description=f"The color as #rrggbb. Defaults to gray, {GRAY}."
    )
    position: int | None = strawberry.field(
        default=None, description="The position on the board. Defaults to the last."
    )
    id: strawberry.ID | None = client_generated_id()


@model_input(
    models.State,
    "Changes to a workflow state. Omitted fields are unchanged. The category cannot be changed: "
    "create another state and move the tasks to it.",
)
class StateUpdateInput:
    id: strawberry.ID
    expected_version: int | None = expected_version()
    name: strawberry.Maybe[str | None]
    color: strawberry.Maybe[str | None]
    position: strawberry.Maybe[int | None]


@strawberry.type(description="The payload of a workflow state mutation.")
class StatePayload(Payload):
    state: State | None = payload_field("The state. After a deletion, the deleted state.")


async def state_create(write: Write, input: Input[StateCreateInput]) -> models.State:
    """Creates a workflow state."""
    columns = provided(input, "name", "category", "color", "position")
    values = write.validate(models.State, columns)
    key = await write.new_id(models.State, input.id)
    workspace = await write.get(models.Workspace, input.workspace_id, WORKSPACE_ID_PATH, lock=None)
    others = await states_of(write, workspace.id)
    last = max((state.position for state in others), default=-1)
    defaults = {"workspace_id": workspace.id, "position": min(last + 1, MAX_POSITION)}
    return write.add(models.State(**{"id": key} | defaults | values))


async def state_update(write: Write, input: Input[StateUpdateInput]) -> models.State:
    """Updates a workflow state."""
    values = write.validate(models.State, provided(input, "name", "color", "position"))
    return write.update(await get_to_update(write, models.State, input), values)


async def state_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes a workflow state that no task is in, not even in the trash or the archive."""
    state = await write.get(models.State, id, ("id",), lock=None)
    # Serializes deletions in a workspace: each checks that another state is left.
    await write.lock_rows(models.Workspace, [state.workspace_id])
    state = await write.get(models.State, id, ("id",), lock=FOR_DELETION)
    tasks = visible(models.Task, write.scope.viewer, func.count())
    count = await write.session.scalar(tasks.where(models.Task.state_id == state.id))
    if count:
        message = f"Tasks in this state: {count}. Move them to another state first."
        write.add_error(UserErrorCode.INVALID, ("id",), message)
    if len(await states_of(write, state.workspace_id)) == 1:
        message = "This is the workspace's only state. Create another one first."
        write.add_error(UserErrorCode.INVALID, ("id",), message)
    return await write.delete(state)


async def states_of(write: Write, workspace_id: UUID) -> Sequence[models.State]:
    in_workspace = models.State.workspace_id == workspace_id
    return await write.select_rows(models.State, in_workspace, lock=None)


@strawberry.type
class StateMutations:
    state_create: StatePayload = mutation(state_create, permission=models.Permission.ADMINISTER)
    state_update: StatePayload = mutation(state_update, permission=models.Permission.ADMINISTER)
    state_delete: StatePayload = mutation(state_delete, permission=models.Permission.ADMINISTER)
