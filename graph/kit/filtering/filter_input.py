"""Filter inputs: one grammar for every list, parsed into conditions.

A filter input is a class with a field for each column or relationship that callers can filter by.
A field's type decides what it does: a comparator compares the column of the field's name, a filter
matches the row of the to-one relationship of that name, a collection filter matches the rows of
the to-many relationship.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar

import strawberry
from sqlalchemy import ColumnElement
from strawberry.types.lazy_type import LazyType
from strawberry.utils.str_converters import to_camel_case

from graph.kit.declare import doc_of
from graph.kit.errors import BadUserInput
from graph.kit.filtering.comparators import (
    Comparator,
    NumberComparator,
    integer_comparison,
    provided_operators,
)
from graph.kit.filtering.conditions import (
    NO_CONDITION,
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

#: Limits of one filter: nesting, relationships deep, and number of conditions.
MAX_DEPTH = 12
MAX_RELATIONS = 6
MAX_PARTS = 200
#: Values that all lists of a filter may hold together.
MAX_ALL_VALUES = 5_000

# Strawberry resolves a lazy type again for each value of an argument, and reads files to do so.
LazyType.resolve_type = cache(LazyType.resolve_type)  # type: ignore[method-assign]

#: How the names of inputs end that filter by the rows of a to-many relationship, and their fields
#: that take a condition on these rows. Their other field compares the number of rows.
COLLECTION_SUFFIX = "CollectionFilter"
QUANTIFIERS = ("some", "every", "none")

T = TypeVar("T")
#: A condition that a concept builds itself, from the row and the scope.
BuildCondition = Callable[[Any, ReadScope], ColumnElement[bool]]
#: Makes the condition from the value in the filter, and the place of the value for errors.
ParseCondition = Callable[[Any, str], Condition]


class FilterInput:
    """The base class of filter inputs."""

    model: ClassVar[type[Base]]


_FILTERS: dict[type[Base], type[FilterInput]] = {}


def filter_of(model: type[Base]) -> type[FilterInput] | None:
    """Return the filter input that a concept has registered for its model, if any."""
    return _FILTERS.get(model)


def filter_field(
    description: str | None = None,
    build: BuildCondition | None = None,
    parse: ParseCondition | None = None,
) -> Any:
    """Return a field of a filter; without a description it takes the column's `doc`.

    `parse` makes the condition of a field that is neither a column nor a relationship. `build` does
    of a field that is true or false.
    """
    if build is not None:
        condition = CustomCondition(build)
        parse = lambda value, _: condition if value else Not(condition)  # noqa: E731
    return strawberry.field(
        default=strawberry.UNSET, description=description, metadata={"parse": parse}
    )


def filter_input(
    model: type[Base], description: str, *, nullable: bool = False
) -> Callable[[type[T]], type[T]]:
    """Make a class the filter input of a model's lists, with `and`, `or` and `not`.

    A `nullable` one also has `null`, to ask whether the row of a to-one relationship exists.
    """

    def make(cls: type[T]) -> type[T]:
        own_type: Any = Annotated[cls.__name__, strawberry.lazy(cls.__module__)]
        own = {
            # A filter that refers to itself is annotated with its name.
            name: (own_type if kind == cls.__name__ else kind) | None
            for name, kind in inspect.get_annotations(cls).items()
        }
        for name in own:
            if name not in cls.__dict__:
                setattr(cls, name, filter_field())
            field = cls.__dict__[name]
            field.description = field.description or doc_of(model, name)
            if field.description is None:
                raise TypeError(f"{cls.__name__}.{name}: {model.__name__}.{name} has no `doc`")
        combined: dict[str, tuple[Any, Any]] = {
            "and_": (list[own_type] | None, _named_field("and", "All of these match.")),
            "or_": (
                list[own_type] | None,
                _named_field("or", "At least one of these matches. An empty list matches nothing."),
            ),
            "not_": (own_type | None, _named_field("not", "This does not match.")),
        }
        if nullable:
            combined["null"] = (
                bool | None,
                filter_field("`true`: there is none. `false`: there is one."),
            )
        cls.__annotations__ = {name: kind for name, (kind, _) in combined.items()} | own
        for name, (_, field) in combined.items():
            setattr(cls, name, field)
        cls.model = model  # type: ignore[attr-defined]
        made: Any = strawberry.input(cls, description=description)
        _FILTERS[model] = made
        return made  # type: ignore[no-any-return]

    return make


def collection_filter(item: type[FilterInput]) -> Any:
    """Make the input that filters by the rows of a to-many relationship, such as a task's labels.

    Its name is `LabelCollectionFilter` for the filter `LabelFilter`.
    """
    name = f"{item.__name__.removesuffix('Filter')}{COLLECTION_SUFFIX}"
    rows = item.__name__.removesuffix("Filter").lower() + "s"
    namespace = {
        "__annotations__": {
            "some": item | None,
            "every": item | None,
            "none": item | None,
            "length": NumberComparator | None,
        },
        "__module__": item.__module__,
        "some": filter_field("At least one matches."),
        "every": filter_field("Every one matches. This is also true if there are none."),
        "none": filter_field("None matches."),
        "length": filter_field("The number of them."),
    }
    return strawberry.input(type(name, (), namespace), description=f"Filters by related {rows}.")


def _named_field(name: str, description: str) -> Any:
    return strawberry.field(default=strawberry.UNSET, name=name, description=description)


def parse_filter(scope: ReadScope, filter: Any) -> Condition:
    """Return the condition of the argument `filter`. Raises `BadUserInput`."""
    return NO_CONDITION if filter is None else FilterParser(scope).parse(filter, "filter")


class FilterParser:
    """Parses one filter of a request into a condition, within the limits."""

    def __init__(self, scope: ReadScope) -> None:
        self.scope = scope
        self.parts = 0
        self.values = 0
        self.relations = 0

    def parse(
        self, filter: Any, path: str, depth: int = 0, *, of_relation: bool = False
    ) -> Condition:
        """Return the condition of a filter input. A `BadUserInput` names the invalid field."""
        if depth > MAX_DEPTH:
            raise BadUserInput(f"{path}: a filter can be nested at most {MAX_DEPTH} levels deep.")
        conditions: list[Condition] = []
        for field in filter.__strawberry_definition__.fields:
            value = getattr(filter, field.python_name)
            if value is strawberry.UNSET or value is None:
                continue
            self._count_part(path)
            name = field.graphql_name or to_camel_case(field.python_name)
            place = f"{path}.{name}"
            parse = field.metadata.get("parse")
            if parse is not None:
                conditions.append(parse(value, place))
            elif name in ("and", "or"):
                inner = tuple(
                    self.parse(part, f"{place}[{index}]", depth + 1)
                    for index, part in enumerate(value)
                )
                conditions.append(AllOf(inner) if name == "and" else AnyOf(inner))
            elif name == "not":
                conditions.append(Not(self.parse(value, place, depth + 1)))
            elif name == "null" and isinstance(value, bool):
                if not of_relation:
                    raise BadUserInput(
                        f"{place}: `null` applies to a relation itself, such as "
                        "`parent: {null: true}`, and cannot be used inside and, or, not, some, "
                        "every or none."
                    )
                # `null: true` was handled by the caller: here the row exists.
                conditions.append(Always(not value))
            else:
                conditions += self._condition_of(
                    filter.model, field.python_name, value, place, depth
                )
        if not conditions:
            # An empty filter is a condition too, which is true.
            self._count_part(path)
        return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))

    def _count_part(self, path: str) -> None:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise BadUserInput(f"{path}: a filter can have at most {MAX_PARTS} conditions.")

    def _condition_of(
        self, model: type[Base], name: str, value: Any, path: str, depth: int
    ) -> list[Condition]:
        """Return the conditions on the column or the relationship of a name."""
        if isinstance(value, Comparator):
            conditions = value.conditions(
                name,
                lambda operator, operand: value.condition(
                    model, name, operator, operand, self.scope
                ),
                path,
            )
            self.parts += len(conditions)
            self._count_values(conditions, path)
            return conditions
        if isinstance(value, FilterInput):
            return [self._to_one(name, value, path, depth)]
        return self._to_many(name, value, path, depth)

    def _count_values(self, conditions: list[Condition], path: str) -> None:
        """Limit the parameters of the statement, which databases limit too."""
        for condition in conditions:
            inner = condition.part if isinstance(condition, Not) else condition
            if isinstance(inner, Comparison) and isinstance(inner.value, tuple):
                self.values += len(inner.value)
        if self.values > MAX_ALL_VALUES:
            raise BadUserInput(
                f"{path}: the lists of a filter can hold {MAX_ALL_VALUES:,} values in total."
            )

    @contextmanager
    def _into_relation(self, path: str) -> Iterator[None]:
        """Limit nested relationships: each is a subquery within another."""
        self.relations += 1
        if self.relations > MAX_RELATIONS:
            raise BadUserInput(
                f"{path}: a filter can follow at most {MAX_RELATIONS} relations in a row."
            )
        yield
        self.relations -= 1

    def _to_one(self, relation: str, filter: Any, path: str, depth: int) -> Condition:
        if getattr(filter, "null", strawberry.UNSET) is True:
            # No row exists, so no other condition on it can match.
            others = [
                name
                for name, value in provided_operators(filter)
                if name != "null" and value is not None
            ]
            return Always(False) if others else Not(RelatedRow(relation, Always(True)))
        with self._into_relation(path):
            return RelatedRow(relation, self.parse(filter, path, depth + 1, of_relation=True))

    def _to_many(self, relation: str, filter: Any, path: str, depth: int) -> list[Condition]:
        conditions: list[Condition] = []
        for name, value in provided_operators(filter):
            if value is None:
                continue
            place = f"{path}.{name}"
            if isinstance(value, NumberComparator):
                counts = value.conditions(
                    "", lambda operator, operand: integer_comparison("", operator, operand), place
                )
                conditions += [count_condition(relation, count) for count in counts]
                continue
            with self._into_relation(place):
                inner = self.parse(value, place, depth + 1)
            if name == "some":
                conditions.append(HasRelated(relation, inner))
            elif name == "none":
                conditions.append(Not(HasRelated(relation, inner)))
            else:
                conditions.append(Not(HasRelated(relation, Not(inner))))
        return conditions


def count_condition(relation: str, condition: Condition) -> Condition:
    """Turn a comparison of a number into one of the number of related rows."""
    if isinstance(condition, Not):
        return Not(count_condition(relation, condition.part))
    if isinstance(condition, Comparison):
        operator, value = condition.operator, condition.value
        # EXISTS is faster than counting.
        if (operator, value) in (("eq", 0), ("lte", 0)):
            return Not(HasRelated(relation, Always(True)))
        if (operator, value) == ("gte", 1):
            return HasRelated(relation, Always(True))
        return RelatedCount(relation, operator, value)
    return condition
