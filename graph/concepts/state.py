"""Workflow states."""

from collections.abc import Sequence
from uuid import UUID

import strawberry
from sqlalchemy import func

import models
from graph.kit.loading.scope import visible
from graph.kit.node import Node
from graph.kit.writing.mutation import CLIENT_ID, Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, UserErrorCode, payload_field
from graph.kit.writing.write import FOR_DELETION, ID_PATH, WORKSPACE_ID_PATH, Write, provided
from models.columns.rules import GRAY, MAX_POSITION


@strawberry.type(description="A step of the workflow, a column of the board.")
class State(Node):
    model = models.State

    name: str = strawberry.field(description="What the team calls it, unique in the workspace.")
    category: models.StateCategory = strawberry.field(description="What it means.")
    color: str = strawberry.field(description="As in CSS: #5e6ad2.")
    position: int = strawberry.field(description="Its place on the board, from the left.")


@strawberry.input(description="A workflow state to be made.")
class StateCreateInput:
    workspace_id: strawberry.ID = strawberry.field(description="The workspace it is for.")
    name: str = strawberry.field(description="Its name, unique in the workspace.")
    category: models.StateCategory = strawberry.field(description="What it means.")
    color: str | None = strawberry.field(
        default=None, description=f"As in CSS: #5e6ad2. Left out, it is gray, {GRAY}."
    )
    position: int | None = strawberry.field(
        default=None, description="Its place on the board. Left out, it comes last."
    )
    id: strawberry.ID | None = strawberry.field(default=None, description=CLIENT_ID)


@strawberry.input(
    description="What to change of a workflow state. A field left out stays as it is. What a "
    "state means does not change: make another one and move its tasks."
)
class StateUpdateInput:
    id: strawberry.ID = strawberry.field(description="The state.")
    name: strawberry.Maybe[str | None] = strawberry.field(
        description="Its name, unique in the workspace."
    )
    color: strawberry.Maybe[str | None] = strawberry.field(description="As in CSS: #5e6ad2.")
    position: strawberry.Maybe[int | None] = strawberry.field(description="Its place on the board.")


@strawberry.type(description="What a mutation of a workflow state answers.")
class StatePayload(Payload):
    state: State | None = payload_field("The state; as it was, where it was deleted.")


async def state_create(write: Write, input: Input[StateCreateInput]) -> models.State:
    """Makes a workflow state."""
    values = write.validate(models.State, provided(input, "name", "category", "color", "position"))
    key = await write.new_id(models.State, input.id)
    workspace = await write.get(models.Workspace, input.workspace_id, WORKSPACE_ID_PATH, lock=None)
    others = await states_of(write, workspace.id)
    last = max((state.position for state in others), default=-1)
    place = {"workspace_id": workspace.id, "position": min(last + 1, MAX_POSITION)}
    return write.add(models.State(**{"id": key} | place | values))


async def state_update(write: Write, input: Input[StateUpdateInput]) -> models.State:
    """Changes a workflow state."""
    values = write.validate(models.State, provided(input, "name", "color", "position"))
    state = await write.get(models.State, input.id, ID_PATH)
    return write.update(state, values)


async def state_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes a workflow state that no task is in, trash and archive included."""
    state = await write.get(models.State, id, ("id",), lock=None)
    # One at a time: each looks whether others are left.
    await write.lock_rows(models.Workspace, [state.workspace_id])
    state = await write.get(models.State, id, ("id",), lock=FOR_DELETION)
    tasks = visible(models.Task, write.source.viewer, func.count())
    count = await write.session.scalar(tasks.where(models.Task.state_id == state.id))
    if count:
        message = f"Tasks are in this state, {count} of them: move them to another one first."
        write.add_error(UserErrorCode.INVALID, ("id",), message)
    if len(await states_of(write, state.workspace_id)) == 1:
        message = "This is the workspace's only state: make another one first."
        write.add_error(UserErrorCode.INVALID, ("id",), message)
    return await write.delete(state)


async def states_of(write: Write, workspace_id: UUID) -> Sequence[models.State]:
    """The states of a workspace."""
    here = models.State.workspace_id == workspace_id
    return await write.select_rows(models.State, here, lock=None)


@strawberry.type
class StateMutations:
    state_create: StatePayload = mutation(state_create, permission=models.Permission.ADMINISTER)
    state_update: StatePayload = mutation(state_update, permission=models.Permission.ADMINISTER)
    state_delete: StatePayload = mutation(state_delete, permission=models.Permission.ADMINISTER)
