"""Factories of rows: each `make_…` saves a row, with unique values for what is not passed."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from uuid_utils.compat import uuid7

from graph.auth.session import new_session
from models import (
    AccessToken,
    Assignment,
    Attendance,
    Base,
    Comment,
    Event,
    Label,
    Labeling,
    Membership,
    Milestone,
    Project,
    Role,
    Scope,
    State,
    StateCategory,
    Task,
    TaskLink,
    TaskLinkKind,
    User,
    Workspace,
)
from models.columns.digest import digest
from models.credential import new_secret
from models.database import Database
from tests.support.databases import Server

T = TypeVar("T", bound=Base)
S = TypeVar("S")

#: The time at which rows are created by default.
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class World:
    """Saves rows in a database through the models, without the API."""

    def __init__(self, database: Database, server: Server) -> None:
        self.database = database
        self.server = server
        #: The actor of the changes that the log records.
        self.actor_id: UUID | None = None
        self._numbers = count(1)
        self._is_empty = True

    async def snapshot(self, name: str, build: Callable[[], Awaitable[S]]) -> S:
        """The scenario that `build` creates in an empty database.

        Each worker builds it once per kind of database and then copies its rows, which is much
        faster. `build` must return something that can be pickled.
        """
        if not self._is_empty:
            return await build()
        saved = self.server.restore_snapshot(name)
        if saved is None:
            scenario = await build()
            self.server.save_snapshot(name, (scenario, self._numbers, self.actor_id))
            return scenario
        self._is_empty = False
        scenario, self._numbers, self.actor_id = saved
        return scenario

    async def save(self, *rows: Base) -> None:
        """Insert rows in this order."""
        self._is_empty = False
        async with self.database.writes.begin() as session:
            session.sync_session.info["actor_id"] = self.actor_id
            for row in rows:
                session.add(row)
                await session.flush()

    async def _saved(self, row: T) -> T:
        await self.save(row)
        return row

    def _number(self) -> int:
        return next(self._numbers)

    async def make_user(self, **columns: Any) -> User:
        number = self._number()
        values = {"handle": f"user{number}", "name": f"User {number}"} | columns
        return await self._saved(User(id=uuid7(), **values))

    async def make_workspace(self, **columns: Any) -> Workspace:
        number = self._number()
        values = {"slug": f"team-{number}", "name": f"Team {number}", "created_at": NOON} | columns
        return await self._saved(Workspace(id=uuid7(), **values))

    async def make_member(
        self, workspace: Workspace, user: User | None = None, role: Role = Role.MEMBER
    ) -> User:
        """Add a user to a workspace, a new user by default, and return the user."""
        user = user or await self.make_user()
        joined = NOON + timedelta(minutes=self._number())
        await self.save(
            Membership(
                id=uuid7(), workspace_id=workspace.id, user_id=user.id, role=role, joined_at=joined
            )
        )
        return user

    async def make_token(
        self,
        user: User,
        *,
        workspace: Workspace | None = None,
        scope: Scope = Scope.WRITE,
        **columns: Any,
    ) -> str:
        """Create a personal access token and return its secret."""
        secret = new_secret("tsk_")
        values = {"name": "test", "workspace_id": workspace and workspace.id} | columns
        await self.save(AccessToken(user_id=user.id, digest=digest(secret), scope=scope, **values))
        return secret

    async def make_session(self, user: User, **columns: Any) -> str:
        """Create a session and return its secret."""
        secret, session = new_session(user.id, None)
        for name, value in columns.items():
            setattr(session, name, value)
        await self.save(session)
        return secret

    async def make_state(self, workspace: Workspace, **columns: Any) -> State:
        number = self._number()
        values = {
            "name": f"State {number}",
            "category": StateCategory.UNSTARTED,
            "color": "#123456",
            "position": number,
        } | columns
        return await self._saved(State(id=uuid7(), workspace_id=workspace.id, **values))

    async def make_label(self, workspace: Workspace, **columns: Any) -> Label:
        values = {"name": f"label {self._number():04}", "color": "#abcdef"} | columns
        return await self._saved(Label(id=uuid7(), workspace_id=workspace.id, **values))

    async def make_project(self, workspace: Workspace, **columns: Any) -> Project:
        number = self._number()
        values = {"key": f"P{number}", "name": f"Project {number}", "created_at": NOON} | columns
        return await self._saved(Project(id=uuid7(), workspace_id=workspace.id, **values))

    async def make_milestone(self, project: Project, **columns: Any) -> Milestone:
        values = {"title": f"Milestone {self._number()}", "created_at": NOON} | columns
        return await self._saved(
            Milestone(
                id=uuid7(), workspace_id=project.workspace_id, project_id=project.id, **values
            )
        )

    async def make_task(self, project: Project, state: State, **columns: Any) -> Task:
        number = columns.pop("number", None) or self._number()
        values = {
            "title": f"Task {number}",
            "rank": f"a{number}",
            "created_at": NOON + timedelta(seconds=number),
            "updated_at": NOON + timedelta(seconds=number),
        } | columns
        return await self._saved(
            Task(
                id=uuid7(),
                workspace_id=project.workspace_id,
                project_id=project.id,
                number=number,
                state_id=state.id,
                **values,
            )
        )

    async def assign(self, task: Task, *users: User) -> None:
        where = {"workspace_id": task.workspace_id, "task_id": task.id}
        await self.save(*(Assignment(user_id=user.id, **where) for user in users))

    async def label(self, task: Task, *labels: Label) -> None:
        where = {"workspace_id": task.workspace_id, "task_id": task.id}
        await self.save(*(Labeling(label_id=label.id, **where) for label in labels))

    async def link(self, task: Task, kind: TaskLinkKind, other: Task) -> None:
        """Insert both rows of a link: one for each direction."""
        ends = ((task, kind, other), (other, kind.inverse, task))
        await self.save(
            *(
                TaskLink(
                    id=uuid7(),
                    workspace_id=task.workspace_id,
                    task_id=near.id,
                    kind=direction,
                    other_id=far.id,
                )
                for near, direction, far in ends
            )
        )

    async def make_comment(self, task: Task, author: User | None, **columns: Any) -> Comment:
        number = self._number()
        values = {
            "body": f"Comment {number}",
            "created_at": NOON + timedelta(seconds=number),
        } | columns
        return await self._saved(
            Comment(
                id=uuid7(),
                workspace_id=task.workspace_id,
                task_id=task.id,
                author_id=author and author.id,
                **values,
            )
        )

    async def make_event(self, workspace: Workspace, **columns: Any) -> Event:
        starts = NOON + timedelta(hours=self._number())
        values = {
            "title": f"Event {self._number()}",
            "starts_at": starts,
            "ends_at": starts + timedelta(minutes=30),
        } | columns
        return await self._saved(Event(id=uuid7(), workspace_id=workspace.id, **values))

    async def make_attendance(self, event: Event, user: User, **columns: Any) -> Attendance:
        return await self._saved(
            Attendance(
                id=uuid7(),
                workspace_id=event.workspace_id,
                event_id=event.id,
                user_id=user.id,
                **columns,
            )
        )
