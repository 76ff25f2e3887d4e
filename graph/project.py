"""Projects."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import models
from graph.board import TaskGroup, board
from graph.filters import MilestoneFilter, TaskFilter
from graph.kit.connection import Connection
from graph.kit.node import Node
from graph.kit.relations import many, one
from graph.lists import MILESTONES, TASKS, in_lists_or_archive

if TYPE_CHECKING:
    from graph.milestone import Milestone
    from graph.task import Task
    from graph.user import User
    from graph.workspace import Workspace


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
    workspace: Annotated["Workspace", strawberry.lazy("graph.workspace")] = one(
        models.Project.workspace, "The workspace it belongs to."
    )
    lead: Annotated["User", strawberry.lazy("graph.user")] | None = one(
        models.Project.lead, "Who answers for it."
    )
    tasks: Connection[Annotated["Task", strawberry.lazy("graph.task")]] = many(
        models.Project.tasks,
        "Its tasks, newest first; none from the trash.",
        order=TASKS,
        filter=TaskFilter,
        narrowing=in_lists_or_archive,
    )
    task_groups: list[TaskGroup] = board()
    milestones: Connection[Annotated["Milestone", strawberry.lazy("graph.milestone")]] = many(
        models.Project.milestones,
        "Its milestones, oldest first.",
        order=MILESTONES,
        filter=MilestoneFilter,
    )
