"""A demo workspace: rows of every concept, the same for the same slug, size and day."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from graph.cli.demo import phrases
from graph.cli.demo.events import add_events
from graph.cli.demo.people import add_people
from graph.cli.demo.projects import add_milestones, add_projects
from graph.cli.demo.tasks import DemoTasks
from graph.cli.demo.writer import DemoWriter, timestamps
from models import DEFAULT_STATES, Label, State, User, Workspace


class DemoWorkspace:
    """Writes a demo workspace in the caller's transaction."""

    def __init__(
        self,
        session: AsyncSession,
        slug: str,
        tasks: int,
        today: date,
        advance: Callable[[int], None],
    ) -> None:
        self.task_count = tasks
        self.advance = advance
        self.writer = DemoWriter(session, slug, today)

    async def run(self, owner: User) -> None:
        """Write everything; `advance` is called with the number of tasks of each batch."""
        await self._add_workspace()
        # The order decides what each step draws from the random data: keep it.
        users = await add_people(self.writer, owner.id, self.task_count)
        states = await self._add_states()
        labels = await self._add_labels()
        projects = await add_projects(self.writer, users, self.task_count)
        milestones = await add_milestones(self.writer, projects)
        tasks = DemoTasks(
            self.writer, self.task_count, users, states, labels, projects, milestones, self.advance
        )
        await tasks.run()
        await add_events(self.writer, users, projects)

    async def _add_workspace(self) -> None:
        slug = self.writer.slug
        workspace = {
            "id": self.writer.workspace_id,
            "slug": slug,
            "name": slug.replace("-", " ").title(),
            **timestamps(self.writer.created_at),
        }
        await self.writer.insert_logged(Workspace, [workspace])

    async def _add_states(self) -> dict[str, UUID]:
        """Add the default states; return their IDs by name."""
        states = [
            self.writer.row(
                self.writer.created_at,
                name=name,
                category=category,
                color=color,
                position=position,
            )
            for position, (name, category, color) in enumerate(DEFAULT_STATES)
        ]
        await self.writer.insert_logged(State, states)
        return {state["name"]: state["id"] for state in states}

    async def _add_labels(self) -> list[UUID]:
        """Add the labels; return their IDs."""
        labels = [
            self.writer.row(self.writer.created_at, name=name, color=color, description=description)
            for name, color, description in phrases.LABELS
        ]
        await self.writer.insert_logged(Label, labels)
        return [label["id"] for label in labels]
