"""The change log in the API: pages that a client resumes by number."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import Column, ColumnElement, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from strawberry.scalars import JSON
from strawberry.utils.str_converters import to_camel_case

import models
from graph.context import Context, Info
from graph.engine.declarations import ByTypeAndKey
from graph.kit.declare import computed, description_of, doc_of, resolver_field
from graph.kit.enums import describe_enum
from graph.kit.errors import BadUserInput
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.loading.texts import register_reader
from graph.kit.node import Node, decode_id, encode_id, model_named, models_by_name
from graph.kit.paging.keyset import Order, OrderTerm
from graph.kit.paging.page_arguments import MAX_SIZE, parse_page_size
from graph.kit.relations.batches import RowBatch, union_of
from graph.kit.relations.fields import one
from graph.types import User
from models.base import Base, column_of
from models.log.logged import logged_columns, logged_models

#: The kinds of changes that can be reverted.
REVERTIBLE = (models.ChangeKind.UPDATED, models.ChangeKind.ARCHIVED, models.ChangeKind.DELETED)
IN_SEQUENCE = Order(models.Change, (OrderTerm("sequence"),))


@strawberry.type(description="A changed field of an object.")
class FieldChange:
    name: str = strawberry.field(
        description="The name of the field, such as title, stateId or assigneeIds."
    )
    before: JSON | None = strawberry.field(
        description="The value before the change; null for a new object."
    )
    after: JSON | None = strawberry.field(
        description="The value after the change; null for a deleted object."
    )


#: The types of objects whose changes are logged. The values are named as the types, so that they
#: equal the `__typename` of `Change.subject`.
SubjectType = enum.Enum(  # type: ignore[misc]
    "SubjectType",
    {model.__name__: model.__name__ for model in logged_models()},
    module=__name__,
)
SubjectType.__doc__ = "The types of objects whose changes are logged."
describe_enum(SubjectType, **{one.__name__: description_of(one) for one in logged_models()})


def subject_type(root: models.Change, context: Context | None = None) -> SubjectType:
    """The type of the changed object."""
    return SubjectType[root.subject_type]


def subject_id(root: models.Change, context: Context | None = None) -> strawberry.ID:
    """The ID of the changed object."""
    return encode_id(model_named(root.subject_type), root.subject_id)


async def subject(root: models.Change, info: Info) -> Any:
    """The changed object in its current state; null if it no longer exists."""
    return await info.context.load(RowBatch(model_named(root.subject_type)), root.subject_id)


def viewer_can_revert(root: models.Change, context: Context) -> bool:
    """Whether the viewer may revert the change with `changeRevert`.

    It is rejected nevertheless if the fields have changed since.
    """
    model: Any = model_named(root.subject_type)
    allowed: bool = model.change_can_be_reverted_by(context.viewer, root)
    return allowed and root.kind in REVERTIBLE


def fields(root: models.Change, context: Context | None = None) -> list[FieldChange]:
    """The changed fields. All fields if the object was created or deleted."""
    model = model_named(root.subject_type)
    changes = []
    for name, (before, after) in sorted(root.fields.items()):
        values = [_api_value(model, name, value) for value in (before, after)]
        changes.append(FieldChange(name=to_camel_case(name), before=values[0], after=values[1]))
    return changes


@strawberry.type(description="A change of one object in one commit.")
class Change:
    sequence: int = strawberry.field(description=doc_of(models.Change, "sequence"))
    at: datetime = strawberry.field(description=doc_of(models.Change, "at"))
    kind: models.ChangeKind = strawberry.field(description=doc_of(models.Change, "kind"))
    actor: User | None = one(models.Change.actor)
    subject_type: SubjectType = computed(subject_type, "subject_type")
    subject_id: strawberry.ID = computed(subject_id, "subject_type", "subject_id")
    subject: Node | None = resolver_field(subject, plan=ByTypeAndKey("subject_type", "subject_id"))
    fields: list[FieldChange] = computed(fields, "subject_type", "fields")
    viewer_can_revert: bool = computed(
        viewer_can_revert,
        *("workspace_id", "subject_type", "subject_id", "kind", "actor_id", "fields"),
    )


register_reader(models.Change, "fields", "viewerCanRevert")


@strawberry.type(description="Consecutive changes of a workspace.")
class ChangePage:
    nodes: list[Change] = strawberry.field(description="The changes, in order.")
    last_sequence: int = strawberry.field(
        description="The number up to which the log was read. Pass it as `after` to continue."
    )
    has_more: bool = strawberry.field(description="Whether there are more changes.")


@strawberry.input(description="Filters changes. All conditions must match.")
class ChangeFilter:
    subject_types: list[SubjectType] | None = strawberry.field(
        default=None, description="Types of changed objects."
    )
    subject_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description=f"IDs of changed objects, at most {MAX_SIZE}."
    )
    kinds: list[models.ChangeKind] | None = strawberry.field(
        default=None, description="Kinds of changes."
    )
    project_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description=f"IDs of projects that the objects belong to, at most {MAX_SIZE}.",
    )


@dataclass(frozen=True)
class ChangeConditions:
    """A parsed filter of changes; hashable, so that equal pages share a batch."""

    types: frozenset[str] | None = None
    subjects: frozenset[UUID] | None = None
    kinds: frozenset[models.ChangeKind] | None = None
    projects: frozenset[UUID] | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        change = models.Change
        parts: list[tuple[Any, frozenset[Any] | None]] = [
            (change.subject_type, self.types),
            (change.subject_id, self.subjects),
            (change.kind, self.kinds),
            (change.project_id, self.projects),
        ]
        # Sorted, so that equal filters give equal statements.
        return [
            column.in_(sorted(values, key=str)) for column, values in parts if values is not None
        ]

    def match(self, change: models.Change) -> bool:
        """Whether a change matches, as `conditions` say it in SQL."""
        return (
            (self.types is None or change.subject_type in self.types)
            and (self.subjects is None or change.subject_id in self.subjects)
            and (self.kinds is None or change.kind in self.kinds)
            and (self.projects is None or change.project_id in self.projects)
        )


@dataclass(frozen=True)
class ChangePageBatch:
    """The changes after a number, with the newest number, of each workspace."""

    after: int
    size: int
    filter: ChangeConditions
    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[UUID]
    ) -> list[ChangePage]:
        # One statement, so that the newest number is not newer than the changes.
        pages = union_of([self._page(scope, key) for key in keys]).subquery("pages")
        row = aliased(models.Change, pages)
        # scope: both parts of a page are scoped.
        ordered = select(pages.c.home_, pages.c.newest_, row).order_by(pages.c.sequence)
        ordered = ordered.options(*scope.texts.options(row))
        found: dict[UUID, list[models.Change]] = {key: [] for key in keys}
        newest = dict.fromkeys(keys, 0)
        for home, last, change in await session.execute(ordered):
            newest[home] = last
            if change is not None:
                found[home].append(change)
        scope.texts.count(chain.from_iterable(found.values()))
        return [self._cut(found[key], newest[key]) for key in keys]

    def rows_with_texts(self, scope: ReadScope) -> int:
        return self.size if scope.texts.are_read(models.Change) else 0

    def _page(self, scope: ReadScope, key: UUID) -> Any:
        change, workspace = models.Change, models.Workspace
        rows = visible(change, scope.viewer, *scope.texts.columns(change)).where(
            change.workspace_id == key, change.sequence > self.after, *self.filter.conditions()
        )
        page = rows.order_by(change.sequence).limit(self.size + 1).subquery("page")
        home = [workspace.id.label("home_"), workspace.sequence.label("newest_")]
        both = visible(workspace, scope.viewer, *home, *page.c).where(workspace.id == key)
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
        strawberry.argument(
            description="Return the changes after this number; 0 starts at the beginning."
        ),
    ] = 0,
    first: Annotated[
        int | None,
        strawberry.argument(description=f"The number of changes, at most {MAX_SIZE}."),
    ] = MAX_SIZE,
    filter: Annotated[
        ChangeFilter | None,
        strawberry.argument(description="Return only the changes that match."),
    ] = None,
) -> ChangePage:
    """The log of changes, in order. A client resumes after the last number that it has seen."""
    after = after or 0
    if after < 0:
        raise BadUserInput(f"after: must be 0 or greater, not {after}.")
    conditions = ChangeConditions() if filter is None else parse_change_filter(filter)
    size = parse_page_size("first", MAX_SIZE if first is None else first)
    return await info.context.load(ChangePageBatch(after, size, conditions), root.id)


def parse_change_filter(filter: ChangeFilter) -> ChangeConditions:
    """Raises `BadUserInput`, which names the invalid field."""
    types = filter.subject_types
    return ChangeConditions(
        None if types is None else frozenset(one.name for one in types),
        _keys(filter.subject_ids, "filter.subjectIds", None),
        _set(filter.kinds),
        _keys(filter.project_ids, "filter.projectIds", models.Project),
    )


def _set(values: Sequence[Any] | None) -> frozenset[Any] | None:
    return None if values is None else frozenset(values)


def _keys(
    ids: Sequence[str] | None, argument: str, model: type[Base] | None
) -> frozenset[UUID] | None:
    if ids is None:
        return None
    if len(ids) > MAX_SIZE:
        raise BadUserInput(f"{argument}: at most {MAX_SIZE} IDs, not {len(ids)}.")
    found = [decode_id(given, f"{argument}[{index}]") for index, given in enumerate(ids)]
    return frozenset(one.key for one in found if one is not None and model in (None, one.model))


def _api_value(model: type[Base], name: str, value: Any) -> Any:
    """Convert a logged value: keys become IDs."""
    columns: Mapping[str, Column[Any]] = logged_columns(model)
    if name in columns:
        return _with_id(columns[name], value)
    collected = model.collected[name]  # type: ignore[attr-defined]
    part = getattr(model, collected.relation).property.mapper.class_
    if isinstance(collected.columns, str):
        column = column_of(getattr(part, collected.columns))
        return value and [_with_id(column, one) for one in value]
    told = {name: column_of(getattr(part, of)) for name, of in collected.columns.items()}
    return value and [
        {to_camel_case(name): _with_id(column, one[name]) for name, column in told.items()}
        for one in value
    ]


def _with_id(column: Column[Any], value: Any) -> Any:
    """Convert the key in a foreign key column to an ID."""
    if value is None or not column.foreign_keys:
        return value
    [key] = column.foreign_keys
    for model in models_by_name().values():
        if model.__table__ is key.column.table:
            return encode_id(model, UUID(hex=value))
    return value
