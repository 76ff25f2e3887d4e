"""Milestones."""

from collections.abc import Awaitable, Sequence
from datetime import date, datetime

import strawberry

import models
from graph.kit.node import Node
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many, one
from graph.kit.writing.mutation import CLIENT_ID, Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, payload_field
from graph.kit.writing.write import FOR_REFERENCE, ID_PATH, INPUT_PATH, Write, provided
from graph.types import Project, Task
from graph.views.filters import TaskFilter
from graph.views.lists import TASKS, in_lists


@strawberry.type(description="What a project means to have done by a day.")
class Milestone(Node):
    model = models.Milestone

    title: str = strawberry.field(description="Its name, unique in the project.")
    description: str = strawberry.field(description="What it takes. Markdown.")
    due_on: date | None = strawberry.field(description="The day by which it is meant to be done.")
    closed_at: datetime | None = strawberry.field(
        description="When it was reached or given up; null while it is open."
    )
    project: Project = one(models.Milestone.project, "The project it belongs to.")
    tasks: Connection[Task] = many(
        models.Milestone.tasks,
        "What it takes, newest first; none from the archive or the trash.",
        order=TASKS,
        filter=TaskFilter,
        where=in_lists,
    )


@strawberry.input(description="A milestone to be made.")
class MilestoneCreateInput:
    project_id: strawberry.ID = strawberry.field(description="The project it is for.")
    title: str = strawberry.field(description="Its name, unique in the project.")
    description: str | None = strawberry.field(default=None, description="What it takes. Markdown.")
    due_on: date | None = strawberry.field(
        default=None, description="The day by which it is meant to be done."
    )
    id: strawberry.ID | None = strawberry.field(default=None, description=CLIENT_ID)


@strawberry.input(description="What to change of a milestone. A field left out stays as it is.")
class MilestoneUpdateInput:
    id: strawberry.ID = strawberry.field(description="The milestone.")
    title: strawberry.Maybe[str | None] = strawberry.field(
        description="Its name, unique in the project."
    )
    description: strawberry.Maybe[str | None] = strawberry.field(
        description="What it takes. Markdown."
    )
    due_on: strawberry.Maybe[date | None] = strawberry.field(
        description="The day by which it is meant to be done. A null empties it."
    )
    is_closed: strawberry.Maybe[bool | None] = strawberry.field(
        description="Whether it was reached or given up."
    )


@strawberry.type(description="What a mutation of a milestone answers.")
class MilestonePayload(Payload):
    milestone: Milestone | None = payload_field("The milestone; as it was, where it was deleted.")


async def milestone_create(write: Write, input: Input[MilestoneCreateInput]) -> models.Milestone:
    """Makes a milestone."""
    values = write.validate(models.Milestone, provided(input, "title", "description", "due_on"))
    key = await write.new_id(models.Milestone, input.id)
    at = (*INPUT_PATH, "projectId")
    project = await write.get(models.Project, input.project_id, at, lock=FOR_REFERENCE)
    home = {"id": key, "workspace_id": project.workspace_id, "project_id": project.id}
    return write.add(models.Milestone(**home, **values))


async def milestone_update(write: Write, input: Input[MilestoneUpdateInput]) -> models.Milestone:
    """Changes a milestone, closes or reopens it."""
    values = write.validate(models.Milestone, provided(input, "title", "description", "due_on"))
    milestone = await write.get(models.Milestone, input.id, ID_PATH)
    closing = provided(input, "is_closed").get("is_closed")
    if closing is not None and closing != (milestone.closed_at is not None):
        values["closed_at"] = write.now if closing else None
    return write.update(milestone, values)


async def milestone_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes a milestone. Its tasks stay, without it."""

    def within(milestone: models.Milestone) -> Awaitable[Sequence[models.Task]]:
        return write.select_rows(models.Task, models.Task.milestone_id == milestone.id)

    milestone, tasks = await write.lock_for_deletion(models.Milestone, id, ("id",), within)
    for task in tasks:
        task.milestone_id = None
    return await write.delete(milestone)


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
