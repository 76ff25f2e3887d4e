"""Rows to test on: `make_…` builds one, everything it needs given or made."""

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

#: When everything happens, unless a test says otherwise.
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class World:
    """Makes rows in a database."""

    def __init__(self, database: Database, server: Server) -> None:
        self.database = database
        self.server = server
        #: Whose doing it is, in the log.
        self.actor_id: UUID | None = None
        self._numbers = count(1)
        self._is_empty = True

    async def snapshot(self, name: str, build: Callable[[], Awaitable[S]]) -> S:
        """The scenario that `build` makes in an empty database.

        It is built once per worker and kind of database, then copied, which is much faster.
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
        """Writes rows, in the order given."""
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
        made = {"handle": f"user{number}", "name": f"User {number}"} | columns
        return await self._saved(User(id=uuid7(), **made))

    async def make_workspace(self, **columns: Any) -> Workspace:
        number = self._number()
        made = {"slug": f"team-{number}", "name": f"Team {number}", "created_at": NOON} | columns
        return await self._saved(Workspace(id=uuid7(), **made))

    async def make_member(
        self, workspace: Workspace, user: User | None = None, role: Role = Role.MEMBER
    ) -> User:
        """A user in a workspace, made unless given."""
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
        """The secret of a personal token."""
        secret = new_secret("tsk_")
        made = {"name": "test", "workspace_id": workspace and workspace.id} | columns
        await self.save(AccessToken(user_id=user.id, digest=digest(secret), scope=scope, **made))
        return secret

    async def make_session(self, user: User, **columns: Any) -> str:
        """The secret of a session."""
        secret, session = new_session(user.id, None)
        for name, value in columns.items():
            setattr(session, name, value)
        await self.save(session)
        return secret

    async def make_state(self, workspace: Workspace, **columns: Any) -> State:
        number = self._number()
        made = {
            "name": f"State {number}",
            "category": StateCategory.UNSTARTED,
            "color": "#123456",
            "position": number,
        } | columns
        return await self._saved(State(id=uuid7(), workspace_id=workspace.id, **made))

    async def make_label(self, workspace: Workspace, **columns: Any) -> Label:
        made = {"name": f"label {self._number():04}", "color": "#abcdef"} | columns
        return await self._saved(Label(id=uuid7(), workspace_id=workspace.id, **made))

    async def make_project(self, workspace: Workspace, **columns: Any) -> Project:
        number = self._number()
        made = {"key": f"P{number}", "name": f"Project {number}", "created_at": NOON} | columns
        return await self._saved(Project(id=uuid7(), workspace_id=workspace.id, **made))

    async def make_milestone(self, project: Project, **columns: Any) -> Milestone:
        made = {"title": f"Milestone {self._number()}", "created_at": NOON} | columns
        return await self._saved(
            Milestone(id=uuid7(), workspace_id=project.workspace_id, project_id=project.id, **made)
        )

    async def make_task(self, project: Project, state: State, **columns: Any) -> Task:
        number = columns.pop("number", None) or self._number()
        made = {
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
                **made,
            )
        )

    async def assign(self, task: Task, *users: User) -> None:
        where = {"workspace_id": task.workspace_id, "task_id": task.id}
        await self.save(*(Assignment(user_id=user.id, **where) for user in users))

    async def label(self, task: Task, *labels: Label) -> None:
        where = {"workspace_id": task.workspace_id, "task_id": task.id}
        await self.save(*(Labeling(label_id=label.id, **where) for label in labels))

    async def link(self, task: Task, kind: TaskLinkKind, other: Task) -> None:
        """Both rows of a link."""
        ends = ((task, kind, other), (other, kind.inverse, task))
        await self.save(
            *(
                TaskLink(
                    id=uuid7(),
                    workspace_id=task.workspace_id,
                    task_id=near.id,
                    kind=seen,
                    other_id=far.id,
                )
                for near, seen, far in ends
            )
        )

    async def make_comment(self, task: Task, author: User | None, **columns: Any) -> Comment:
        number = self._number()
        made = {
            "body": f"Comment {number}",
            "created_at": NOON + timedelta(seconds=number),
        } | columns
        return await self._saved(
            Comment(
                id=uuid7(),
                workspace_id=task.workspace_id,
                task_id=task.id,
                author_id=author and author.id,
                **made,
            )
        )

    async def make_event(self, workspace: Workspace, **columns: Any) -> Event:
        starts = NOON + timedelta(hours=self._number())
        made = {
            "title": f"Event {self._number()}",
            "starts_at": starts,
            "ends_at": starts + timedelta(minutes=30),
        } | columns
        return await self._saved(Event(id=uuid7(), workspace_id=workspace.id, **made))

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
