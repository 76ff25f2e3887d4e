"""The statements of steps, whose keys are bound late."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, tuple_
from sqlalchemy.sql.expression import Executable

from graph.engine.binding import BoundStep
from graph.engine.places import Step, StepKind
from graph.kit.loading.loaders import ReadScope
from graph.kit.relations.batches import RowBatch
from graph.kit.relations.parameters import KEY_PREFIX, KeyParameter, ListParameter, parameter
from graph.kit.relations.selection import ColumnSelection


class StepStatements:
    """Builds the statements of single steps."""

    def __init__(self, scope: ReadScope) -> None:
        self.scope = scope

    def build(self, bound: BoundStep, keys: Any) -> Executable:
        """Return the statement of a step for keys, which are `Keys` or `CompositeKeys`."""
        step = bound.step
        selection = ColumnSelection(step.columns)
        if step.kind is StepKind.ROWS:
            batch: Any = RowBatch(step.model)
            statement: Executable = batch.statement(self.scope, keys, selection)
        elif step.kind is StepKind.LOOKUP:
            statement = step.declared.batch.statement(self.scope, keys, selection)
        elif step.kind is StepKind.COUNT:
            statement = self._count(bound, keys)
        else:
            statement = bound.batch.statement(self.scope, keys, selection)
        return statement

    def _count(self, bound: BoundStep, keys: Any) -> Executable:
        limit = bound.step.limit
        if limit is None:
            counts: Executable = bound.batch.counts(self.scope, keys)
        elif self.scope.database.has_lateral:
            counts = bound.batch.capped(self.scope, keys, limit + 1)
        else:
            counts = bound.batch.branches(self.scope, keys.parents(), limit + 1)
        return counts

    def for_keys(self, bound: BoundStep, length: int) -> Executable:
        """Return the statement for a number of keys that are bound late."""
        step, database = bound.step, self.scope.database
        if step.kind is StepKind.LOOKUP:
            return self.build(bound, LateCompositeKeys(key_name(step), length))
        keys = ListParameter(key_name(step), length)
        if step.kind is StepKind.COUNT and step.limit is not None and not database.has_lateral:
            return self.build(bound, LateParents(keys, bound))
        return self.build(bound, KeyParameter(keys, database))


def key_name(step: Step) -> str:
    """Return the name of the parameter that holds the keys of a step."""
    return f"{KEY_PREFIX}{step.number}"


@dataclass(frozen=True)
class LateParents:
    """Keys as one expression each, for statements with a branch for each of them."""

    keys: ListParameter
    bound: BoundStep

    def parents(self) -> list[ColumnElement[Any]]:
        type_ = self.bound.batch.children.path.parent_key.type
        if self.keys.length == 1:
            return [parameter(self.keys.name, type_)]
        names = [f"{self.keys.name}_{place}" for place in range(self.keys.length)]
        return [parameter(name, type_) for name in names]


@dataclass(frozen=True)
class LateCompositeKeys:
    """Composite keys that are bound late, as one parameter for each part."""

    name: str
    length: int

    def match(self, columns: Sequence[Any]) -> ColumnElement[bool]:
        if self.length == 1:
            names = [composite_name(self.name, 0, part) for part in range(len(columns))]
            parts = zip(columns, names, strict=True)
            return and_(*(column == parameter(name, column.type) for column, name in parts))
        # Compiled with so many keys, it has the parameters that `composite_name` names.
        keys = [(None,) * len(columns)] * self.length
        return tuple_(*columns).in_(bindparam(self.name, keys, expanding=True))


def composite_name(name: str, place: int, part: int) -> str:
    """Return the name of the parameter of a part of a key, as SQLAlchemy names it in a list."""
    return f"{name}_{place + 1}_{part + 1}"


def composite_values(name: str, keys: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """Return the values of `LateCompositeKeys`."""
    return {
        composite_name(name, place, part): value
        for place, key in enumerate(keys)
        for part, value in enumerate(key)
    }
