"""The log of changes, as it is read: pages that a client resumes by number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import Column, ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

import models
from graph.context import Info
from graph.kit.enums import describe_enum
from graph.kit.errors import BadUserInput
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.node import Node, decode_id, encode_id, model_named, models_by_name
from graph.kit.paging.keyset import Order, OrderTerm
from graph.kit.paging.page_arguments import MAX_SIZE, page_size
from graph.kit.relations.batches import RowBatch, union_of
from graph.kit.relations.fields import one, resolver_field
from graph.types import User
from models.base import Base, column_of
from models.log.logged import Logged, logged_columns

IN_SEQUENCE = Order(models.Change, (OrderTerm("sequence"),))

describe_enum(
    models.ChangeKind,
    "What happened to the subject of a change.",
    CREATED="It was made.",
    UPDATED="Fields of it were changed.",
    ARCHIVED="It was put into the archive.",
    UNARCHIVED="It was taken out of the archive.",
    DELETED="It was put in the trash, or deleted where there is none.",
    RESTORED="It was taken out of the trash, or made again.",
    PURGED="It was deleted for good.",
)


@strawberry.type(description="A field of a changed object.")
class FieldChange:
    name: str = strawberry.field(
        description="The field: title, stateId, assigneeIds. `links` are links of a task."
    )
    before: JSON | None = strawberry.field(description="What it was; null for a new object.")
    after: JSON | None = strawberry.field(description="What it is; null for one that is gone.")


def subject_id(root: models.Change) -> strawberry.ID:
    """The id of what was changed."""
    return encode_id(model_named(root.subject_type), root.subject_id)


async def subject(root: models.Change, info: Info) -> Any:
    """What was changed, as it is now."""
    return await info.context.load(RowBatch(model_named(root.subject_type)), root.subject_id)


def fields(root: models.Change) -> list[FieldChange]:
    """The changed fields, with ids as the API has them."""
    model = model_named(root.subject_type)
    shown = []
    for name, (before, after) in sorted(root.fields.items()):
        values = [_shown(model, name, value) for value in (before, after)]
        shown.append(FieldChange(name=to_camel_case(name), before=values[0], after=values[1]))
    return shown


@strawberry.type(description="What one commit did to one object.")
class Change:
    sequence: int = strawberry.field(
        description="1, 2, 3 … within a workspace, without gaps, in the order of commit."
    )
    at: datetime = strawberry.field(description="When.")
    kind: models.ChangeKind = strawberry.field(description="What happened.")
    actor: User | None = one(
        models.Change.actor,
        "Who did it; null for the server itself, and where the account is gone.",
    )
    subject_type: str = strawberry.field(description="Task, Comment, Project …")
    subject_id: strawberry.ID = strawberry.field(
        resolver=subject_id, description="The id of what was changed."
    )
    subject: Node | None = resolver_field(
        subject, "What was changed, as it is now. Null once it is gone for good."
    )
    fields: list[FieldChange] = strawberry.field(
        resolver=fields, description="What changed of it. All that it has, where it is new or gone."
    )


@strawberry.type(description="Some changes of a workspace, in order.")
class ChangePage:
    nodes: list[Change] = strawberry.field(description="The changes.")
    last_sequence: int = strawberry.field(
        description="How far the log has been looked through: pass it as `after` to go on."
    )
    has_more: bool = strawberry.field(description="Whether there are more by now.")


@strawberry.input(description="Which changes: those of which all this holds.")
class ChangeFilter:
    subject_types: list[str] | None = strawberry.field(
        default=None, description="Only of these types: Task, Comment, Project …"
    )
    subject_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description=f"Only of these objects, at most {MAX_SIZE}."
    )
    kinds: list[models.ChangeKind] | None = strawberry.field(
        default=None, description="Only of these kinds."
    )
    project_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description=f"Only of what is in these projects, at most {MAX_SIZE}."
    )


@dataclass(frozen=True)
class ChangeConditions:
    """A filter of changes that was read."""

    types: frozenset[str] | None = None
    subjects: frozenset[UUID] | None = None
    kinds: frozenset[models.ChangeKind] | None = None
    projects: frozenset[UUID] | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter in SQL."""
        change = models.Change
        parts: list[tuple[Any, frozenset[Any] | None]] = [
            (change.subject_type, self.types),
            (change.subject_id, self.subjects),
            (change.kind, self.kinds),
            (change.project_id, self.projects),
        ]
        # In an order of their own, so that the statement is the same each time.
        return [
            column.in_(sorted(values, key=str)) for column, values in parts if values is not None
        ]


@dataclass(frozen=True)
class ChangePageBatch:
    """For each workspace its changes after a number, and how far its log has come."""

    after: int
    size: int
    wanted: ChangeConditions
    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, source: ReadScope, keys: Sequence[UUID]
    ) -> list[ChangePage]:
        # In one statement, so that no change is counted as seen that was not looked at.
        pages = union_of([self._page(source, key) for key in keys]).subquery("pages")
        row = aliased(models.Change, pages)
        # scope: both parts of a page are scoped.
        ordered = select(pages.c.home_, pages.c.newest_, row).order_by(pages.c.sequence)
        found: dict[UUID, list[models.Change]] = {key: [] for key in keys}
        newest = dict.fromkeys(keys, 0)
        for home, last, change in await session.execute(ordered):
            newest[home] = last
            if change is not None:
                found[home].append(change)
        return [self._cut(found[key], newest[key]) for key in keys]

    def _page(self, source: ReadScope, key: UUID) -> Any:
        change, workspace = models.Change, models.Workspace
        rows = visible(change, source.viewer).where(
            change.workspace_id == key, change.sequence > self.after, *self.wanted.conditions()
        )
        page = rows.order_by(change.sequence).limit(self.size + 1).subquery("page")
        home = [workspace.id.label("home_"), workspace.sequence.label("newest_")]
        both = visible(workspace, source.viewer, *home, *page.c).where(workspace.id == key)
        return both.outerjoin(page, true())

    def _cut(self, rows: Sequence[models.Change], newest: int) -> ChangePage:
        has_more = len(rows) > self.size
        page: list[Any] = list(rows[: self.size])
        last = newest
        if has_more:
            last = page[-1].sequence if page else self.after
        return ChangePage(nodes=page, last_sequence=last, has_more=has_more)


async def changes(
    root: models.Workspace,
    info: Info,
    after: Annotated[
        int | None,
        strawberry.argument(description="Only those after this number; 0 is from the start."),
    ] = 0,
    first: Annotated[
        int | None, strawberry.argument(description=f"How many at most, up to {MAX_SIZE}.")
    ] = MAX_SIZE,
    filter: Annotated[
        ChangeFilter | None, strawberry.argument(description="Only those of which all this holds.")
    ] = None,
) -> ChangePage:
    """Changes of a workspace after a number."""
    after = after or 0
    if after < 0:
        raise BadUserInput(f"after: numbers begin at 1; ask for 0 or more, not {after}.")
    wanted = ChangeConditions() if filter is None else read_filter(filter)
    size = page_size("first", MAX_SIZE if first is None else first)
    return await info.context.load(ChangePageBatch(after, size, wanted), root.id)


def read_filter(given: ChangeFilter) -> ChangeConditions:
    """Reads a filter; a `BadUserInput` names what cannot be."""
    logged = {name for name, model in models_by_name().items() if issubclass(model, Logged)}
    for name in given.subject_types or ():
        if name not in logged:
            known = ", ".join(sorted(logged))
            raise BadUserInput(f"filter.subjectTypes: there is no {name[:60]!r}, but {known}.")
    return ChangeConditions(
        _set(given.subject_types),
        _keys(given.subject_ids, "filter.subjectIds", None),
        _set(given.kinds),
        _keys(given.project_ids, "filter.projectIds", models.Project),
    )


def _set(values: Sequence[Any] | None) -> frozenset[Any] | None:
    return None if values is None else frozenset(values)


def _keys(
    ids: Sequence[str] | None, argument: str, model: type[Base] | None
) -> frozenset[UUID] | None:
    if ids is None:
        return None
    if len(ids) > MAX_SIZE:
        raise BadUserInput(f"{argument}: at most {MAX_SIZE} ids, not {len(ids)}.")
    found = [decode_id(given, f"{argument}[{index}]") for index, given in enumerate(ids)]
    return frozenset(one.key for one in found if one is not None and model in (None, one.model))


def _shown(model: type[Base], name: str, value: Any) -> Any:
    """A value of the log as the API has it: keys as ids."""
    columns: Mapping[str, Column[Any]] = logged_columns(model)
    if name in columns:
        return _with_id(columns[name], value)
    collected = model.collected[name]  # type: ignore[attr-defined]
    part = getattr(model, collected.relation).property.mapper.class_
    if isinstance(collected.told, str):
        column = column_of(getattr(part, collected.told))
        return value and [_with_id(column, one) for one in value]
    told = {name: column_of(getattr(part, of)) for name, of in collected.told.items()}
    return value and [
        {to_camel_case(name): _with_id(column, one[name]) for name, column in told.items()}
        for one in value
    ]


def _with_id(column: Column[Any], value: Any) -> Any:
    """A value; as an id where the column points at something that has one."""
    if value is None or not column.foreign_keys:
        return value
    [key] = column.foreign_keys
    for model in models_by_name().values():
        if model.__table__ is key.column.table:
            return encode_id(model, UUID(hex=value))
    return value
