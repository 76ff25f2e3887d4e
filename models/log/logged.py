"""Which rows the log tells of, and what it tells of each."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import Column, inspect
from sqlalchemy.orm import Session
from sqlalchemy.orm.base import NO_VALUE

from models.base import Base
from models.columns.json_values import encode
from models.log.change import ChangeKind
from models.viewer import Permission, Viewer


@dataclass(frozen=True)
class CollectedField:
    """A field that is made of another table's rows: a relationship, and what is told of each."""

    relation: str
    #: The column that is told, or several by the names they are told under.
    told: str | Mapping[str, str]

    def value(self, rows: Iterable[Any]) -> list[Any]:
        """The field's value, in an order of its own."""
        told = self.told
        if isinstance(told, str):
            return sorted(encode(getattr(row, told)) for row in rows)
        values = [
            {name: encode(getattr(row, column)) for name, column in told.items()} for row in rows
        ]
        return sorted(values, key=lambda value: list(value.values()))


class Logged:
    """A row of a workspace whose changes the log tells."""

    #: Columns that the log does not tell of.
    not_logged: ClassVar[frozenset[str]] = frozenset()
    #: Fields that are made of the rows of another table, by name.
    collected: ClassVar[Mapping[str, CollectedField]] = {}
    #: What it takes to change such a row.
    permission: ClassVar[Permission] = Permission.WRITE

    def workspace_of(self) -> UUID:
        """The workspace whose log tells of the row."""
        workspace_id: UUID = self.workspace_id  # type: ignore[attr-defined]
        return workspace_id

    def project_key(self, session: Session) -> UUID | None:
        """The project that the row belongs to, if it belongs to one."""
        return getattr(self, "project_id", None)

    def can_be_updated_by(self, viewer: Viewer) -> bool:
        """Whether `viewer` may change the row."""
        return viewer.can(self.permission, self.workspace_of())

    def can_be_deleted_by(self, viewer: Viewer) -> bool:
        """Whether `viewer` may delete the row, or bring it back."""
        return self.can_be_updated_by(viewer)

    def can_be_restored_by(self, viewer: Viewer, deleter_id: UUID | None) -> bool:
        """Whether `viewer` may make the row again that `deleter_id` deleted."""
        return self.can_be_deleted_by(viewer)


#: A row's key, where it stands, and how often it was changed are no fields.
_NEVER_LOGGED = frozenset({"id", "workspace_id", "version", "updated_at"})


def logged_columns(model: Any) -> Mapping[str, Column[Any]]:
    """The columns of a model that the log tells of, by attribute."""
    return _logged_columns(model)


@cache
def _logged_columns(model: Hashable) -> Mapping[str, Column[Any]]:
    not_logged = _NEVER_LOGGED | getattr(model, "untold", frozenset())
    columns = {
        one.key: cast("Column[Any]", one.columns[0])
        for one in inspect(cast("type[Base]", model)).column_attrs
    }
    return {name: column for name, column in columns.items() if name not in not_logged}


def logged_values(row: Any) -> dict[str, Any]:
    """The fields of a row as they are now, as the log tells them."""
    values = {name: encode(getattr(row, name)) for name in logged_columns(type(row))}
    for name, collected in row.collected.items():
        # Of a row that was just made what was not set is empty.
        values[name] = collected.value(inspect(row).dict.get(collected.relation, ()))
    return values


def creation_entry(
    model: type[Base],
    values: Mapping[str, Any],
    project_id: UUID | None = None,
    collected: Mapping[str, list[Any]] | None = None,
) -> dict[str, Any]:
    """The change that a row of plain values is made by, for `models.log.recorder.append`.

    `collected` holds the values of fields that are made of other rows.
    """
    fields = {name: [None, encode(values.get(name))] for name in logged_columns(model)}
    for name in getattr(model, "gathered", {}):
        fields[name] = [None, (collected or {}).get(name, [])]
    return change_entry(model, values["id"], ChangeKind.CREATED, fields, project_id)


def collect(
    model: Any, parts: Mapping[str, Iterable[Mapping[str, Any]]], key: str
) -> dict[UUID, dict[str, list[Any]]]:
    """The fields of many rows that are made of other rows, which are plain values too.

    `parts` has those other rows by field, and `key` is their column that names the row.
    """
    found: dict[UUID, dict[str, list[Any]]] = {}
    for name, rows in parts.items():
        for row in rows:
            fields = found.setdefault(row[key], {})
            fields.setdefault(name, []).append(SimpleNamespace(**row))
    return {
        one: {name: model.collected[name].value(rows) for name, rows in fields.items()}
        for one, fields in found.items()
    }


def change_entry(
    model: type[Base],
    key: UUID,
    kind: ChangeKind,
    fields: Mapping[str, Any],
    project_id: UUID | None = None,
) -> dict[str, Any]:
    """A change of a row that is written past the session, for `models.log.recorder.append`."""
    return {
        "kind": kind,
        "subject_type": model.__name__,
        "subject_id": key,
        "project_id": project_id,
        "fields": dict(fields),
    }


def changed_fields(row: Any) -> dict[str, list[Any]]:
    """The fields of a row that differ from what the database has: before and after."""
    state = inspect(row)
    fields: dict[str, list[Any]] = {}
    told = logged_columns(type(row))
    # Only what was set has anything there: most of a row was not.
    for name in [name for name in told if name in state.committed_state]:
        history = state.attrs[name].history
        if history.added and history.deleted:
            fields[name] = [encode(history.deleted[0]), encode(history.added[0])]
        elif state.committed_state[name] is NO_VALUE:
            raise TypeError(f"{row!r}: {name} was set without having been read")
    for name, collected in row.collected.items():
        if collected.relation not in state.dict:
            continue
        history = state.attrs[collected.relation].history
        if history.has_changes():
            before = collected.value([*history.unchanged, *history.deleted])
            after = collected.value([*history.unchanged, *history.added])
            if before != after:
                fields[name] = [before, after]
    return fields


def change_kind(fields: Mapping[str, Sequence[Any]]) -> ChangeKind:
    """What changed fields make of a change."""
    for name, gone, back in (
        ("deleted_at", ChangeKind.DELETED, ChangeKind.RESTORED),
        ("archived_at", ChangeKind.ARCHIVED, ChangeKind.UNARCHIVED),
    ):
        if name in fields:
            before, after = fields[name]
            if before is None or after is None:
                return gone if before is None else back
    return ChangeKind.UPDATED
