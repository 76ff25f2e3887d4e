"""Batches: the SQL behind relations. Each loads the rows for many parent keys in one statement."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, func, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.expression import CompoundSelect, Select

from graph.kit.filtering.conditions import NO_CONDITION, Condition
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.paging.keyset import Order, OrderPart
from graph.kit.paging.page_arguments import PageArguments, PageRows
from graph.kit.relations.keys import CompositeKeyList, CompositeKeys, KeyList, Keys
from graph.kit.relations.selection import EntitySelection, Selection
from models.base import Base

M = TypeVar("M", bound=Base)

#: Returns conditions that restrict the rows of a list, from the arguments of its field.
WhereFunction = Callable[..., list[ColumnElement[bool]]]
#: The assumed number of rows of a list without pages.
MANY_ROWS = 20


def no_conditions() -> list[ColumnElement[bool]]:
    return []


def union_of(branches: Sequence[Any]) -> Select[Any] | CompoundSelect[Any]:
    """Return a UNION ALL of several selects, or the only one."""
    return union_all(*branches) if len(branches) > 1 else branches[0]


@dataclass(frozen=True)
class RowBatch(Generic[M]):
    """Rows by a unique column; None for a row that is missing or hidden."""

    model: type[M]
    column: str = "id"
    waits_for_others: bool = True

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[Any]
    ) -> list[M | None]:
        statement = self.statement(
            scope, KeyList(keys, scope.database), EntitySelection(scope.texts)
        )
        rows = {getattr(row, self.column): row for row in await session.scalars(statement)}
        scope.texts.count(rows.values())
        return [rows.get(key) for key in keys]

    def rows_with_texts(self, scope: ReadScope) -> int:
        return int(scope.texts.are_read(self.model))

    def statement(self, scope: ReadScope, keys: Keys, selection: Selection) -> Select[Any]:
        """Select the rows."""
        row, options = selection.direct(self.model)
        rows = visible(self.model, scope.viewer, *row).options(*options)
        return rows.where(keys.match(getattr(self.model, self.column)))


@dataclass(frozen=True)
class CompositeKeyBatch(Generic[M]):
    """Rows by columns that are unique together; None as in `RowBatch`."""

    model: type[M]
    columns: tuple[str, ...]
    waits_for_others: bool = True

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[tuple[Any, ...]]
    ) -> list[M | None]:
        statement = self.statement(scope, CompositeKeyList(keys), EntitySelection(scope.texts))
        rows = {tuple(key): row for *key, row in await session.execute(statement)}
        scope.texts.count(rows.values())
        return [rows.get(key) for key in keys]

    def key_columns(self) -> list[Any]:
        """Return the columns that a key consists of."""
        return [getattr(self.model, name) for name in self.columns]

    def statement(self, scope: ReadScope, keys: CompositeKeys, selection: Selection) -> Select[Any]:
        """Select (*key, row)."""
        columns = self.key_columns()
        row, options = selection.direct(self.model)
        labeled = [column.label(f"key_{place}") for place, column in enumerate(columns)]
        rows = self.rows(scope, *labeled, *row)
        return rows.options(*options).where(keys.match(columns))

    def rows(self, scope: ReadScope, *columns: Any) -> Select[Any]:
        """Select columns of the visible rows, joined with what the key consists of."""
        return visible(self.model, scope.viewer, *columns)


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
        statement = self.statement(
            scope, KeyList(keys, scope.database), EntitySelection(scope.texts)
        )
        by_parent = await _by_parent(session, scope, statement)
        return [self.page.cut(by_parent[key]) for key in keys]

    def rows_with_texts(self, scope: ReadScope) -> int:
        return self.page.size if scope.texts.are_read(self.children.path.target) else 0

    def statement(self, scope: ReadScope, keys: Keys, selection: Selection) -> Select[Any]:
        """Select (key of the parent, row), in the order in which pages are read."""
        path = self.children.path
        order = self.order.reversed() if self.page.backward else self.order
        limit = self.page.limit
        if keys.is_single:
            # For one parent an index returns exactly the rows of the page, in order.
            return self._of_one(scope, keys, selection, order, limit)
        needed = [term.name for term in order.terms]
        inner = selection.inner(path.target, needed)
        rows = self.children.rows(scope, path.parent_key.label("parent_"), *inner)
        if self.page.cursor is not None:
            rows = rows.where(order.after(self.page.cursor))
        if scope.database.has_lateral:
            parents = keys.table(path.parent_key)
            rows = rows.where(path.parent_key == parents.c.parent)
            page = rows.order_by(*order.clauses()).limit(limit).lateral("page")
            row, selected, options = selection.outer(path.target, page)
            # scope: `page` is restricted already.
            joined = select(page.c.parent_, *selected).select_from(parents.join(page, true()))
            return joined.options(*options).order_by(*order.clauses(row))
        place = func.row_number().over(partition_by=path.parent_key, order_by=order.clauses())
        rows = rows.add_columns(place.label("place_"))
        numbered = rows.where(keys.match(path.parent_key)).subquery("numbered")
        row, selected, options = selection.outer(path.target, numbered)
        # scope: `numbered` is restricted already.
        pages = select(numbered.c.parent_, *selected).where(numbered.c.place_ <= limit)
        return pages.options(*options).order_by(numbered.c.place_)

    def _of_one(
        self, scope: ReadScope, keys: Keys, selection: Selection, order: Order, limit: Any
    ) -> Select[Any]:
        path = self.children.path
        has_value = self.children.condition.implies(order.terms[0].name)
        parent = path.parent_key.label("parent_")
        first, *more = order.parts(self.page.cursor, has_value)
        if more and self.children.condition.is_selective:
            # Each part would look the matching rows up again. They are few: sort them.
            cursor = self.page.cursor
            whole = true() if cursor is None else order.after(cursor)
            first, more = OrderPart(whole, order.clauses()), []
        if not more:
            direct, options = selection.direct(path.target)
            rows = self.children.rows(scope, parent, *direct)
            page = rows.where(keys.match(path.parent_key), first.condition).options(*options)
            return page.order_by(*first.clauses).limit(limit)
        inner = selection.inner(path.target, [term.name for term in order.terms])
        rows = self.children.rows(scope, parent, *inner).where(keys.match(path.parent_key))
        branches = []
        for part in (first, *more):
            branch = rows.where(part.condition).order_by(*part.clauses).limit(limit).subquery()
            # scope: `rows` is restricted already.
            branches.append(select(*branch.c))
        both = union_all(*branches).subquery("both")
        row, selected, options = selection.outer(path.target, both)
        # scope: as above.
        page = select(both.c.parent_, *selected).options(*options)
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
        key = self.children.path.parent_key
        if self.limit is None:
            statement: Executable = self.counts(scope, KeyList(keys, scope.database))
        elif scope.database.has_lateral:
            statement = self.capped(scope, KeyList(keys, scope.database), self.limit + 1)
        else:
            parents = [literal(parent, key.type) for parent in keys]
            statement = self.branches(scope, parents, self.limit + 1)
        counts: dict[UUID, int] = {row[0]: row[1] for row in await session.execute(statement)}
        return [counts.get(key, 0) for key in keys]

    def counts(self, scope: ReadScope, keys: Keys) -> Select[Any]:
        """Select (key of the parent, count) of parents with rows."""
        key = self.children.path.parent_key
        rows = self.children.rows(scope, key.label("parent"), func.count().label("count"))
        return rows.where(keys.match(key)).group_by(key)

    def capped(self, scope: ReadScope, keys: Keys, most: Any) -> Select[Any]:
        """Select (key of the parent, count), for databases with LATERAL."""
        key = self.children.path.parent_key
        counted = self.children.rows(scope, literal(1).label("one")).limit(most)
        parents = keys.table(key)
        one = counted.where(key == parents.c.parent).lateral("counted")
        # scope: `counted` is restricted already.
        found = select(parents.c.parent, func.count(one.c.one).label("count"))
        joined = found.select_from(parents.outerjoin(one, true()))
        return joined.group_by(parents.c.parent)

    def branches(
        self, scope: ReadScope, parents: Sequence[Any], most: Any
    ) -> Select[Any] | CompoundSelect[Any]:
        """Select (key of the parent, count). A derived table cannot refer to the parent's row:
        each parent is a branch.
        """
        key = self.children.path.parent_key
        counted = self.children.rows(scope, literal(1).label("one")).limit(most)
        selects = [
            # scope: `counted` is restricted already.
            select(parent.label("parent"), func.count().label("count")).select_from(
                counted.where(key == parent).subquery("counted")
            )
            for parent in parents
        ]
        return union_of(selects)


@dataclass(frozen=True)
class ListBatch:
    """All child rows of each parent, for relationships that stay short."""

    children: ChildRows
    order: Order
    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[UUID]
    ) -> list[list[Any]]:
        statement = self.statement(
            scope, KeyList(keys, scope.database), EntitySelection(scope.texts)
        )
        by_parent = await _by_parent(session, scope, statement)
        return [by_parent[key] for key in keys]

    def rows_with_texts(self, scope: ReadScope) -> int:
        return MANY_ROWS if scope.texts.are_read(self.children.path.target) else 0

    def statement(self, scope: ReadScope, keys: Keys, selection: Selection) -> Select[Any]:
        """Select (key of the parent, row), in the order of the list."""
        path = self.children.path
        row, options = selection.direct(path.target)
        rows = self.children.rows(scope, path.parent_key.label("parent_"), *row)
        rows = rows.options(*options).where(keys.match(path.parent_key))
        return rows.order_by(*self.order.clauses())


async def _by_parent(
    session: AsyncSession, scope: ReadScope, rows: Select[Any]
) -> dict[Any, list[Any]]:
    """Run a select of (parent key, row); return the rows by parent key."""
    by_parent: dict[Any, list[Any]] = defaultdict(list)
    for parent, row in await session.execute(rows):
        by_parent[parent].append(row)
    scope.texts.count(chain.from_iterable(by_parent.values()))
    return by_parent
