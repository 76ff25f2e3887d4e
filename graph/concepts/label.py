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
from graph.kit.viewer_can import viewer_can
from graph.kit.writing.expected_version import expected_version, get_to_update
from graph.kit.writing.mutation import Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, payload_field
from graph.kit.writing.write import WORKSPACE_ID_PATH, Write, provided
from graph.rules.hidden_rows import active_tasks
from graph.types import Task
from models.columns.rules import GRAY

COLUMNS = ("name", "color", "description")


@strawberry.type(description=description_of(models.Label))
class Label(Node):
    model = models.Label

    name: str
    color: str
    description: str
    created_at: datetime
    tasks: Connection[Task] | None = many(
        models.Label.tasks,
        "The tasks that have it, newest first. Archived tasks and tasks in the trash are not "
        "included.",
        where=active_tasks,
    )
    version: int
    viewer_can_update: bool = viewer_can(models.Label.can_be_updated_by, "update the label")
    viewer_can_delete: bool = viewer_can(models.Label.can_be_deleted_by, "delete the label")


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
    expected_version: int | None = expected_version()
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
    columns = provided(input, *COLUMNS)
    if columns.get("description", "") is None:
        columns["description"] = ""
    values = write.validate(models.Label, columns)
    return write.update(await get_to_update(write, models.Label, input), values)


async def label_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes a label and removes it from all tasks."""
    return await write.delete(await write.lock_for_deletion(models.Label, id, ("id",)))


@strawberry.type
class LabelMutations:
    label_create: LabelPayload = mutation(label_create, permission=models.Permission.WRITE)
    label_update: LabelPayload = mutation(label_update, permission=models.Permission.WRITE)
    label_delete: LabelPayload = mutation(label_delete, permission=models.Permission.WRITE)
