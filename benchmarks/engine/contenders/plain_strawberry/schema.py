"""The schema: the part of the API's schema that the operations ask for."""

from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import (
    Numeric,
    Uuid,
    and_,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    union_all,
    update,
)
from strawberry.types import Info as StrawberryInfo

from benchmarks.engine.contenders.plain_strawberry.entities import (
    ChangeEntity,
    CommentEntity,
    MembershipEntity,
    MilestoneEntity,
    ProjectEntity,
    StateEntity,
    TaskEntity,
    UserEntity,
    WorkspaceEntity,
)
from benchmarks.engine.contenders.plain_strawberry.inputs import Priority, TaskFilter, TaskOrder
from benchmarks.engine.contenders.plain_strawberry.loaders import Context, active_tasks
from benchmarks.engine.contenders.search_words import tsquery

Info = StrawberryInfo[Context, None]
T = TypeVar("T")


@strawberry.type
class Connection(Generic[T]):
    nodes: list[T]


@strawberry.type
class User:
    handle: str
    name: str

    @classmethod
    def of(cls, row: UserEntity) -> "User":
        return cls(handle=row.handle, name=row.name)


@strawberry.type
class State:
    name: str
    category: str
    color: str

    @classmethod
    def of(cls, row: StateEntity) -> "State":
        return cls(name=row.name, category=row.category, color=row.color)


@strawberry.type
class Label:
    name: str
    color: str


@strawberry.type
class Comment:
    body: str
    created_at: datetime
    author_id: strawberry.Private[UUID | None]

    @classmethod
    def of(cls, row: CommentEntity) -> "Comment":
        return cls(body=row.body, created_at=row.created_at, author_id=row.author_id)

    @strawberry.field
    async def author(self, info: Info) -> User | None:
        return await load_user(info, self.author_id)


@strawberry.type
class MilestoneTitle:
    title: str


@strawberry.type
class Task:
    row: strawberry.Private[TaskEntity]
    number: int
    title: str
    body: str
    estimate: float | None
    due_on: date | None
    rank: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, row: TaskEntity) -> "Task":
        return cls(
            row=row,
            number=row.number,
            title=row.title,
            body=row.body,
            estimate=row.estimate,
            due_on=row.due_on,
            rank=row.rank,
            created_at=row.created_at,
            updated_at=row.updated_at,
            closed_at=row.closed_at,
        )

    @strawberry.field
    def id(self) -> strawberry.ID:
        return strawberry.ID(f"task_{self.row.id.hex}")

    @strawberry.field
    def priority(self) -> Priority | None:
        return None if self.row.priority is None else Priority(self.row.priority)

    @strawberry.field
    async def state(self, info: Info) -> State:
        return State.of(await info.context.state_by_id.load(self.row.state_id))

    @strawberry.field
    async def creator(self, info: Info) -> User | None:
        return await load_user(info, self.row.creator_id)

    @strawberry.field
    async def assignees(self, info: Info) -> list[User]:
        return [User.of(row) for row in await info.context.assignees.load(self.row.id)]

    @strawberry.field
    async def labels(self, info: Info) -> list[Label]:
        rows = await info.context.labels.load(self.row.id)
        return [Label(name=row.name, color=row.color) for row in rows]

    @strawberry.field
    async def milestone(self, info: Info) -> MilestoneTitle | None:
        if self.row.milestone_id is None:
            return None
        row = await info.context.milestone_by_id.load(self.row.milestone_id)
        return MilestoneTitle(title=row.title)

    @strawberry.field
    async def comments(self, info: Info, first: int = 50) -> Connection[Comment]:
        rows = await info.context.comments(first).load(self.row.id)
        return Connection(nodes=[Comment.of(row) for row in rows])


@strawberry.type
class Milestone:
    row: strawberry.Private[MilestoneEntity]
    title: str
    due_on: date | None

    @classmethod
    def of(cls, row: MilestoneEntity) -> "Milestone":
        return cls(row=row, title=row.title, due_on=row.due_on)

    @strawberry.field
    async def tasks(self, info: Info, first: int = 50) -> Connection[Task]:
        rows = await info.context.milestone_tasks(first).load(self.row.id)
        return Connection(nodes=[Task.of(row) for row in rows])


@strawberry.type
class Project:
    row: strawberry.Private[ProjectEntity]
    key: str
    name: str

    @classmethod
    def of(cls, row: ProjectEntity) -> "Project":
        return cls(row=row, key=row.key, name=row.name)

    @strawberry.field
    async def tasks(self, info: Info, first: int = 50) -> Connection[Task]:
        return await load_tasks(info, first, None, None, TaskEntity.project_id == self.row.id)

    @strawberry.field
    async def milestones(self, info: Info, first: int = 50) -> Connection[Milestone]:
        rows = await info.context.milestones(first).load(self.row.id)
        return Connection(nodes=[Milestone.of(row) for row in rows])


@strawberry.type
class SearchResult:
    task_id: strawberry.Private[UUID]
    comment_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def task(self, info: Info) -> Task:
        return Task.of(await info.context.task_by_id.load(self.task_id))

    @strawberry.field
    async def comment(self, info: Info) -> Comment | None:
        if self.comment_id is None:
            return None
        return Comment.of(await info.context.comment_by_id.load(self.comment_id))


@strawberry.type
class Workspace:
    row: strawberry.Private[WorkspaceEntity]

    @strawberry.field
    async def project(self, info: Info, key: str) -> Project | None:
        query = select(ProjectEntity).where(
            ProjectEntity.workspace_id == self.row.id, ProjectEntity.key == key
        )
        async with info.context.sessions() as session:
            row = await session.scalar(query)
        return None if row is None else Project.of(row)

    @strawberry.field
    async def projects(self, info: Info, first: int = 50) -> Connection[Project]:
        query = select(ProjectEntity).where(
            ProjectEntity.workspace_id == self.row.id, ProjectEntity.archived_at.is_(None)
        )
        query = query.order_by(ProjectEntity.created_at, ProjectEntity.id).limit(first)
        async with info.context.sessions() as session:
            rows = (await session.scalars(query)).all()
        return Connection(nodes=[Project.of(row) for row in rows])

    @strawberry.field
    async def task(self, info: Info, key: str) -> Task | None:
        project, _, number = key.rpartition("-")
        query = (
            select(TaskEntity)
            .join(ProjectEntity, ProjectEntity.id == TaskEntity.project_id)
            .where(
                ProjectEntity.workspace_id == self.row.id,
                ProjectEntity.key == project,
                TaskEntity.number == int(number),
            )
        )
        async with info.context.sessions() as session:
            row = await session.scalar(query)
        return None if row is None else Task.of(row)

    @strawberry.field
    async def tasks(
        self,
        info: Info,
        first: int = 50,
        filter: TaskFilter | None = None,
        order_by: list[TaskOrder] | None = None,
    ) -> Connection[Task]:
        here = TaskEntity.workspace_id == self.row.id
        return await load_tasks(info, first, filter, order_by, here)

    @strawberry.field
    async def search(self, info: Info, query: str, first: int = 50) -> Connection[SearchResult]:
        words = func.to_tsquery(literal_column("'simple'"), literal(tsquery(query)))

        def hits(table: str, columns: tuple[Any, ...]) -> Any:
            vector: Any = literal_column(f"{table}.search")
            rank = cast(func.ts_rank(vector, words), Numeric)
            found = select(*columns, func.round(rank, 6).label("score"))
            return found.where(vector.op("@@")(words)).limit(5000)

        in_use = and_(TaskEntity.workspace_id == self.row.id, TaskEntity.deleted_at.is_(None))
        no_comment = cast(null(), Uuid()).label("comment_id")
        task = TaskEntity.id
        tasks = hits("tasks", (task.label("task_id"), no_comment, task.label("hit_id")))
        comment = CommentEntity.id
        comments = hits("comments", (TaskEntity.id, comment, comment.label("hit_id")))
        comments = comments.join(TaskEntity, TaskEntity.id == CommentEntity.task_id)
        parts = [tasks.where(in_use).subquery(), comments.where(in_use).subquery()]
        found = union_all(*(select(part) for part in parts)).subquery()
        best = select(found).order_by(found.c.score.desc(), found.c.hit_id.desc()).limit(first)
        async with info.context.sessions() as session:
            rows = (await session.execute(best)).all()
        return Connection(nodes=[SearchResult(task_id=row[0], comment_id=row[1]) for row in rows])


async def load_user(info: Info, key: UUID | None) -> User | None:
    return None if key is None else User.of(await info.context.user_by_id.load(key))


async def load_tasks(
    info: Info,
    first: int,
    filter: TaskFilter | None,
    order_by: list[TaskOrder] | None,
    where: Any,
) -> Connection[Task]:
    query = select(TaskEntity).where(where, *active_tasks())
    if filter is not None:
        query = query.where(*filter.conditions())
    if order_by:
        columns = [getattr(TaskEntity, term.field.value) for term in order_by]
        query = query.order_by(*columns, TaskEntity.id)
    else:
        query = query.order_by(TaskEntity.created_at.desc(), TaskEntity.id.desc())
    async with info.context.sessions() as session:
        rows = (await session.scalars(query.limit(first))).all()
    return Connection(nodes=[Task.of(row) for row in rows])


@strawberry.type
class Query:
    @strawberry.field
    def viewer(self, info: Info) -> User:
        return User.of(info.context.user)

    @strawberry.field
    async def workspace(self, info: Info, slug: str) -> Workspace | None:
        query = (
            select(WorkspaceEntity)
            .join(MembershipEntity, MembershipEntity.workspace_id == WorkspaceEntity.id)
            .where(WorkspaceEntity.slug == slug, MembershipEntity.user_id == info.context.user.id)
        )
        async with info.context.sessions() as session:
            row = await session.scalar(query)
        return None if row is None else Workspace(row=row)


@strawberry.input
class TaskUpdateInput:
    id: strawberry.ID
    title: str


@strawberry.type
class TaskPayload:
    task: Task


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def task_update(self, info: Info, input: TaskUpdateInput) -> TaskPayload:
        """Set the title, with a new version and an entry in the log."""
        key, user, at = UUID(input.id.partition("_")[2]), info.context.user, datetime.now(UTC)
        query = (
            select(TaskEntity)
            .join(MembershipEntity, MembershipEntity.workspace_id == TaskEntity.workspace_id)
            .where(
                TaskEntity.id == key,
                MembershipEntity.user_id == user.id,
                MembershipEntity.role != "GUEST",
            )
            .with_for_update(key_share=True, of=TaskEntity)
        )
        async with info.context.sessions.begin() as session:
            task = (await session.scalars(query)).one()
            fields = {"title": [task.title, input.title]}
            task.title, task.updated_at, task.version = input.title, at, task.version + 1
            taken = (
                update(WorkspaceEntity)
                .where(WorkspaceEntity.id == task.workspace_id)
                .values(sequence=WorkspaceEntity.sequence + 1)
                .returning(WorkspaceEntity.sequence)
            )
            sequence = (await session.scalars(taken)).one()
            change = ChangeEntity(
                workspace_id=task.workspace_id,
                sequence=sequence,
                at=at,
                kind="UPDATED",
                actor_id=user.id,
                subject_type="Task",
                subject_id=key,
                project_id=task.project_id,
                fields=fields,
            )
            session.add(change)
        return TaskPayload(task=Task.of(task))


schema = strawberry.Schema(query=Query, mutation=Mutation)
