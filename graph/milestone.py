"""Milestones."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import models
from graph.filters import TaskFilter
from graph.kit.connection import Connection
from graph.kit.node import Node
from graph.kit.relations import many, one
from graph.lists import TASKS, in_lists

if TYPE_CHECKING:
    from graph.project import Project
    from graph.task import Task


@strawberry.type(description="What a project means to have done by a day.")
class Milestone(Node):
    model = models.Milestone

    title: str = strawberry.field(description="Its name, unique in the project.")
    description: str = strawberry.field(description="What it takes. Markdown.")
    due_on: date | None = strawberry.field(description="The day by which it is meant to be done.")
    closed_at: datetime | None = strawberry.field(
        description="When it was reached or given up; null while it is open."
    )
    project: Annotated["Project", strawberry.lazy("graph.project")] = one(
        models.Milestone.project, "The project it belongs to."
    )
    tasks: Connection[Annotated["Task", strawberry.lazy("graph.task")]] = many(
        models.Milestone.tasks,
        "What it takes, newest first; none from the archive or the trash.",
        order=TASKS,
        filter=TaskFilter,
        narrowing=in_lists,
    )
