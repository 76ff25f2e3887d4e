"""The context of a request: its user, and a data loader for each relation."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased
from strawberry.dataloader import DataLoader
from strawberry.fastapi import BaseContext

from benchmarks.engine.contenders.plain_strawberry.entities import (
    AssignmentEntity,
    CommentEntity,
    LabelEntity,
    LabelingEntity,
    MilestoneEntity,
    StateEntity,
    TaskEntity,
    UserEntity,
)

Sessions = async_sessionmaker[AsyncSession]


class Context(BaseContext):
    """What resolvers share during one request."""

    def __init__(self, sessions: Sessions, user: UserEntity) -> None:
        super().__init__()
        self.sessions = sessions
        self.user = user
        self.user_by_id = by_id(sessions, UserEntity)
        self.state_by_id = by_id(sessions, StateEntity)
        self.task_by_id = by_id(sessions, TaskEntity)
        self.milestone_by_id = by_id(sessions, MilestoneEntity)
        self.comment_by_id = by_id(sessions, CommentEntity)
        self.assignees = joined(
            sessions,
            select(AssignmentEntity.task_id, UserEntity)
            .join(UserEntity, UserEntity.id == AssignmentEntity.user_id)
            .order_by(UserEntity.handle),
            AssignmentEntity.task_id,
        )
        self.labels = joined(
            sessions,
            select(LabelingEntity.task_id, LabelEntity)
            .join(LabelEntity, LabelEntity.id == LabelingEntity.label_id)
            .order_by(LabelEntity.name),
            LabelingEntity.task_id,
        )
        #: Loaders of pages, by relation and size.
        self._pages: dict[tuple[str, int], DataLoader[UUID, list[Any]]] = {}

    def comments(self, first: int) -> DataLoader[UUID, list[Any]]:
        order = (CommentEntity.created_at, CommentEntity.id)
        return self._page("comments", CommentEntity, CommentEntity.task_id, order, first)

    def milestones(self, first: int) -> DataLoader[UUID, list[Any]]:
        order = (MilestoneEntity.created_at, MilestoneEntity.id)
        return self._page("milestones", MilestoneEntity, MilestoneEntity.project_id, order, first)

    def milestone_tasks(self, first: int) -> DataLoader[UUID, list[Any]]:
        order = (TaskEntity.created_at.desc(), TaskEntity.id.desc())
        column = TaskEntity.milestone_id
        return self._page("tasks", TaskEntity, column, order, first, *active_tasks())

    def _page(
        self, name: str, entity: Any, column: Any, order: Any, first: int, *where: Any
    ) -> DataLoader[UUID, list[Any]]:
        key = (name, first)
        if key not in self._pages:
            self._pages[key] = pages(self.sessions, entity, column, order, first, where)
        return self._pages[key]


def active_tasks() -> tuple[Any, ...]:
    return TaskEntity.deleted_at.is_(None), TaskEntity.archived_at.is_(None)


def by_id(sessions: Sessions, entity: Any) -> DataLoader[UUID, Any]:
    """A loader of entities by their primary keys."""

    async def load(keys: list[UUID]) -> Sequence[Any]:
        async with sessions() as session:
            found = await session.scalars(select(entity).where(entity.id.in_(keys)))
            rows = {row.id: row for row in found}
        return [rows.get(key) for key in keys]

    return DataLoader(load_fn=load)


def joined(sessions: Sessions, query: Any, column: Any) -> DataLoader[UUID, list[Any]]:
    """A loader of the entities that a query of (parent's key, entity) finds for each parent."""

    async def load(keys: list[UUID]) -> list[list[Any]]:
        groups: dict[UUID, list[Any]] = defaultdict(list)
        async with sessions() as session:
            for parent, row in await session.execute(query.where(column.in_(keys))):
                groups[parent].append(row)
        return [groups[key] for key in keys]

    return DataLoader(load_fn=load)


def pages(
    sessions: Sessions, entity: Any, column: Any, order: Any, first: int, where: Any
) -> DataLoader[UUID, list[Any]]:
    """A loader of the first entities of each parent."""

    async def load(keys: list[UUID]) -> list[list[Any]]:
        place = func.row_number().over(partition_by=column, order_by=order).label("place")
        numbered = select(entity, place).where(column.in_(keys), *where).subquery()
        row_of = aliased(entity, numbered)
        query = select(row_of).where(numbered.c.place <= first).order_by(numbered.c.place)
        groups: dict[UUID, list[Any]] = defaultdict(list)
        async with sessions() as session:
            for row in await session.scalars(query):
                groups[getattr(row, column.key)].append(row)
        return [groups[key] for key in keys]

    return DataLoader(load_fn=load)
