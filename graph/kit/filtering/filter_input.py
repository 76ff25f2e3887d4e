"""Filters: one grammar for every list.

A filter input is a class with a field for each column or relation that can be asked about. What
a field does follows from its type: a comparator compares the column of the field's name, a
filter asks about the row on the far side of the to-one relationship of that name, a collection
filter about the rows of the to-many one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar

import strawberry
from sqlalchemy import ColumnElement
from strawberry.types.lazy_type import LazyType
from strawberry.utils.str_converters import to_camel_case

from graph.kit.errors import BadUserInput
from graph.kit.filtering.comparators import (
    Comparator,
    NumberComparator,
    integer_comparison,
    provided_operators,
)
from graph.kit.filtering.conditions import (
    AllOf,
    Always,
    AnyOf,
    Comparison,
    Condition,
    CustomCondition,
    HasRelated,
    Not,
    RelatedCount,
    RelatedRow,
)
from graph.kit.loading.loaders import ReadScope
from models.base import Base

#: How deep filters may be nested, how many relations deep, and of how many parts one may be made.
MAX_DEPTH = 12
MAX_RELATIONS = 6
MAX_PARTS = 200
#: How many values all lists of a filter may hold together.
MAX_ALL_VALUES = 5_000

# Strawberry resolves a lazy type anew for each value of an argument, and looks at files for it.
LazyType.resolve_type = cache(LazyType.resolve_type)  # type: ignore[method-assign]

T = TypeVar("T")


class FilterInput:
    """The base of filter inputs."""

    model: ClassVar[type[Base]]


def filter_field(
    description: str, rule: Callable[[Any, ReadScope], ColumnElement[bool]] | None = None
) -> Any:
    """A field of a filter; `rule` is for one that is neither a column nor a relation."""
    metadata = {"rule": rule} if rule else {}
    return strawberry.field(default=strawberry.UNSET, description=description, metadata=metadata)


def filter_input(
    model: type[Base], description: str, *, nullable: bool = False
) -> Callable[[type[T]], type[T]]:
    """Makes a class a filter input: with `and`, `or`, `not`, and `null` where there may be none."""

    def make(cls: type[T]) -> type[T]:
        itself: Any = Annotated[cls.__name__, strawberry.lazy(cls.__module__)]
        own = {name: kind | None for name, kind in cls.__annotations__.items()}
        more: dict[str, tuple[Any, Any]] = {
            "and_": (list[itself] | None, _named("and", "All of these hold.")),
            "or_": (
                list[itself] | None,
                _named("or", "At least one of these holds; of none, nothing."),
            ),
            "not_": (itself | None, _named("not", "This does not hold.")),
        }
        if nullable:
            more["null"] = (bool | None, filter_field("true: there is none; false: there is one."))
        cls.__annotations__ = {name: kind for name, (kind, _) in more.items()} | own
        for name, (_, field) in more.items():
            setattr(cls, name, field)
        cls.model = model  # type: ignore[attr-defined]
        filled: type[T] = strawberry.input(cls, description=description)
        return filled

    return make


def _named(name: str, description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, name=name, description=description)


class FilterParser:
    """Reads one filter of a request into a condition, within the limits."""

    def __init__(self, source: ReadScope) -> None:
        self.source = source
        self.parts = 0
        self.values = 0
        self.relations = 0

    def read(
        self, filled: Any, path: str, depth: int = 0, *, of_relation: bool = False
    ) -> Condition:
        """The condition of a filter input; a `BadUserInput` names the field that cannot be."""
        if depth > MAX_DEPTH:
            raise BadUserInput(f"{path}: filters may be nested {MAX_DEPTH} deep, not deeper.")
        conditions: list[Condition] = []
        for field in filled.__strawberry_definition__.fields:
            value = getattr(filled, field.python_name)
            if value is strawberry.UNSET or value is None:
                continue
            self.parts += 1
            if self.parts > MAX_PARTS:
                raise BadUserInput(f"{path}: a filter may have {MAX_PARTS} parts, not more.")
            name = field.graphql_name or to_camel_case(field.python_name)
            place = f"{path}.{name}"
            rule = field.metadata.get("rule")
            if rule is not None:
                conditions.append(CustomCondition(rule) if value else Not(CustomCondition(rule)))
            elif name in ("and", "or"):
                inner = tuple(
                    self.read(part, f"{place}[{index}]", depth + 1)
                    for index, part in enumerate(value)
                )
                conditions.append(AllOf(inner) if name == "and" else AnyOf(inner))
            elif name == "not":
                conditions.append(Not(self.read(value, place, depth + 1)))
            elif name == "null" and isinstance(value, bool):
                if not of_relation:
                    raise BadUserInput(
                        f"{place}: null is asked of a relation itself, as parent: {{null: true}}, "
                        "not within and, or, not, some, every or none."
                    )
                # That there is none was answered for: here there is one.
                conditions.append(Always(not value))
            else:
                conditions += self._about(filled.model, field.python_name, value, place, depth)
        return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))

    def _about(
        self, model: type[Base], name: str, value: Any, path: str, depth: int
    ) -> list[Condition]:
        """The conditions on the column or the relation of a name."""
        if isinstance(value, Comparator):
            found = value.conditions(
                name, lambda operator, to: value.one(model, name, operator, to, self.source), path
            )
            self.parts += len(found)
            self._count_values(found, path)
            return found
        if isinstance(value, FilterInput):
            return [self._one(name, value, path, depth)]
        return self._many(name, value, path, depth)

    def _count_values(self, conditions: list[Condition], path: str) -> None:
        """Keeps a statement from having more parameters than a database takes."""
        for condition in conditions:
            inner = condition.part if isinstance(condition, Not) else condition
            if isinstance(inner, Comparison) and isinstance(inner.value, tuple):
                self.values += len(inner.value)
        if self.values > MAX_ALL_VALUES:
            raise BadUserInput(f"{path}: a filter may name {MAX_ALL_VALUES} values, not more.")

    @contextmanager
    def _into_relation(self, path: str) -> Iterator[None]:
        """Counts how many relations deep the filter is: each is a statement within another."""
        self.relations += 1
        if self.relations > MAX_RELATIONS:
            raise BadUserInput(f"{path}: a filter may go {MAX_RELATIONS} relations deep, not more.")
        yield
        self.relations -= 1

    def _one(self, relation: str, filled: Any, path: str, depth: int) -> Condition:
        null = getattr(filled, "null", strawberry.UNSET)
        if null is True:
            # There is none; what else is asked of it cannot hold.
            others = [
                name
                for name, value in provided_operators(filled)
                if name != "null" and value is not None
            ]
            return Always(False) if others else Not(RelatedRow(relation, Always(True)))
        with self._into_relation(path):
            return RelatedRow(relation, self.read(filled, path, depth + 1, of_relation=True))

    def _many(self, relation: str, filled: Any, path: str, depth: int) -> list[Condition]:
        found: list[Condition] = []
        for name, value in provided_operators(filled):
            if value is None:
                continue
            place = f"{path}.{name}"
            if isinstance(value, NumberComparator):
                counts = value.conditions(
                    "", lambda operator, to: integer_comparison("", operator, to), place
                )
                found += [count_condition(relation, count) for count in counts]
                continue
            with self._into_relation(place):
                inner = self.read(value, place, depth + 1)
            if name == "some":
                found.append(HasRelated(relation, inner))
            elif name == "none":
                found.append(Not(HasRelated(relation, inner)))
            else:
                found.append(Not(HasRelated(relation, Not(inner))))
        return found


def count_condition(relation: str, condition: Condition) -> Condition:
    """A comparison of a number as one of the number of a relation's rows."""
    if isinstance(condition, Not):
        return Not(count_condition(relation, condition.part))
    if isinstance(condition, Comparison):
        asked = (condition.operator, condition.value)
        # Whether there are any is found sooner than how many there are.
        if asked in (("eq", 0), ("lte", 0)):
            return Not(HasRelated(relation, Always(True)))
        if asked == ("gte", 1):
            return HasRelated(relation, Always(True))
        return RelatedCount(relation, *asked)
    return condition
