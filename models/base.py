"""What every model shares: naming of constraints, keys, times, versions, and who may see a row."""

from datetime import UTC, datetime
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import Column, ColumnElement, ForeignKey, MetaData, Table, event, false
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
    """The present instant, in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """A mapped row. Nobody may see one until its model says who."""

    metadata = MetaData(naming_convention=NAMING)

    @classmethod
    def visible_to(cls, viewer: Viewer) -> ColumnElement[bool]:
        """The condition under which `viewer` may see a row of this model."""
        return false()


def table_of(model: type[Base]) -> Table:
    """The table of a model, for statements that write many rows."""
    return cast("Table", model.__table__)


def column_of(attribute: Any) -> Column[Any]:
    """The column behind a mapped attribute, of a model or of an alias of one."""
    return cast("Column[Any]", attribute.property.columns[0])


class UUIDPrimaryKey:
    """A row known by a UUIDv7: unique without asking the database, and sorted by age."""

    id: Mapped[UUID] = mapped_column(
        uuid_type(), primary_key=True, default=uuid7, sort_order=-2, doc="The ID."
    )


class Timestamped:
    """A row that knows when it was made and last changed; the log keeps the latter."""

    created_at: Mapped[datetime] = mapped_column(
        timestamp(), default=now, sort_order=1, doc="When it was created."
    )
    updated_at: Mapped[datetime] = mapped_column(
        timestamp(), default=now, sort_order=1, doc="When it was last changed."
    )


class Versioned:
    """A row whose version goes up by one with every change; the log counts it."""

    version: Mapped[int] = mapped_column(
        default=1,
        sort_order=1,
        doc="Increases by one with every change. Send it back as `expectedVersion` to detect "
        "conflicting edits.",
    )


class WorkspaceScoped:
    """A row of one workspace, seen by its members alone."""

    #: Whether the foreign key has an index of its own: not where another index begins with it.
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
def compare_bytes(table: Table, connection: Connection, **_: Any) -> None:
    """Gives each table of MariaDB and MySQL the collation that compares bytes, without padding."""
    name = connection.dialect.name
    if name in ("mysql", "mariadb"):
        maria = getattr(connection.dialect, "is_mariadb", False)
        table.dialect_kwargs[f"{name}_charset"] = "utf8mb4"
        table.dialect_kwargs[f"{name}_collate"] = (
            "utf8mb4_nopad_bin" if maria else "utf8mb4_0900_bin"
        )
        table.dialect_kwargs[f"{name}_engine"] = "InnoDB"
