"""Log entries for rows that are written with plain INSERT and UPDATE statements.

The importer and the demo write without the ORM session, so that the recorder does not see their
rows. They build the entries here, and add them with `models.log.recorder.append_changes`.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from models.base import Base
from models.columns.json_values import encode
from models.log.change import ChangeKind
from models.log.logged import logged_columns


def change_kind(fields: Mapping[str, Sequence[Any]]) -> ChangeKind:
    """Return the kind of an update from the fields it changed."""
    for name, gone, back in (
        ("deleted_at", ChangeKind.DELETED, ChangeKind.RESTORED),
        ("archived_at", ChangeKind.ARCHIVED, ChangeKind.UNARCHIVED),
    ):
        if name in fields:
            before, after = fields[name]
            if before is None or after is None:
                return gone if before is None else back
    return ChangeKind.UPDATED


def creation_entry(
    model: Any,
    values: Mapping[str, Any],
    project_id: UUID | None = None,
    collected: Mapping[str, list[Any]] | None = None,
) -> dict[str, Any]:
    """Return the entry for a new row; `collected` has the values of its collected fields."""
    fields = {name: [None, encode(values.get(name))] for name in logged_columns(model)}
    for name in model.collected:
        fields[name] = [None, (collected or {}).get(name, [])]
    return change_entry(model, values["id"], ChangeKind.CREATED, fields, project_id)


def change_entry(
    model: type[Base],
    key: UUID,
    kind: ChangeKind,
    fields: Mapping[str, Any],
    project_id: UUID | None = None,
) -> dict[str, Any]:
    """Return the entry for any change; it still lacks its number, time and actor."""
    return {
        "kind": kind,
        "subject_type": model.__name__,
        "subject_id": key,
        "project_id": project_id,
        "fields": dict(fields),
    }


def collect(
    model: Any, rows_by_field: Mapping[str, Iterable[Mapping[str, Any]]], key: str
) -> dict[UUID, dict[str, list[Any]]]:
    """Return the collected fields of many rows of `model`, by the rows' ids.

    `rows_by_field` has, for each field, the other table's rows as plain values; `key` is their
    column that refers to the row of `model`.
    """
    rows_of: dict[UUID, dict[str, list[Any]]] = {}
    for name, rows in rows_by_field.items():
        for row in rows:
            rows_of.setdefault(row[key], {}).setdefault(name, []).append(SimpleNamespace(**row))
    return {
        owner: {name: model.collected[name].value(rows) for name, rows in fields.items()}
        for owner, fields in rows_of.items()
    }
