"""Deleting logged rows, with everything that the database's foreign keys would change.

A row's `parts` are deleted first, its `referrers` lose their reference; both are logged. Without
this, ON DELETE CASCADE and SET NULL would change rows that no log entry mentions.
"""

from collections.abc import Collection, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, delete, func, select, union, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, defer, selectinload

from models.base import Base, long_texts
from models.columns.json_values import encode
from models.columns.types import is_text
from models.log.change import Change, ChangeKind
from models.log.logged import CollectedField, Logged, logged_columns
from models.log.recorder import recorder_of

#: Rows whose texts one statement erases from the log.
CHUNK = 1000


async def delete_rows(session: AsyncSession, rows: Sequence[Any]) -> None:
    """Delete locked rows of one model, with their parts, and release their referrers."""
    if not rows:
        return
    model: Any = type(rows[0])
    keys = sorted(row.id for row in rows)
    await _release_referrers(session, model, keys)
    for relation in model.parts:
        target, parent_key = _children(model, relation)
        children = select(target).where(parent_key.in_(keys)).order_by(target.id)
        await delete_rows(session, (await session.scalars(children.with_for_update())).all())
    # Pending changes of the rows are written before the rows go.
    await session.flush()
    if model.collected:
        await _load_collected(session, model, keys)
    await session.run_sync(lambda _: recorder_of(session).record_deletion(rows))
    for row in rows:
        session.expunge(row)
    await session.execute(delete(model).where(model.id.in_(keys)))
    if recorder_of(session).purges:
        await erase_texts(session, model, keys, {row.workspace_of() for row in rows})


async def lock_with_referrers(session: AsyncSession, model: Any, keys: Collection[UUID]) -> None:
    """Lock the rows that refer to rows which are to be deleted, before those are locked.

    Writers lock a referrer before the row that it refers to, and rows of one table in the order of
    their keys. A deletion must do the same, or the two can deadlock. So referrers of the same table
    are locked together with the rows.
    """
    ids = [select(model.id).where(model.id.in_(keys))]
    for relation in model.referrers:
        referrers = _referrers(model, relation, keys)
        if referrers.column_descriptions[0]["entity"] is model:
            ids.append(referrers.with_only_columns(model.id).order_by(None))
        else:
            await session.execute(_locked(referrers))
    if len(ids) > 1:
        rows = select(model.id).where(model.id.in_(union(*ids))).order_by(model.id)
        await session.execute(rows.with_for_update(of=model))


async def erase_texts(
    session: AsyncSession, model: Any, keys: Sequence[UUID], workspaces: Collection[UUID]
) -> None:
    """Remove the texts of purged rows from the log, and those of parts that were deleted earlier.

    The entries keep their fields, whose values become null. The database does it in place.
    """
    texts = [name for name, column in logged_columns(model).items() if is_text(column)]
    kind = session.get_bind().dialect.name
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        of_rows = Change.subject_id.in_(chunk) & (Change.subject_type == model.__name__)
        fields = _without_texts(Change.fields, texts, kind)
        statement = update(Change).where(of_rows).values(fields=fields)
        await session.execute(statement, execution_options={"synchronize_session": False})
        for relation in model.parts:
            part, parent_key = _children(model, relation)
            parent = Change.fields[(parent_key.key, 0)].as_string()
            deleted = select(Change.subject_id).where(
                Change.workspace_id.in_(workspaces),
                Change.subject_type == part.__name__,
                Change.kind == ChangeKind.DELETED,
                parent.in_([encode(key) for key in chunk]),
            )
            parts = (await session.scalars(deleted)).all()
            await erase_texts(session, part, parts, workspaces)


def _without_texts(fields: Any, names: Sequence[str], kind: str) -> Any:
    """Return the logged fields with null before and after, for those of the names that exist."""
    for name in names:
        if kind == "postgresql":
            path, empty = sql_cast([name], ARRAY(Text)), sql_cast([None, None], JSONB)
            fields = func.jsonb_set(fields, path, empty, False)
        else:
            fields = func.json_replace(fields, f"$.{name}", func.json_array(None, None))
    return fields


async def _release_referrers(session: AsyncSession, model: Any, keys: Collection[UUID]) -> None:
    for relation in model.referrers:
        through = _collected_through(model, relation)
        referrers = await session.scalars(_locked(_referrers(model, relation, keys)))
        for referrer in referrers:
            if through is None:
                _, reference = _children(model, relation)
                setattr(referrer, reference.key, None)
            else:
                field, reference = through
                linked = getattr(referrer, field.relation)
                kept = [row for row in linked if getattr(row, reference.key) not in keys]
                setattr(referrer, field.relation, kept)


def _referrers(model: Any, relation: str, keys: Collection[UUID]) -> Select[Any]:
    """Select the other rows of a relationship that refer to any of the keys."""
    target: Any = getattr(model, relation).property.mapper.class_
    through = _collected_through(model, relation)
    rows = select(target)
    if through is None:
        _, reference = _children(model, relation)
        rows = rows.where(reference.in_(keys))
    else:
        field, reference = through
        collection: InstrumentedAttribute[Any] = getattr(target, field.relation)
        rows = rows.where(collection.any(reference.in_(keys))).options(selectinload(collection))
    if target is model:
        rows = rows.where(target.id.not_in(keys))
    # A label may be on thousands of tasks, whose texts do not change.
    unread = [defer(getattr(target, name), raiseload=True) for name in long_texts(target)]
    return rows.options(*unread).order_by(target.id)


def _locked(rows: Select[Any]) -> Select[Any]:
    return rows.with_for_update(of=rows.column_descriptions[0]["entity"], key_share=True)


def _children(model: Any, relation: str) -> tuple[Any, InstrumentedAttribute[Any]]:
    """Return a one-to-many relationship's target and its foreign key to `model`."""
    relationship = getattr(model, relation).property
    [(_, foreign_key)] = relationship.synchronize_pairs
    target = relationship.mapper.class_
    name = relationship.mapper.get_property_by_column(foreign_key).key
    return target, getattr(target, name)


def _collected_through(
    model: Any, relation: str
) -> tuple[CollectedField, InstrumentedAttribute[Any]] | None:
    """Return the target's collected field behind a many-to-many relationship, and its foreign key.

    Returns None for a one-to-many relationship.
    """
    relationship = getattr(model, relation).property
    if relationship.secondary is None:
        return None
    [(_, foreign_key)] = relationship.synchronize_pairs
    target = cast("type[Logged]", relationship.mapper.class_)
    for field in target.collected.values():
        linking = getattr(target, field.relation).property.mapper
        if linking.local_table is relationship.secondary:
            name = linking.get_property_by_column(foreign_key).key
            return field, getattr(linking.class_, name)
    raise TypeError(f"{target.__name__} collects no rows of {relationship.secondary}")


async def _load_collected(session: AsyncSession, model: Any, keys: Collection[UUID]) -> None:
    relations = [selectinload(getattr(model, field.relation)) for field in model.collected.values()]
    rows = select(cast("type[Base]", model)).where(model.id.in_(keys)).options(*relations)
    await session.scalars(rows.order_by(model.id).execution_options(populate_existing=True))
