"""Reading the log back: what changed since a version."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, column, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.log.change import Change


async def fields_changed_since(
    session: AsyncSession, versions: Mapping[Any, int]
) -> dict[UUID, set[str]]:
    """Return, by row id, the names of the fields that changed after the given version of a row."""
    behind = {row.id: row.version - version for row, version in versions.items()}
    newest_first = func.row_number().over(
        partition_by=Change.subject_id, order_by=Change.sequence.desc()
    )
    numbered = (
        select(Change.subject_id, _field_names(session).label("names"), newest_first.label("place"))
        .where(
            Change.workspace_id.in_({row.workspace_of() for row in versions}),
            Change.subject_id.in_(behind),
        )
        .subquery()
    )
    # Each change increases the version by one.
    recent = select(numbered).where(numbered.c.place <= max(behind.values(), default=0))
    changed: dict[UUID, set[str]] = {key: set() for key in behind}
    for key, names, place in await session.execute(recent):
        if place <= behind[key]:
            changed[key].update(names)
    return changed


def _field_names(session: AsyncSession) -> ColumnElement[Any]:
    """Return the expression for the names of a change's fields, without reading their values."""
    kind = session.get_bind().dialect.name
    if kind == "postgresql":
        names = select(func.jsonb_object_keys(Change.fields)).correlate(Change)
        return func.array(names.scalar_subquery())
    if kind == "sqlite":
        names = select(func.json_group_array(column("key"), type_=JSON))
        keys = names.select_from(func.json_each(Change.fields)).correlate(Change)
        return keys.scalar_subquery()
    return func.json_keys(Change.fields, type_=JSON)
