"""Projects."""

from datetime import datetime

import strawberry

import models
from graph.kit.node import Node
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many, one
from graph.kit.writing.expected_version import EXPECTED_VERSION, check_version
from graph.kit.writing.mutation import CLIENT_ID, Id, Input, mutation
from graph.kit.writing.payload import Payload, payload_field
from graph.kit.writing.write import ID_PATH, INPUT_PATH, WORKSPACE_ID_PATH, Write, provided
from graph.rules.membership import member_id_of
from graph.types import Milestone, Task, User, Workspace
from graph.views.board import TaskGroup, board
from graph.views.filters import MilestoneFilter, TaskFilter
from graph.views.lists import MILESTONES, TASKS, in_lists_or_archive


@strawberry.type(description="A body of work, whose key begins the key of each of its tasks.")
class Project(Node):
    model = models.Project

    key: str = strawberry.field(description="Capital letters and digits, unique in the workspace.")
    name: str = strawberry.field(description="The name that people call it by.")
    description: str = strawberry.field(description="What it is for. Markdown.")
    created_at: datetime = strawberry.field(description="When it was made.")
    archived_at: datetime | None = strawberry.field(
        description="Since when it is in the archive; null for one that is not."
    )
    version: int = strawberry.field(
        description="Goes up by one with every change; send it back as expectedVersion."
    )
    workspace: Workspace = one(models.Project.workspace, "The workspace it belongs to.")
    lead: User | None = one(models.Project.lead, "Who answers for it.")
    tasks: Connection[Task] = many(
        models.Project.tasks,
        "Its tasks, newest first; none from the trash.",
        order=TASKS,
        filter=TaskFilter,
        where=in_lists_or_archive,
    )
    task_groups: list[TaskGroup] = board()
    milestones: Connection[Milestone] = many(
        models.Project.milestones,
        "Its milestones, oldest first.",
        order=MILESTONES,
        filter=MilestoneFilter,
    )


@strawberry.input(description="A project to be made.")
class ProjectCreateInput:
    workspace_id: strawberry.ID = strawberry.field(description="The workspace it is for.")
    key: str = strawberry.field(
        description="Up to 10 capital letters and digits, a letter first, unique in the workspace."
    )
    name: str = strawberry.field(description="The name that people call it by.")
    description: str | None = strawberry.field(
        default=None, description="What it is for. Markdown."
    )
    lead_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who answers for it: a member of the workspace."
    )
    id: strawberry.ID | None = strawberry.field(default=None, description=CLIENT_ID)


@strawberry.input(description="What to change of a project. A field left out stays as it is.")
class ProjectUpdateInput:
    id: strawberry.ID = strawberry.field(description="The project.")
    expected_version: int | None = strawberry.field(default=None, description=EXPECTED_VERSION)
    key: strawberry.Maybe[str | None] = strawberry.field(
        description="The key, which begins the keys of all its tasks: they change with it."
    )
    name: strawberry.Maybe[str | None] = strawberry.field(
        description="The name that people call it by."
    )
    description: strawberry.Maybe[str | None] = strawberry.field(
        description="What it is for. Markdown."
    )
    lead_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="Who answers for it. A null empties it."
    )


@strawberry.type(description="What a mutation of a project answers.")
class ProjectPayload(Payload):
    project: Project | None = payload_field("The project.")


COLUMNS = ("key", "name", "description")
LEAD_PATH = (*INPUT_PATH, "leadId")


async def project_create(write: Write, input: Input[ProjectCreateInput]) -> models.Project:
    """Makes a project."""
    values = write.validate(models.Project, provided(input, *COLUMNS))
    key = await write.new_id(models.Project, input.id)
    workspace = await write.get(models.Workspace, input.workspace_id, WORKSPACE_ID_PATH, lock=None)
    lead_id = await member_id_of(write, workspace.id, input.lead_id, LEAD_PATH)
    home = {"id": key, "workspace_id": workspace.id, "lead_id": lead_id}
    return write.add(models.Project(**home, **values))


async def project_update(write: Write, input: Input[ProjectUpdateInput]) -> models.Project:
    """Changes a project."""
    values = write.validate(models.Project, provided(input, *COLUMNS))
    project = await write.get(models.Project, input.id, ID_PATH)
    given = provided(input, *COLUMNS, "lead_id")
    await check_version(write, project, input.expected_version, given)
    if "lead_id" in given:
        values["lead_id"] = await member_id_of(
            write, project.workspace_id, given["lead_id"], LEAD_PATH
        )
    return write.update(project, values)


async def project_archive(write: Write, id: Id) -> models.Project:
    """Puts a project into the archive: it leaves the lists, and no tasks are added to it."""
    project = await write.get(models.Project, id, ("id",))
    return write.update(project, {"archived_at": project.archived_at or write.now})


async def project_unarchive(write: Write, id: Id) -> models.Project:
    """Takes a project out of the archive."""
    project = await write.get(models.Project, id, ("id",))
    return write.update(project, {"archived_at": None})


@strawberry.type
class ProjectMutations:
    project_create: ProjectPayload = mutation(project_create, permission=models.Permission.WRITE)
    project_update: ProjectPayload = mutation(project_update, permission=models.Permission.WRITE)
    project_archive: ProjectPayload = mutation(project_archive, permission=models.Permission.WRITE)
    project_unarchive: ProjectPayload = mutation(
        project_unarchive, permission=models.Permission.WRITE
    )
