"""Logged models: the mixin, and the fields that the change log records for each row."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import Column, inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.base import NO_VALUE

from models.base import Base
from models.columns.json_values import decode, encode
from models.log.change import Change, ChangeKind
from models.viewer import Permission, Viewer


@dataclass(frozen=True)
class CollectedField:
    """A logged field whose value is a list built from the rows of another table.

    A task's `labelIds` is one: it is built from the task's `labelings`.
    """

    #: The relationship to those rows.
    relation: str
    #: The column to log of each row, or several columns by the names they are logged under.
    columns: str | Mapping[str, str]

    def value(self, rows: Iterable[Any]) -> list[Any]:
        """Return the field's value, sorted so that equal sets give equal lists."""
        columns = self.columns
        if isinstance(columns, str):
            return sorted(encode(getattr(row, columns)) for row in rows)
        values = [
            {name: encode(getattr(row, column)) for name, column in columns.items()} for row in rows
        ]
        return sorted(values, key=lambda value: list(value.values()))


class Logged:
    """A row whose changes are recorded in its workspace's log.

    `parts` and `referrers` name the logged rows that a deletion also deletes or changes. They must
    agree with the foreign keys' ON DELETE actions, or the database would change rows that the log
    misses; a test compares the two.
    """

    #: Columns that are not logged.
    not_logged: ClassVar[frozenset[str]] = frozenset()
    #: Fields that are built from the rows of another table, by name.
    collected: ClassVar[Mapping[str, CollectedField]] = {}
    #: Relationships to logged rows that are deleted together with this row.
    parts: ClassVar[tuple[str, ...]] = ()
    #: Relationships to logged rows that only lose their reference when this row is deleted.
    referrers: ClassVar[tuple[str, ...]] = ()
    #: The permission needed to update a row.
    permission: ClassVar[Permission] = Permission.WRITE
    #: Whether only the user whose row it is updates it.
    has_one_editor: ClassVar[bool] = False
    #: Whether changes can be reverted.
    is_revertible: ClassVar[bool] = True

    def workspace_of(self) -> UUID:
        """Return the id of the workspace whose log records the row."""
        workspace_id: UUID = self.workspace_id  # type: ignore[attr-defined]
        return workspace_id

    def project_of(self, session: Session) -> UUID | None:
        """Return the id of the project that the row belongs to, or None."""
        return getattr(self, "project_id", None)

    def can_be_updated_by(self, viewer: Viewer) -> bool:
        return viewer.can(self.permission, self.workspace_of())

    def can_be_deleted_by(self, viewer: Viewer) -> bool:
        return self.can_be_updated_by(viewer)

    def can_be_restored_by(self, viewer: Viewer, deleter_id: UUID | None) -> bool:
        """Whether `viewer` may recreate the row that the user `deleter_id` deleted."""
        return self.can_be_deleted_by(viewer)

    @classmethod
    def change_can_be_reverted_by(cls, viewer: Viewer, change: Change) -> bool:
        """Whether the viewer's role and the change itself, without its row, allow a revert."""
        if not cls.is_revertible:
            return False
        if change.kind is ChangeKind.DELETED and "deleted_at" not in logged_columns(cls):
            row: Logged = deleted_row(cls, change)
            return row.can_be_restored_by(viewer, change.actor_id)
        if cls.has_one_editor and change.actor_id != viewer.user_id:
            return False
        return viewer.can(cls.permission, change.workspace_id)


def logged_models() -> list[Any]:
    """Return the models whose changes are logged, by name. All models must have been imported."""
    mapped = (mapper.class_ for mapper in Base.registry.mappers)
    logged = (model for model in mapped if issubclass(model, Logged))
    return sorted(logged, key=lambda model: model.__name__)


#: Columns of every model that say nothing about its content.
_NEVER_LOGGED = frozenset({"id", "workspace_id", "version", "updated_at"})


def logged_columns(model: Any) -> Mapping[str, Column[Any]]:
    """Return the logged columns of a model, by attribute name."""
    return _logged_columns(model)


@cache
def _logged_columns(model: Hashable) -> Mapping[str, Column[Any]]:
    not_logged = _NEVER_LOGGED | cast("type[Logged]", model).not_logged
    attributes = inspect(cast("type[Base]", model)).column_attrs
    return {
        attribute.key: cast("Column[Any]", attribute.columns[0])
        for attribute in attributes
        if attribute.key not in not_logged
    }


def stored_value(column: Column[Any], logged: Any) -> Any:
    """Return the value of a column for a logged one.

    A null that the column cannot have any more is its default.
    """
    default = column.default
    if logged is None and not column.nullable and default is not None and default.is_scalar:
        return getattr(default, "arg", None)
    return decode(column, logged)


def deleted_row(model: Any, change: Change) -> Any:
    """Return a new row with the values that a row had when it was deleted."""
    columns = logged_columns(model)
    values = {
        name: stored_value(columns[name], before)
        for name, (before, _) in change.fields.items()
        if name in columns
    }
    return model(id=change.subject_id, workspace_id=change.workspace_id, **values)


def logged_values(row: Any) -> dict[str, Any]:
    """Return the current values of all logged fields of a row, as JSON values."""
    values = {name: encode(getattr(row, name)) for name in logged_columns(type(row))}
    for name, field in row.collected.items():
        # A relationship of a new row that was never set is empty.
        values[name] = field.value(inspect(row).dict.get(field.relation, ()))
    return values


def changed_fields(row: Any) -> dict[str, list[Any]]:
    """Return `{name: [before, after]}` for the logged fields that differ from the database."""
    state = inspect(row)
    fields: dict[str, list[Any]] = {}
    columns = logged_columns(type(row))
    # `committed_state` only has the attributes that were set, which are few.
    for name in [name for name in columns if name in state.committed_state]:
        history = state.attrs[name].history
        if history.added and history.deleted:
            fields[name] = [encode(history.deleted[0]), encode(history.added[0])]
        elif state.committed_state[name] is NO_VALUE:
            raise TypeError(f"{row!r}: {name} was set before it was loaded")
    for name, field in row.collected.items():
        if field.relation not in state.dict:
            continue
        history = state.attrs[field.relation].history
        if history.has_changes():
            before = field.value([*history.unchanged, *history.deleted])
            after = field.value([*history.unchanged, *history.added])
            if before != after:
                fields[name] = [before, after]
    return fields
