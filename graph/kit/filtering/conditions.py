"""Conditions: immutable and comparable values that are rendered to SQL last.

A condition is true or false for a row, never unknown: comparing a null is false, and the negation
of the comparison is true. Negations are pushed down to the comparisons, so that indexes can be
used and nulls are handled there.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, not_, or_, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from graph.kit.filtering.late_values import LateValues
from graph.kit.filtering.operators import build_condition, late_value
from graph.kit.loading.loaders import ReadScope
from graph.kit.loading.scope import visible
from models.base import column_of


class Condition:
    """A condition on a row."""

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        """Return the SQL condition, or its negation, on `row`: a model or an alias."""
        raise NotImplementedError

    def template(self, late: LateValues) -> "Condition":
        """Return the condition with its values bound late."""
        return self

    def implies(self, column: str) -> bool | None:
        """Whether matching rows have a value in a column; None if that is unknown."""
        return None

    @property
    def is_selective(self) -> bool:
        """Whether few rows are expected to match, and to be found by another table."""
        return False


@dataclass(frozen=True)
class Always(Condition):
    """True for every row, or for none."""

    value: bool

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        return true() if self.value != negated else false()


@dataclass(frozen=True)
class AllOf(Condition):
    """All conditions match; true if there are none."""

    parts: tuple[Condition, ...]

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        parts = [part.render(row, scope, negated=negated) for part in self.parts]
        return or_(false(), *parts) if negated else and_(true(), *parts)

    def template(self, late: LateValues) -> Condition:
        return AllOf(tuple(part.template(late) for part in self.parts))

    def implies(self, column: str) -> bool | None:
        implied = (part.implies(column) for part in self.parts)
        return next((known for known in implied if known is not None), None)

    @property
    def is_selective(self) -> bool:
        return any(part.is_selective for part in self.parts)


#: The condition of a list without a filter.
NO_CONDITION = AllOf(())


@dataclass(frozen=True)
class AnyOf(Condition):
    """At least one condition matches; false if there are none."""

    parts: tuple[Condition, ...]

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        parts = [part.render(row, scope, negated=negated) for part in self.parts]
        return and_(true(), *parts) if negated else or_(false(), *parts)

    def template(self, late: LateValues) -> Condition:
        return AnyOf(tuple(part.template(late) for part in self.parts))


@dataclass(frozen=True)
class Not(Condition):
    part: Condition

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        return self.part.render(row, scope, negated=not negated)

    def template(self, late: LateValues) -> Condition:
        return Not(self.part.template(late))


@dataclass(frozen=True)
class Comparison(Condition):
    """A column is compared to a value with an operator."""

    column: str
    operator: str
    value: Any

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        column = getattr(row, self.column)
        found = build_condition(self.operator, column, self.value, scope.database)
        if not negated:
            return found
        opposite = not_(found)
        nullable = self.operator != "null" and is_nullable(column)
        return or_(opposite, column.is_(None)) if nullable else opposite

    def template(self, late: LateValues) -> Condition:
        return replace(self, value=late_value(self.operator, self.value, late))

    def implies(self, column: str) -> bool | None:
        if column != self.column:
            return None
        return self.value is False if self.operator == "null" else True


@dataclass(frozen=True)
class CustomCondition(Condition):
    """A condition that a concept builds itself, such as that a user is the viewer."""

    build: Callable[[Any, ReadScope], ColumnElement[bool]]

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        found = self.build(row, scope)
        return not_(found) if negated else found


@dataclass(frozen=True)
class RelatedRow(Condition):
    """The row of a to-one relationship exists, is visible, and matches a condition."""

    relation: str
    part: Condition

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        attribute = getattr(row, self.relation)
        relationship = attribute.property
        [(near, far)] = relationship.local_remote_pairs
        target = aliased(relationship.mapper.class_)
        key = getattr(row, relationship.parent.get_property_by_column(near).key)
        found = visible(target, scope.viewer, getattr(target, far.key))
        found = found.where(self.part.render(target, scope))
        inside: ColumnElement[bool] = key.in_(found.scalar_subquery())
        if not negated:
            return inside
        # A null key and a hidden row both mean that there is no row for the viewer.
        return or_(key.is_(None), not_(inside)) if is_nullable(key) else not_(inside)

    def template(self, late: LateValues) -> Condition:
        return replace(self, part=self.part.template(late))


@dataclass(frozen=True)
class HasRelated(Condition):
    """At least one visible row of a to-many relationship matches a condition."""

    relation: str
    part: Condition

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        parent_key, far = related_rows_of(row, self.relation, scope)
        far = far.where(self.part.render(far.row, scope))
        if negated:
            # NOT EXISTS becomes an anti-join; NOT IN does not.
            # scope: `far` is restricted already.
            return not_(exists(far.statement.where(parent_key == row.id)))
        # IN lets the database start with the related rows if they are few.
        parents = far.statement.with_only_columns(parent_key).scalar_subquery()
        inside: ColumnElement[bool] = row.id.in_(parents)
        return inside

    @property
    def is_selective(self) -> bool:
        return not isinstance(self.part, Always)

    def template(self, late: LateValues) -> Condition:
        return replace(self, part=self.part.template(late))


@dataclass(frozen=True)
class RelatedCount(Condition):
    """The number of visible rows of a to-many relationship is compared to a value."""

    relation: str
    operator: str
    value: Any

    def render(self, row: Any, scope: ReadScope, *, negated: bool = False) -> ColumnElement[bool]:
        parent_key, far = related_rows_of(row, self.relation, scope)
        counted = far.statement.with_only_columns(func.count()).where(parent_key == row.id)
        number = counted.scalar_subquery()
        found = build_condition(self.operator, number, self.value, scope.database)
        return not_(found) if negated else found

    def template(self, late: LateValues) -> Condition:
        return replace(self, value=late_value(self.operator, self.value, late))


@dataclass(frozen=True)
class RelatedRows:
    """A select of a relationship's visible target rows, and their alias."""

    row: Any
    statement: Any

    def where(self, build_condition: ColumnElement[bool]) -> "RelatedRows":
        return RelatedRows(self.row, self.statement.where(build_condition))


def related_rows_of(row: Any, relation: str, scope: ReadScope) -> tuple[Any, RelatedRows]:
    """Return the column with the key of `row`, and a select of the related rows."""
    attribute: InstrumentedAttribute[Any] = getattr(row, relation)
    relationship = attribute.property
    target = aliased(relationship.mapper.class_)
    [(_, near)] = relationship.synchronize_pairs
    if relationship.secondary is None:
        name = relationship.mapper.get_property_by_column(near).key
        return getattr(target, name), RelatedRows(target, visible(target, scope.viewer, target.id))
    between = relationship.secondary.alias()
    [(key, far)] = relationship.secondary_synchronize_pairs
    statement = visible(target, scope.viewer, target.id)
    join = between.c[far.key] == getattr(target, key.key)
    return between.c[near.key], RelatedRows(target, statement.join(between, join))


def is_nullable(column: Any) -> bool:
    return bool(column_of(column).nullable)
