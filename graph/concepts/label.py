"""Labels."""

from datetime import datetime

import strawberry

import models
from graph.kit.declare import client_generated_id, description_of, model_input
from graph.kit.filtering.comparators import DateTimeComparator, IDComparator, StringComparator
from graph.kit.filtering.filter_input import FilterInput, collection_filter, filter_input
from graph.kit.node import Node
from graph.kit.paging.order_input import register_order
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many
from graph.kit.writing.mutation import Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, payload_field
from graph.kit.writing.write import ID_PATH, WORKSPACE_ID_PATH, Write, provided
from graph.rules.hidden_rows import active_tasks
from graph.types import Task
from models.columns.rules import GRAY

COLUMNS = ("name", "color", "description")


@strawberry.type(description=description_of(models.Label))
class Label(Node):
    model = models.Label

    name: str
    color: str
    description: str | None
    created_at: datetime
    tasks: Connection[Task] | None = many(
        models.Label.tasks,
        "The tasks that have it, newest first. Archived tasks and tasks in the trash are not "
        "included.",
        where=active_tasks,
    )


register_order(models.Label, "name", choices=("name", "created_at"))


@filter_input(models.Label, "Filters labels.")
class LabelFilter(FilterInput):
    id: IDComparator
    name: StringComparator
    color: StringComparator
    created_at: DateTimeComparator


LabelCollectionFilter = collection_filter(LabelFilter)


@model_input(models.Label, "A label to create.")
class LabelCreateInput:
    workspace_id: strawberry.ID
    name: str
    color: str | None = strawberry.field(
        default=None, description=f"The color as #rrggbb. Defaults to gray, {GRAY}."
    )
    description: str | None = None
    id: strawberry.ID | None = client_generated_id()


@model_input(
    models.Label,
    "Changes to a label. Omitted fields are unchanged; null clears the description.",
)
class LabelUpdateInput:
    id: strawberry.ID
    name: strawberry.Maybe[str | None]
    color: strawberry.Maybe[str | None]
    description: strawberry.Maybe[str | None]


@strawberry.type(description="The payload of a label mutation.")
class LabelPayload(Payload):
    label: Label | None = payload_field("The label. After a deletion, the deleted label.")


async def label_create(write: Write, input: Input[LabelCreateInput]) -> models.Label:
    """Creates a label."""
    values = write.validate(models.Label, provided(input, *COLUMNS))
    key = await write.new_id(models.Label, input.id)
    workspace = await write.get(models.Workspace, input.workspace_id, WORKSPACE_ID_PATH, lock=None)
    return write.add(models.Label(id=key, workspace_id=workspace.id, **values))


async def label_update(write: Write, input: Input[LabelUpdateInput]) -> models.Label:
    """Updates a label."""
    values = write.validate(models.Label, provided(input, *COLUMNS))
    return write.update(await write.get(models.Label, input.id, ID_PATH), values)


async def label_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes a label and removes it from all tasks."""
    return await write.delete(await write.lock_for_deletion(models.Label, id, ("id",)))


@strawberry.type
class LabelMutations:
    label_create: LabelPayload = mutation(label_create, permission=models.Permission.WRITE)
    label_update: LabelPayload = mutation(label_update, permission=models.Permission.WRITE)
    label_delete: LabelPayload = mutation(label_delete, permission=models.Permission.WRITE)
