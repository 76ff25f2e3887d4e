"""Labels."""

from collections.abc import Awaitable, Sequence

import strawberry
from sqlalchemy.orm import selectinload

import models
from graph.kit.node import Node
from graph.kit.writing.mutation import CLIENT_ID, Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, payload_field
from graph.kit.writing.write import ID_PATH, WORKSPACE_ID_PATH, Write, provided
from models.columns.rules import GRAY


@strawberry.type(description="A colored word that a workspace sorts its tasks by.")
class Label(Node):
    model = models.Label

    name: str = strawberry.field(description="The word, unique in the workspace.")
    color: str = strawberry.field(description="As in CSS: #5e6ad2.")
    description: str | None = strawberry.field(description="When to use it.")


@strawberry.input(description="A label to be made.")
class LabelCreateInput:
    workspace_id: strawberry.ID = strawberry.field(description="The workspace it is for.")
    name: str = strawberry.field(description="The word, unique in the workspace.")
    color: str | None = strawberry.field(
        default=None, description=f"As in CSS: #5e6ad2. Left out, it is gray, {GRAY}."
    )
    description: str | None = strawberry.field(default=None, description="When to use it.")
    id: strawberry.ID | None = strawberry.field(default=None, description=CLIENT_ID)


@strawberry.input(description="What to change of a label. A field left out stays as it is.")
class LabelUpdateInput:
    id: strawberry.ID = strawberry.field(description="The label.")
    name: strawberry.Maybe[str | None] = strawberry.field(
        description="The word, unique in the workspace."
    )
    color: strawberry.Maybe[str | None] = strawberry.field(description="As in CSS: #5e6ad2.")
    description: strawberry.Maybe[str | None] = strawberry.field(
        description="When to use it. A null empties it."
    )


@strawberry.type(description="What a mutation of a label answers.")
class LabelPayload(Payload):
    label: Label | None = payload_field("The label; as it was, where it was deleted.")


async def label_create(write: Write, input: Input[LabelCreateInput]) -> models.Label:
    """Makes a label."""
    values = write.validate(models.Label, provided(input, "name", "color", "description"))
    key = await write.new_id(models.Label, input.id)
    workspace = await write.get(models.Workspace, input.workspace_id, WORKSPACE_ID_PATH, lock=None)
    return write.add(models.Label(id=key, workspace_id=workspace.id, **values))


async def label_update(write: Write, input: Input[LabelUpdateInput]) -> models.Label:
    """Changes a label."""
    values = write.validate(models.Label, provided(input, "name", "color", "description"))
    label = await write.get(models.Label, input.id, ID_PATH)
    return write.update(label, values)


async def label_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes a label, and takes it off all tasks."""

    def bearing(label: models.Label) -> Awaitable[Sequence[models.Task]]:
        bears_it = models.Task.labelings.any(models.Labeling.label_id == label.id)
        with_labels = [selectinload(models.Task.labelings)]
        return write.select_rows(models.Task, bears_it, options=with_labels)

    label, tasks = await write.lock_for_deletion(models.Label, id, ("id",), bearing)
    for task in tasks:
        task.labelings = [one for one in task.labelings if one.label_id != label.id]
    return await write.delete(label)


@strawberry.type
class LabelMutations:
    label_create: LabelPayload = mutation(label_create, permission=models.Permission.WRITE)
    label_update: LabelPayload = mutation(label_update, permission=models.Permission.WRITE)
    label_delete: LabelPayload = mutation(label_delete, permission=models.Permission.WRITE)
