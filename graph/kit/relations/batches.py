"""Batches: the SQL behind relations. Each loads the rows for many parent keys in one statement."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Executable,
    any_,
    bindparam,
    func,
    literal,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.expression import CompoundSelect, Select, TableValuedAlias

from graph.kit.filtering.conditions import NO_CONDITION, Condition
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.paging.keyset import Order
from graph.kit.paging.page_arguments import PageArguments, PageRows
from models.base import Base

M = TypeVar("M", bound=Base)

#: Returns conditions that restrict the rows of a list, from the arguments of its field.
WhereFunction = Callable[..., list[ColumnElement[bool]]]
#: The assumed number of rows of a list without pages.
MANY_ROWS = 20


def no_conditions() -> list[ColumnElement[bool]]:
    return []


def column_in(column: Any, keys: Sequence[Any], scope: ReadScope) -> Any:
    """Return the condition that a column equals one of the keys.

    PostgreSQL gets the keys as one array. Elsewhere their number is padded to a power of two, so
    that few different statements are prepared.
    """
    if len(keys) == 1:
        return column == keys[0]
    if scope.database.has_arrays:
        array = bindparam(None, list(keys), type_=ARRAY(column.type), unique=True)
        return column == any_(array)
    padding = (1 << (len(keys) - 1).bit_length()) - len(keys)
    return column.in_([*keys, *[keys[-1]] * padding])


def columns_in(columns: Sequence[Any], keys: Sequence[tuple[Any, ...]]) -> Any:
    """Return the condition that several columns equal one of the composite keys."""
    return tuple_(*columns).in_(keys)


def union_of(branches: Sequence[Any]) -> Select[Any] | CompoundSelect[Any]:
    """Return a UNION ALL of several selects, or the only one."""
    return union_all(*branches) if len(branches) > 1 else branches[0]


def _unnest(column: ColumnElement[UUID], keys: Sequence[UUID]) -> TableValuedAlias:
    """Return the keys as a table with the column `parent`, for a LATERAL join."""
    array = bindparam(None, list(keys), type_=ARRAY(column.type), unique=True)
    keyed = func.unnest(array).table_valued(Column("parent", column.type), name="parents")
    return keyed.render_derived()


@dataclass(frozen=True)
class RowBatch(Generic[M]):
    """Rows by a unique column; None for a row that is missing or hidden."""

    model: type[M]
    column: str = "id"
    waits_for_others: bool = True

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[Any]
    ) -> list[M | None]:
        column = getattr(self.model, self.column)
        statement = visible(self.model, scope.viewer).where(column_in(column, keys, scope))
        statement = statement.options(*scope.texts.options(self.model))
        rows = {getattr(row, self.column): row for row in await session.scalars(statement)}
        scope.texts.count(rows.values())
        return [rows.get(key) for key in keys]

    def rows_with_texts(self, scope: ReadScope) -> int:
        return int(scope.texts.are_read(self.model))


@dataclass(frozen=True)
class CompositeKeyBatch(Generic[M]):
    """Rows by columns that are unique together; None as in `RowBatch`."""

    model: type[M]
    columns: tuple[str, ...]
    waits_for_others: bool = True

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[tuple[Any, ...]]
    ) -> list[M | None]:
        columns = [getattr(self.model, name) for name in self.columns]
        statement = visible(self.model, scope.viewer).where(columns_in(columns, keys))
        statement = statement.options(*scope.texts.options(self.model))
        rows = {
            tuple(getattr(row, name) for name in self.columns): row
            for row in await session.scalars(statement)
        }
        scope.texts.count(rows.values())
        return [rows.get(key) for key in keys]


@dataclass(frozen=True)
class RelationPath:
    """How a to-many relationship joins its target to the parent's key."""

    target: Any
    #: The foreign key to the parent: on the target, or on the association table.
    parent_key: ColumnElement[UUID]
    through: Any = None
    join: Any = None

    @classmethod
    def of(cls, attribute: InstrumentedAttribute[Any]) -> "RelationPath":
        relationship = attribute.property
        target = relationship.mapper.class_
        [(_, parent_key)] = relationship.synchronize_pairs
        if relationship.secondary is None:
            return cls(target, parent_key)
        [(key, far)] = relationship.secondary_synchronize_pairs
        return cls(target, parent_key, relationship.secondary, far == key)


@dataclass(frozen=True)
class ChildRows:
    """The target rows of a to-many relationship, restricted by a field's arguments."""

    parent: type[Base]
    relation: str
    where: WhereFunction = no_conditions
    arguments: tuple[tuple[str, Any], ...] = ()
    condition: Condition = NO_CONDITION

    @property
    def path(self) -> "RelationPath":
        return RelationPath.of(getattr(self.parent, self.relation))

    def rows(self, scope: ReadScope, *columns: Any) -> Select[Any]:
        """Select the visible rows of all parents, or columns of them; the parent key is joined."""
        path = self.path
        statement = visible(path.target, scope.viewer, *columns)
        if path.through is not None:
            statement = statement.join(path.through, path.join)
        statement = statement.where(*self.where(**dict(self.arguments)))
        if self.condition == NO_CONDITION:
            return statement
        return statement.where(self.condition.render(path.target, scope))


@dataclass(frozen=True)
class PageBatch:
    """One page of the child rows of each parent: the SQL of a nested page."""

    children: ChildRows
    order: Order
    page: PageArguments
    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[UUID]
    ) -> list[PageRows]:
        by_parent = await _by_parent(session, scope, self._statement(scope, keys))
        return [self.page.cut(by_parent[key]) for key in keys]

    def rows_with_texts(self, scope: ReadScope) -> int:
        return self.page.size if scope.texts.are_read(self.children.path.target) else 0

    def _statement(self, scope: ReadScope, keys: Sequence[UUID]) -> Select[Any]:
        path = self.children.path
        order = self.order.reversed() if self.page.backward else self.order
        limit = self.page.size + 1
        if len(keys) == 1:
            # For one parent an index returns exactly the rows of the page, in order.
            return self._of_one(scope, keys[0], order, limit)
        rows = self._rows(scope)
        if self.page.cursor is not None:
            rows = rows.where(order.after(self.page.cursor))
        if scope.database.has_lateral:
            parents = _unnest(path.parent_key, keys)
            rows = rows.where(path.parent_key == parents.c.parent)
            page = rows.order_by(*order.clauses()).limit(limit).lateral("page")
            row = aliased(path.target, page)
            # scope: `page` is restricted already.
            joined = select(page.c.parent_, row).select_from(parents.join(page, true()))
            return joined.options(*scope.texts.options(row)).order_by(*order.clauses(row))
        place = func.row_number().over(partition_by=path.parent_key, order_by=order.clauses())
        rows = rows.add_columns(place.label("place_"))
        numbered = rows.where(column_in(path.parent_key, keys, scope)).subquery("numbered")
        row = aliased(path.target, numbered)
        # scope: `numbered` is restricted already.
        pages = select(numbered.c.parent_, row).where(numbered.c.place_ <= limit)
        return pages.options(*scope.texts.options(row)).order_by(numbered.c.place_)

    def _rows(self, scope: ReadScope) -> Select[Any]:
        """Select the rows of all parents by columns, for a subquery."""
        path = self.children.path
        columns = scope.texts.columns(path.target)
        return self.children.rows(scope, path.parent_key.label("parent_"), *columns)

    def _of_one(self, scope: ReadScope, key: UUID, order: Order, limit: int) -> Select[Any]:
        path = self.children.path
        has_value = self.children.condition.implies(order.terms[0].name)
        first, *more = order.parts(self.page.cursor, has_value)
        if not more:
            rows = self.children.rows(scope, path.parent_key.label("parent_"), path.target)
            page = rows.where(path.parent_key == key, first.condition)
            page = page.options(*scope.texts.options(path.target))
            return page.order_by(*first.clauses).limit(limit)
        rows = self._rows(scope).where(path.parent_key == key)
        branches = []
        for part in (first, *more):
            branch = rows.where(part.condition).order_by(*part.clauses).limit(limit).subquery()
            # scope: `rows` is restricted already.
            branches.append(select(*branch.c))
        both = union_all(*branches).subquery("both")
        row = aliased(path.target, both)
        # scope: as above.
        page = select(both.c.parent_, row).options(*scope.texts.options(row))
        return page.order_by(*order.clauses(row)).limit(limit)


@dataclass(frozen=True)
class CountBatch:
    """The number of child rows of each parent, counted up to one past a limit."""

    children: ChildRows
    limit: int | None = None
    waits_for_others: bool = False
    #: Without LATERAL each parent is a branch of a UNION. SQLite allows 500 branches.
    max_keys: int = 250

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[UUID]
    ) -> list[int]:
        found = await session.execute(self._statement(scope, keys))
        counts: dict[UUID, int] = {row[0]: row[1] for row in found}
        return [counts.get(key, 0) for key in keys]

    def _statement(self, scope: ReadScope, keys: Sequence[UUID]) -> Executable:
        key = self.children.path.parent_key
        if self.limit is None:
            rows = self.children.rows(scope, key, func.count())
            return rows.where(column_in(key, keys, scope)).group_by(key)
        counted = self.children.rows(scope, literal(1).label("one")).limit(self.limit + 1)
        if scope.database.has_lateral:
            parents = _unnest(key, keys)
            one = counted.where(key == parents.c.parent).lateral("counted")
            # scope: `counted` is restricted already.
            found = select(parents.c.parent, func.count(one.c.one))
            joined = found.select_from(parents.outerjoin(one, true()))
            return joined.group_by(parents.c.parent)
        # A derived table cannot refer to the parent's row: one branch for each parent.
        branches = [
            # scope: `counted` is restricted already.
            select(
                literal(parent, key.type).label("parent"), func.count().label("count")
            ).select_from(counted.where(key == parent).subquery("counted"))
            for parent in keys
        ]
        return union_of(branches)


@dataclass(frozen=True)
class ListBatch:
    """All child rows of each parent, for relationships that stay short."""

    children: ChildRows
    order: Order
    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[UUID]
    ) -> list[list[Any]]:
        path = self.children.path
        rows = self.children.rows(scope, path.parent_key, path.target)
        rows = rows.options(*scope.texts.options(path.target))
        rows = rows.where(column_in(path.parent_key, keys, scope)).order_by(*self.order.clauses())
        by_parent = await _by_parent(session, scope, rows)
        return [by_parent[key] for key in keys]

    def rows_with_texts(self, scope: ReadScope) -> int:
        return MANY_ROWS if scope.texts.are_read(self.children.path.target) else 0


async def _by_parent(
    session: AsyncSession, scope: ReadScope, rows: Select[Any]
) -> dict[Any, list[Any]]:
    """Run a select of (parent key, row); return the rows by parent key."""
    by_parent: dict[Any, list[Any]] = defaultdict(list)
    for parent, row in await session.execute(rows):
        by_parent[parent].append(row)
    scope.texts.count(chain.from_iterable(by_parent.values()))
    return by_parent
