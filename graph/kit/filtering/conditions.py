"""Conditions on rows: immutable, comparable, and only at last SQL.

A condition is true or false of a row, never unknown: where a value is null, what compares it is
false, and its negation true. Negation is pushed down to the comparisons, so that indexes can be
used and nulls are answered for where they are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from graph.kit.filtering.operators import build_condition
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from models.base import column_of


class Condition:
    """Something that is true or false of a row."""

    def render(self, row: Any, source: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        """The condition, or its opposite, on `row`: a model or an alias of one."""
        raise NotImplementedError

    def implies(self, column: str) -> bool | None:
        """Whether a row that fulfills it has a value in a column: null for not known."""
        return None


@dataclass(frozen=True)
class Always(Condition):
    """True, or false, of every row."""

    value: bool

    def render(self, row: Any, source: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        return true() if self.value != negated else false()


@dataclass(frozen=True)
class AllOf(Condition):
    """All of several conditions; true where there are none."""

    parts: tuple[Condition, ...]

    def render(self, row: Any, source: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        parts = [part.render(row, source, negated=negated) for part in self.parts]
        return or_(false(), *parts) if negated else and_(true(), *parts)

    def implies(self, column: str) -> bool | None:
        implied = (part.implies(column) for part in self.parts)
        return next((known for known in implied if known is not None), None)


#: The condition of a list without a filter.
NO_CONDITION = AllOf(())


@dataclass(frozen=True)
class AnyOf(Condition):
    """At least one of several conditions; false where there are none."""

    parts: tuple[Condition, ...]

    def render(self, row: Any, source: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        parts = [part.render(row, source, negated=negated) for part in self.parts]
        return and_(true(), *parts) if negated else or_(false(), *parts)


@dataclass(frozen=True)
class Not(Condition):
    """The opposite of a condition."""

    part: Condition

    def render(self, row: Any, source: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        return self.part.render(row, source, negated=not negated)


@dataclass(frozen=True)
class Comparison(Condition):
    """A column compared to a value by an operator of the table."""

    column: str
    operator: str
    value: Any

    def render(self, row: Any, source: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        column = getattr(row, self.column)
        found = build_condition(self.operator, column, self.value, source.database.kind)
        if not negated:
            return found
        opposite = not_(found)
        nullable = self.operator != "null" and is_nullable(column)
        return or_(opposite, column.is_(None)) if nullable else opposite

    def implies(self, column: str) -> bool | None:
        if column != self.column:
            return None
        return self.value is False if self.operator == "null" else True


@dataclass(frozen=True)
class CustomCondition(Condition):
    """A condition that a concept writes itself, such as that a user is the viewer."""

    build: Callable[[Any, ReadScope], ColumnElement[bool]]

    def render(self, row: Any, source: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        found = self.build(row, source)
        return not_(found) if negated else found


@dataclass(frozen=True)
class RelatedRow(Condition):
    """There is a visible row on the far side of a to-one relationship, and it fulfills another."""

    relation: str
    part: Condition

    def render(self, row: Any, source: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        attribute = getattr(row, self.relation)
        relationship = attribute.property
        [(near, far)] = relationship.local_remote_pairs
        target = aliased(relationship.mapper.class_)
        key = getattr(row, relationship.parent.get_property_by_column(near).key)
        found = visible(target, source.viewer, getattr(target, far.key))
        found = found.where(self.part.render(target, source))
        inside: ColumnElement[bool] = key.in_(found.scalar_subquery())
        if not negated:
            return inside
        # The key may be null, and the far row hidden: both are no row to the viewer.
        return or_(key.is_(None), not_(inside)) if is_nullable(key) else not_(inside)


@dataclass(frozen=True)
class HasRelated(Condition):
    """At least one visible row on the far side of a to-many relationship fulfills another."""

    relation: str
    part: Condition

    def render(self, row: Any, source: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        parent_key, far = related_rows_of(row, self.relation, source)
        far = far.where(self.part.render(far.row, source))
        if negated:
            # NOT IN would not become an anti-join, NOT EXISTS does.
            # scope: `far` is scoped.
            return not_(exists(far.statement.where(parent_key == row.id)))
        # IN lets a database begin with the far rows, where they are few.
        parents = far.statement.with_only_columns(parent_key).scalar_subquery()
        inside: ColumnElement[bool] = row.id.in_(parents)
        return inside


@dataclass(frozen=True)
class RelatedCount(Condition):
    """How many visible rows there are on the far side of a to-many relationship."""

    relation: str
    operator: str
    value: Any

    def render(self, row: Any, source: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        parent_key, far = related_rows_of(row, self.relation, source)
        counted = far.statement.with_only_columns(func.count()).where(parent_key == row.id)
        number = counted.scalar_subquery()
        found = build_condition(self.operator, number, self.value, source.database.kind)
        return not_(found) if negated else found


@dataclass(frozen=True)
class RelatedRows:
    """The visible rows of a relationship's target, and the alias that they are of."""

    row: Any
    statement: Any

    def where(self, build_condition: ColumnElement[bool]) -> "RelatedRows":
        """Those that fulfill a condition."""
        return RelatedRows(self.row, self.statement.where(build_condition))


def related_rows_of(row: Any, relation: str, source: ReadScope) -> tuple[Any, RelatedRows]:
    """The column with the near row's key, and the far rows under an alias of their own."""
    attribute: InstrumentedAttribute[Any] = getattr(row, relation)
    relationship = attribute.property
    target = aliased(relationship.mapper.class_)
    [(_, near)] = relationship.synchronize_pairs
    if relationship.secondary is None:
        name = relationship.mapper.get_property_by_column(near).key
        return getattr(target, name), RelatedRows(target, visible(target, source.viewer, target.id))
    between = relationship.secondary.alias()
    [(key, far)] = relationship.secondary_synchronize_pairs
    statement = visible(target, source.viewer, target.id)
    join = between.c[far.key] == getattr(target, key.key)
    return between.c[near.key], RelatedRows(target, statement.join(between, join))


def is_nullable(column: Any) -> bool:
    """Whether a column of a model can be null."""
    return bool(column_of(column).nullable)
