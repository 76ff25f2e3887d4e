"""Grouped lists: by a column, or by the rows of a many-to-many relationship.

One statement returns the groups of all owners with their counts, and one returns the pages of all
groups.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, literal, not_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.sql.expression import Select

from graph.kit.context import KitInfo
from graph.kit.filtering.late_values import LateValues
from graph.kit.loading.kept_selects import KeptSelects
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from graph.kit.paging.keyset import Order
from graph.kit.paging.page_arguments import PageArguments, PageRows
from graph.kit.relations.batches import ChildRows, union_of
from graph.kit.relations.connection import ChildConnection
from graph.kit.relations.keys import column_in
from graph.kit.relations.parameters import LatePage, page_values, parameter
from models.base import column_of

#: Up to this number, each group is a branch of a UNION, which an index answers. More groups are
#: numbered with ROW_NUMBER, which reads all of their rows.
MAX_BRANCHES = 60


SELECTS = KeptSelects()


@dataclass(frozen=True)
class GroupTotals:
    """The number of rows in a group, and the sum of a column."""

    key: Any
    count: int
    total: float | None


@dataclass(frozen=True)
class Grouping:
    """What a list is grouped by: a column, or a many-to-many relationship."""

    model: Any
    name: str
    #: The column to sum.
    summed: str

    @property
    def is_relation(self) -> bool:
        """Whether it is a relationship, so that a row can be in several groups."""
        return hasattr(self._attribute.property, "secondary")

    @property
    def key_type(self) -> Any:
        """The type of a group's key."""
        if not self.is_relation:
            return column_of(self._attribute).type
        relationship = self._attribute.property
        [(_, far_key)] = relationship.secondary_synchronize_pairs
        return far_key.type

    @property
    def _attribute(self) -> InstrumentedAttribute[Any]:
        attribute: InstrumentedAttribute[Any] = getattr(self.model, self.name)
        return attribute

    def between(self, scope: ReadScope) -> tuple[ColumnElement[Any], Any, ColumnElement[bool]]:
        """Return the group's key, the association table, and the join condition.

        The condition also requires that the viewer can see the group's row.
        """
        relationship = self._attribute.property
        table = relationship.secondary
        [(near, near_key)] = relationship.synchronize_pairs
        [(_, far_key)] = relationship.secondary_synchronize_pairs
        far = visible(relationship.mapper.class_, scope.viewer, relationship.mapper.class_.id)
        return far_key, table, and_(near_key == near, far_key.in_(far.scalar_subquery()))

    def joined(self, rows: Select[Any], scope: ReadScope) -> tuple[Select[Any], Any]:
        """Join the rows with their group's key, which is null for rows in no group."""
        if not self.is_relation:
            return rows, self._attribute
        far_key, table, condition = self.between(scope)
        return rows.outerjoin(table, condition), far_key

    def only(self, rows: Select[Any], key: Any, scope: ReadScope) -> Select[Any]:
        if not self.is_relation:
            is_none = self._attribute.is_(None)
            return rows.where(is_none if key is None else self._attribute == key)
        far_key, table, condition = self.between(scope)
        if key is None:
            # scope: `condition` requires visible rows.
            return rows.where(not_(exists().select_from(table).where(condition)))
        return rows.join(table, and_(condition, far_key == key))


@dataclass(frozen=True)
class GroupsBatch:
    """The non-empty groups of each owner's list."""

    children: ChildRows
    grouping: Grouping
    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[UUID]
    ) -> list[list[GroupTotals]]:
        owner = self.children.path.parent_key
        summed = getattr(self.grouping.model, self.grouping.summed)
        rows, key = self.grouping.joined(self.children.rows(scope, owner), scope)
        rows = rows.with_only_columns(owner, key, func.count(), func.sum(summed))
        rows = rows.where(column_in(owner, keys, scope.database)).group_by(owner, key)
        found: dict[Any, list[GroupTotals]] = defaultdict(list)
        for parent, group, count, total in await session.execute(rows):
            found[parent].append(GroupTotals(group, count, None if total is None else float(total)))
        return [found[parent] for parent in keys]


@dataclass(frozen=True)
class GroupPageBatch:
    """One page of each group. A batch key is a pair of owner and group key."""

    children: ChildRows
    grouping: Grouping
    order: Order
    page: PageArguments
    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[tuple[UUID, Any]]
    ) -> list[PageRows]:
        values: dict[str, Any] = {}
        if len(keys) > MAX_BRANCHES:
            statement = self._numbered(scope, keys)
            places: dict[Any, tuple[Any, Any]] = {key: key for key in keys}
        else:
            statement, values = self._kept_branches(scope, keys)
            places = {key: (place, None) for place, key in enumerate(keys)}
        by_group: dict[Any, list[Any]] = defaultdict(list)
        for *place, row in await session.execute(statement, values):
            by_group[tuple(place)].append(row)
        scope.texts.count(chain.from_iterable(by_group.values()))
        return [self.page.cut(by_group[places[key]]) for key in keys]

    def rows_with_texts(self, scope: ReadScope) -> int:
        return self.page.size if scope.texts.are_read(self.children.path.target) else 0

    @property
    def _reading(self) -> Order:
        return self.order.reversed() if self.page.backward else self.order

    def _rows(self, scope: ReadScope, *columns: Any) -> Select[Any]:
        of_rows = scope.texts.columns(self.children.path.target)
        rows = self.children.rows(scope, *columns, *of_rows)
        if self.page.cursor is not None:
            rows = rows.where(self._reading.after(self.page.cursor))
        return rows

    def _kept_branches(
        self, scope: ReadScope, keys: Sequence[tuple[UUID, Any]]
    ) -> tuple[Select[Any], dict[str, Any]]:
        """Return the select of a branch for each group, and its values."""
        late = LateValues(scope.database, "value")
        children = replace(self.children, condition=self.children.condition.template(late))
        page = LatePage.of(self.page, self._reading, "page")
        batch = replace(self, children=children, page=page)
        values = {**late.values, **page_values(self.page, "page")}
        nones = tuple(key is None for _, key in keys)
        for place, (owner, key) in enumerate(keys):
            values |= {f"owner_{place}": owner, f"key_{place}": key}
        cursor = self.page.cursor
        shape = (
            children,
            self.grouping,
            self.order,
            self.page.backward,
            None if cursor is None else tuple(value is None for value in cursor),
            scope.texts.unread(self.children.path.target),
            nones,
        )
        owner_type = self.children.path.parent_key.type
        key_type = self.grouping.key_type

        def build(late_scope: ReadScope) -> Select[Any]:
            parameters = [
                (
                    parameter(f"owner_{place}", owner_type),
                    None if is_none else parameter(f"key_{place}", key_type),
                )
                for place, is_none in enumerate(nones)
            ]
            return batch._branches(late_scope, parameters)

        statement, of_viewer = SELECTS.find(scope, shape, build)
        return statement, of_viewer | values

    def _branches(self, scope: ReadScope, keys: Sequence[tuple[Any, Any]]) -> Select[Any]:
        path, order = self.children.path, self._reading
        branches = []
        for place, (owner, key) in enumerate(keys):
            rows = self._rows(scope, literal(place).label("place_"))
            rows = self.grouping.only(rows.where(path.parent_key == owner), key, scope)
            branch = rows.order_by(*order.clauses()).limit(self.page.limit).subquery()
            # scope: `rows` is restricted already.
            branches.append(select(*branch.c))
        pages = union_of(branches).subquery("pages")
        row = aliased(path.target, pages)
        # scope: as above.
        ordered = select(pages.c.place_, literal(None), row).options(*scope.texts.options(row))
        return ordered.order_by(pages.c.place_, *order.clauses(row))

    def _numbered(self, scope: ReadScope, keys: Sequence[tuple[UUID, Any]]) -> Select[Any]:
        path, order = self.children.path, self._reading
        rows, group = self.grouping.joined(
            self._rows(scope, path.parent_key.label("parent_")), scope
        )
        owners = sorted({owner for owner, _ in keys})
        place = func.row_number().over(
            partition_by=[path.parent_key, group], order_by=order.clauses()
        )
        rows = rows.add_columns(group.label("group_"), place.label("place_"))
        of_owners = column_in(path.parent_key, owners, scope.database)
        numbered = rows.where(of_owners).subquery("numbered")
        row = aliased(path.target, numbered)
        # scope: `numbered` is restricted already.
        pages = select(numbered.c.parent_, numbered.c.group_, row)
        pages = pages.options(*scope.texts.options(row))
        pages = pages.where(numbered.c.place_ <= self.page.size + 1)
        return pages.order_by(numbered.c.place_)


@dataclass(frozen=True)
class GroupConnection(ChildConnection):
    """A page of one group, whose count is known already."""

    grouping: Grouping
    known: int

    async def rows(self, info: KitInfo) -> PageRows:
        batch = GroupPageBatch(self.children, self.grouping, self.order, self.page)
        return await info.context.load(batch, self.parent)

    async def count(self, info: KitInfo, limit: int | None = None) -> int:
        return self.known
