"""The rows that all contenders read: demo data, and imported archives of GitHub repositories."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from graph.cli import accounts
from graph.cli.demo.fill import fill_demo
from graph.cli.github.archive import read_archive
from graph.cli.github.importer import GitHubImport
from models import Comment, Label, Labeling, Project, Scope, Task, Workspace
from models.database import Database

SLUG = "benchmark"


@dataclass(frozen=True)
class Target:
    """What the operations ask for."""

    token: str
    handle: str
    #: The variables of the operations.
    variables: dict[str, Any]
    #: The tasks that mutations update: one for each client.
    task_ids: list[UUID]


async def fill(database: Database, tasks: int, archives: Iterable[Path]) -> None:
    """Write the demo data, and import archives into the same workspace."""
    await fill_demo(database, SLUG, tasks)
    for file in archives:
        archive = read_archive(file)
        async with database.writes.begin() as session:
            importer = GitHubImport(session, archive, lambda _: None)
            await importer.run(SLUG, None, with_pulls=True, mapped_users={})
    await database.analyze()


async def find_target(database: Database, clients: int, words: str) -> Target:
    """Choose rows that have all that the operations ask for, and create a token."""
    async with database.writes.begin() as session:
        workspace = (await session.scalars(select(Workspace).where(Workspace.slug == SLUG))).one()
        per_project = (
            select(Project)
            .join(Task, Task.project_id == Project.id)
            .where(Project.workspace_id == workspace.id, Project.archived_at.is_(None))
            .group_by(Project.id)
            .order_by(func.count().desc(), Project.key)
        )
        project = (await session.scalars(per_project)).unique().all()[0]
        in_project = (Task.project_id == project.id, Task.deleted_at.is_(None))
        commented = (
            select(Task.number)
            .join(Comment, Comment.task_id == Task.id)
            .where(*in_project, Task.milestone_id.is_not(None))
            .group_by(Task.id)
            .order_by(func.count().desc(), Task.number)
            .limit(1)
        )
        number = await session.scalar(commented)
        if number is None:
            oldest = select(func.min(Task.number)).where(*in_project)
            number = await session.scalar(oldest)
        most_used = (
            select(Label.name)
            .join(Labeling, Labeling.label_id == Label.id)
            .where(Label.workspace_id == workspace.id)
            .group_by(Label.id)
            .order_by(func.count().desc(), Label.name)
            .limit(1)
        )
        label = await session.scalar(most_used)
        # The oldest tasks: no list that is measured shows them.
        ids = select(Task.id).where(*in_project).order_by(Task.created_at, Task.id).limit(clients)
        task_ids = list((await session.scalars(ids)).all())
        token = await accounts.create_token(
            session, accounts.DEMO_USER, None, Scope.WRITE, "benchmark"
        )
    variables = {
        "slug": SLUG,
        "key": project.key,
        "taskKey": f"{project.key}-{number}",
        "label": label,
        "words": words,
    }
    return Target(token, accounts.DEMO_USER, variables, _cycle(task_ids, clients))


def _cycle(ids: Iterable[UUID], size: int) -> list[UUID]:
    """Repeat the IDs up to a size: a tiny workspace has fewer tasks than there are clients."""
    known = list(ids)
    return [known[place % len(known)] for place in range(size)]
