"""Projects."""

from datetime import datetime

import strawberry

import models
from graph.engine.declarations import Resolved
from graph.kit.declare import (
    client_generated_id,
    description_of,
    model_input,
    resolver_field,
)
from graph.kit.filtering.comparators import DateTimeComparator, IDComparator, StringComparator
from graph.kit.filtering.filter_input import FilterInput, filter_input
from graph.kit.node import Node
from graph.kit.paging.order_input import register_order
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many, one
from graph.kit.viewer_can import viewer_can
from graph.kit.writing.expected_version import expected_version, get_to_update
from graph.kit.writing.mutation import Id, Input, mutation
from graph.kit.writing.payload import Payload, payload_field
from graph.kit.writing.write import INPUT_PATH, WORKSPACE_ID_PATH, Write, provided
from graph.rules.hidden_rows import tasks_not_in_trash
from graph.rules.membership import member_id_of
from graph.types import Milestone, Task, User, UserFilter, Workspace
from graph.views.board import TaskGroup, board_of_project
from graph.views.rendered_text import html_field

COLUMNS = ("key", "name", "description")
LEAD_PATH = (*INPUT_PATH, "leadId")


@strawberry.type(description=description_of(models.Project))
class Project(Node):
    model = models.Project

    key: str
    name: str
    description: str
    description_html: str = html_field(models.Project, "description")
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    version: int
    workspace: Workspace = one(models.Project.workspace)
    lead: User | None = one(models.Project.lead)
    tasks: Connection[Task] | None = many(
        models.Project.tasks,
        "Its tasks, newest first. Tasks in the trash are not included.",
        where=tasks_not_in_trash,
    )
    task_groups: list[TaskGroup] | None = resolver_field(
        board_of_project, plan=Resolved(("id", "workspace_id"))
    )
    milestones: Connection[Milestone] | None = many(
        models.Project.milestones, "Its milestones, oldest first."
    )
    viewer_can_update: bool = viewer_can(
        models.Project.can_be_updated_by, "update and archive the project, and create tasks in it"
    )


register_order(models.Project, "created_at", choices=("created_at", "updated_at", "key", "name"))


@filter_input(models.Project, "Filters projects.", nullable=True)
class ProjectFilter(FilterInput):
    id: IDComparator
    key: StringComparator
    name: StringComparator
    created_at: DateTimeComparator
    updated_at: DateTimeComparator
    archived_at: DateTimeComparator
    lead: UserFilter


@model_input(models.Project, "A project to create.")
class ProjectCreateInput:
    workspace_id: strawberry.ID
    key: str
    name: str
    description: str | None = None
    lead_id: strawberry.ID | None = None
    id: strawberry.ID | None = client_generated_id()


@model_input(
    models.Project,
    "Changes to a project. Omitted fields are unchanged; null clears the lead. If the key "
    "changes, the keys of all its tasks change with it.",
)
class ProjectUpdateInput:
    id: strawberry.ID
    expected_version: int | None = expected_version()
    key: strawberry.Maybe[str | None]
    name: strawberry.Maybe[str | None]
    description: strawberry.Maybe[str | None]
    lead_id: strawberry.Maybe[strawberry.ID | None]


@strawberry.type(description="The payload of a project mutation.")
class ProjectPayload(Payload):
    project: Project | None = payload_field("The project.")


async def project_create(write: Write, input: Input[ProjectCreateInput]) -> models.Project:
    """Creates a project."""
    values = write.validate(models.Project, provided(input, *COLUMNS))
    key = await write.new_id(models.Project, input.id)
    workspace = await write.get(models.Workspace, input.workspace_id, WORKSPACE_ID_PATH, lock=None)
    lead_id = await member_id_of(write, workspace.id, input.lead_id, LEAD_PATH)
    references = {"id": key, "workspace_id": workspace.id, "lead_id": lead_id}
    return write.add(models.Project(**references, **values))


async def project_update(write: Write, input: Input[ProjectUpdateInput]) -> models.Project:
    """Updates a project."""
    values = write.validate(models.Project, provided(input, *COLUMNS))
    project = await get_to_update(write, models.Project, input)
    fields = provided(input, *COLUMNS, "lead_id")
    if "lead_id" in fields:
        lead_id = await member_id_of(write, project.workspace_id, fields["lead_id"], LEAD_PATH)
        values["lead_id"] = lead_id
    return write.update(project, values)


async def project_archive(write: Write, id: Id) -> models.Project:
    """Archives a project: lists leave it out, and no tasks can be added to it."""
    project = await write.get(models.Project, id, ("id",))
    return write.update(project, {"archived_at": project.archived_at or write.now})


async def project_unarchive(write: Write, id: Id) -> models.Project:
    """Restores a project from the archive."""
    return write.update(await write.get(models.Project, id, ("id",)), {"archived_at": None})


@strawberry.type
class ProjectMutations:
    project_create: ProjectPayload = mutation(project_create, permission=models.Permission.WRITE)
    project_update: ProjectPayload = mutation(project_update, permission=models.Permission.WRITE)
    project_archive: ProjectPayload = mutation(project_archive, permission=models.Permission.WRITE)
    project_unarchive: ProjectPayload = mutation(
        project_unarchive, permission=models.Permission.WRITE
    )
