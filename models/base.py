"""The base class of all models, and the columns that they share."""

from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    ForeignKey,
    MetaData,
    Table,
    Text,
    event,
    false,
    inspect,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from uuid_utils.compat import uuid7

from models.columns.types import timestamp, uuid_type
from models.viewer import Viewer

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """A mapped row. It is visible to nobody unless its model overrides `visible_to`."""

    metadata = MetaData(naming_convention=NAMING)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        """Return the condition for the rows that `viewer` may see."""
        return false()


def table_of(model: type[Base]) -> Table:
    """Return the table of a model, for statements that write many rows."""
    return cast("Table", model.__table__)


def column_of(attribute: Any) -> Column[Any]:
    """Return the column of a mapped attribute of a model or of an alias."""
    return cast("Column[Any]", attribute.property.columns[0])


@cache
def long_texts(model: type[Base]) -> tuple[str, ...]:
    """Return the attributes of a model that hold texts of any length, or JSON."""
    attributes = inspect(model).column_attrs
    return tuple(one.key for one in attributes if isinstance(one.columns[0].type, Text | JSON))


@cache
def models_with_long_texts() -> tuple[type[Base], ...]:
    """Return the models of which a row can be large."""
    models: list[type[Base]] = [one.class_ for one in Base.registry.mappers]
    return tuple(filter(long_texts, models))


class UUIDPrimaryKey:
    """A row with a UUIDv7 key, which sorts by age."""

    id: Mapped[UUID] = mapped_column(
        uuid_type(), primary_key=True, default=uuid7, sort_order=-2, doc="The ID."
    )


class Timestamped:
    """A row with the times of its creation and its last change. The log sets the latter."""

    created_at: Mapped[datetime] = mapped_column(
        timestamp(), default=now, sort_order=1, doc="When it was created."
    )
    updated_at: Mapped[datetime] = mapped_column(
        timestamp(), default=now, sort_order=1, doc="When it was last changed."
    )


class Versioned:
    """A row with a version, which the log increments with every change."""

    version: Mapped[int] = mapped_column(
        default=1,
        sort_order=1,
        doc="Increases by one with every change. Send it back as `expectedVersion` to detect "
        "conflicting edits.",
    )


class WorkspaceScoped:
    """A row of one workspace, visible only to its members."""

    #: Whether to index the foreign key; not needed if another index starts with it.
    workspace_index: ClassVar[bool] = False

    @declared_attr
    def workspace_id(cls) -> Mapped[UUID]:
        return mapped_column(
            uuid_type(),
            ForeignKey("workspaces.id", ondelete="CASCADE"),
            index=cls.workspace_index,
            sort_order=-1,
            doc="The workspace.",
        )

    @classmethod
    def visible_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        return viewer.can_reach(cls.workspace_id)


@event.listens_for(Table, "before_create")
def set_binary_collation(table: Table, connection: Connection, **_: Any) -> None:
    """Make MariaDB and MySQL compare texts as bytes, without padding them with spaces."""
    name = connection.dialect.name
    if name in ("mysql", "mariadb"):
        is_mariadb = getattr(connection.dialect, "is_mariadb", False)
        table.dialect_kwargs[f"{name}_charset"] = "utf8mb4"
        table.dialect_kwargs[f"{name}_collate"] = (
            "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"
        )
        table.dialect_kwargs[f"{name}_engine"] = "InnoDB"
