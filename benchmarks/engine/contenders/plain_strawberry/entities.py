"""The ORM entities, with the columns that the schema shows."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Entity(DeclarativeBase):
    type_annotation_map = {datetime: TIMESTAMP(timezone=True), UUID: Uuid(), str: Text()}


class UserEntity(Entity):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    handle: Mapped[str]
    name: Mapped[str]
    disabled_at: Mapped[datetime | None]


class TokenEntity(Entity):
    __tablename__ = "access_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary())
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class WorkspaceEntity(Entity):
    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    sequence: Mapped[int]


class MembershipEntity(Entity):
    __tablename__ = "memberships"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]


class ProjectEntity(Entity):
    __tablename__ = "projects"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    key: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class MilestoneEntity(Entity):
    __tablename__ = "milestones"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    title: Mapped[str]
    due_on: Mapped[date | None]
    created_at: Mapped[datetime]


class StateEntity(Entity):
    __tablename__ = "states"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    category: Mapped[str]
    color: Mapped[str]


class LabelEntity(Entity):
    __tablename__ = "labels"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    color: Mapped[str]


class AssignmentEntity(Entity):
    __tablename__ = "assignments"

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)


class LabelingEntity(Entity):
    __tablename__ = "labelings"

    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    label_id: Mapped[UUID] = mapped_column(ForeignKey("labels.id"), primary_key=True)


class TaskEntity(Entity):
    __tablename__ = "tasks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    project_id: Mapped[UUID] = mapped_column(ForeignKey("projects.id"))
    milestone_id: Mapped[UUID | None] = mapped_column(ForeignKey("milestones.id"))
    state_id: Mapped[UUID] = mapped_column(ForeignKey("states.id"))
    creator_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    number: Mapped[int]
    title: Mapped[str]
    body: Mapped[str]
    priority: Mapped[int | None]
    estimate: Mapped[float | None]
    due_on: Mapped[date | None]
    rank: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    version: Mapped[int]

    labels: Mapped[list[LabelEntity]] = relationship(
        secondary="labelings", lazy="raise", viewonly=True
    )


class CommentEntity(Entity):
    __tablename__ = "comments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id"))
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    body: Mapped[str]
    created_at: Mapped[datetime]


class ChangeEntity(Entity):
    __tablename__ = "changes"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    project_id: Mapped[UUID | None]
    fields: Mapped[Any] = mapped_column(JSONB())
