"""Milestones."""

from datetime import date, datetime

import strawberry

import models
from graph.kit.declare import client_generated_id, description_of, model_input
from graph.kit.filtering.comparators import DateTimeComparator, IDComparator, StringComparator
from graph.kit.filtering.filter_input import FilterInput, filter_input
from graph.kit.node import Node
from graph.kit.paging.order_input import register_order
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many, one
from graph.kit.viewer_can import viewer_can
from graph.kit.writing.expected_version import expected_version, get_to_update
from graph.kit.writing.locks import FOR_REFERENCE
from graph.kit.writing.mutation import Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, payload_field
from graph.kit.writing.write import INPUT_PATH, Write, provided
from graph.rules.hidden_rows import active_tasks
from graph.types import Project, ProjectFilter, Task
from graph.views.rendered_text import html_field

COLUMNS = ("title", "description", "due_on")


@strawberry.type(description=description_of(models.Milestone))
class Milestone(Node):
    model = models.Milestone

    title: str
    description: str
    description_html: str = html_field(models.Milestone, "description")
    due_on: date | None
    created_at: datetime
    closed_at: datetime | None
    project: Project = one(models.Milestone.project)
    tasks: Connection[Task] | None = many(
        models.Milestone.tasks,
        "Its tasks, newest first. Archived tasks and tasks in the trash are not included.",
        where=active_tasks,
    )
    version: int
    viewer_can_update: bool = viewer_can(models.Milestone.can_be_updated_by, "update the milestone")
    viewer_can_delete: bool = viewer_can(models.Milestone.can_be_deleted_by, "delete the milestone")


register_order(models.Milestone, "created_at", choices=("created_at", "due_on", "title"))


@filter_input(models.Milestone, "Filters milestones.", nullable=True)
class MilestoneFilter(FilterInput):
    id: IDComparator
    title: StringComparator
    due_on: DateTimeComparator
    created_at: DateTimeComparator
    closed_at: DateTimeComparator
    project: ProjectFilter


@model_input(models.Milestone, "A milestone to create.")
class MilestoneCreateInput:
    project_id: strawberry.ID
    title: str
    description: str | None = None
    due_on: date | None = None
    id: strawberry.ID | None = client_generated_id()


@model_input(
    models.Milestone,
    "Changes to a milestone. Omitted fields are unchanged; null clears the target date.",
)
class MilestoneUpdateInput:
    id: strawberry.ID
    expected_version: int | None = expected_version()
    title: strawberry.Maybe[str | None]
    description: strawberry.Maybe[str | None]
    due_on: strawberry.Maybe[date | None]
    is_closed: strawberry.Maybe[bool | None] = strawberry.field(
        description="`true` closes the milestone, `false` reopens it."
    )


@strawberry.type(description="The payload of a milestone mutation.")
class MilestonePayload(Payload):
    milestone: Milestone | None = payload_field(
        "The milestone. After a deletion, the deleted milestone."
    )


async def milestone_create(write: Write, input: Input[MilestoneCreateInput]) -> models.Milestone:
    """Creates a milestone."""
    values = write.validate(models.Milestone, provided(input, *COLUMNS))
    key = await write.new_id(models.Milestone, input.id)
    path = (*INPUT_PATH, "projectId")
    project = await write.get(models.Project, input.project_id, path, lock=FOR_REFERENCE)
    references = {"id": key, "workspace_id": project.workspace_id, "project_id": project.id}
    return write.add(models.Milestone(**references, **values))


async def milestone_update(write: Write, input: Input[MilestoneUpdateInput]) -> models.Milestone:
    """Updates, closes or reopens a milestone."""
    values = write.validate(models.Milestone, provided(input, *COLUMNS))
    milestone = await get_to_update(write, models.Milestone, input)
    is_closed = provided(input, "is_closed").get("is_closed")
    if is_closed is not None and is_closed != (milestone.closed_at is not None):
        values["closed_at"] = write.now if is_closed else None
    return write.update(milestone, values)


async def milestone_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes a milestone. Its tasks are kept and have no milestone afterwards."""
    return await write.delete(await write.lock_for_deletion(models.Milestone, id, ("id",)))


@strawberry.type
class MilestoneMutations:
    milestone_create: MilestonePayload = mutation(
        milestone_create, permission=models.Permission.WRITE
    )
    milestone_update: MilestonePayload = mutation(
        milestone_update, permission=models.Permission.WRITE
    )
    milestone_delete: MilestonePayload = mutation(
        milestone_delete, permission=models.Permission.WRITE
    )
