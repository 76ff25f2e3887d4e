"""Filling a database with a demo workspace."""

from datetime import UTC, datetime

from sqlalchemy import select

from graph.cli import accounts
from graph.cli.console import progress_bar
from graph.cli.demo.workspace import DemoWorkspace
from models import User, Workspace
from models.database import Database

DEMO_SLUG = "demo"
DEMO_TASKS = 300


async def is_empty(database: Database) -> bool:
    """Whether a database has no workspaces and no users."""
    async with database.reads() as session:
        ids = [await session.scalar(select(model.id).limit(1)) for model in (Workspace, User)]
    return ids == [None, None]


async def fill_demo(database: Database, slug: str, tasks: int) -> bool:
    """Add a demo workspace in one transaction; returns False if its slug is taken."""
    async with database.writes.begin() as session:
        if await session.scalar(select(Workspace.id).where(Workspace.slug == slug)):
            return False
        owner = await accounts.find_or_create_user(session, accounts.DEMO_USER, name="Demo User")
        with progress_bar(f"{slug}: adding tasks", tasks) as advance:
            today = datetime.now(UTC).date()
            await DemoWorkspace(session, slug, tasks, today, advance).run(owner)
    await database.analyze()
    return True
