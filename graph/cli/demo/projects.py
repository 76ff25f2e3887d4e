"""The projects of a demo workspace, and their milestones."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from graph.cli.demo import phrases
from graph.cli.demo.writer import DemoWriter, Row
from models import Milestone, Project

MILESTONES_PER_PROJECT = 6

#: The milestones of each project, oldest first: their IDs and when they were created.
Milestones = dict[UUID, list[tuple[UUID, datetime]]]


def project_index(task_index: int, projects: int) -> int:
    """The index of a task's project; the first projects get the most tasks."""
    # A multiplicative hash spreads the task indexes evenly over 0 to 1.
    fraction = ((task_index * 2654435761) % 2**32) / 2**32
    return int(projects * fraction**1.6)


async def add_projects(writer: DemoWriter, users: Sequence[UUID], task_count: int) -> list[Row]:
    """Add the projects; the last one is archived. Returns their rows."""
    count = min(len(phrases.PROJECTS), 3 + int(math.log10(task_count + 1)))
    tasks = Counter(project_index(index, count) for index in range(task_count))
    projects = [
        writer.row(
            writer.created_at + timedelta(days=index * 9),
            key=key,
            name=name,
            description=description,
            lead_id=users[1 + index % (len(users) - 2)],
            archived_at=writer.now - timedelta(days=40) if index == count - 1 else None,
            last_number=tasks[index],
        )
        for index, (key, name, description) in enumerate(phrases.PROJECTS[:count])
    ]
    await writer.insert_logged(Project, projects)
    return projects


async def add_milestones(writer: DemoWriter, projects: Sequence[Row]) -> Milestones:
    """Add a milestone for every 90 days of each project; those that are due are closed."""
    milestones: list[Row] = []
    by_project: Milestones = {}
    for project in projects:
        for index in range(MILESTONES_PER_PROJECT):
            created_at = project["created_at"] + timedelta(days=index * 90)
            due = created_at + timedelta(days=100)
            milestone = writer.row(
                created_at,
                project_id=project["id"],
                title=f"{project['key'].title()} {index // 4 + 1}.{index % 4}",
                description=writer.random.choice(phrases.GOALS),
                due_on=due.date(),
                closed_at=due if due < writer.now else None,
            )
            milestones.append(milestone)
            by_project.setdefault(project["id"], []).append((milestone["id"], created_at))
    await writer.insert_logged(Milestone, milestones)
    return by_project
