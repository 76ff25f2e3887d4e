"""Comparator inputs: the operators that each kind of value has."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import strawberry
from sqlalchemy import Date, Integer
from strawberry.utils.str_converters import to_camel_case

from graph.kit.errors import BadUserInput
from graph.kit.filtering.conditions import Always, Comparison, Condition, Not
from graph.kit.filtering.operators import OPERATORS
from graph.kit.filtering.relative_time import RelativeTime
from graph.kit.loading.loaders import ReadScope
from graph.kit.node import decode_id, name_of
from models.base import Base, column_of
from models.columns.json_values import WHOLE_MAX, WHOLE_MIN
from models.columns.rules import canonical

#: The most values of `in` and `nin`.
MAX_VALUES = 500
#: The most characters of a text value.
MAX_TEXT = 10_000


def operator_field(name: str) -> Any:
    """Return a field of a comparator, described by the table of operators."""
    return strawberry.field(
        default=strawberry.UNSET, name=name, description=OPERATORS[name].description
    )


#: Makes the condition of an operator and its value.
Make = Callable[[str, Any], Condition]


class Comparator:
    """The base class of comparators. All operators that are provided must match."""

    @classmethod
    def condition(
        cls, model: type[Base], column: str, name: str, value: Any, scope: ReadScope
    ) -> Condition:
        """Return the condition of an operator with one value. Subclasses convert the value."""
        return Comparison(column, name, value)

    def conditions(self, column: str, make: Make, path: str) -> list[Condition]:
        """Return the conditions of the provided operators. Raises `BadUserInput`."""
        found: list[Condition] = []
        for name, value in provided_operators(self):
            place = f"{path}.{name}"
            if value is None:
                raise BadUserInput(f"{place}: cannot be null. Omit it, or use `{{null: true}}`.")
            try:
                found.append(_condition(column, name, value, make))
            except BadUserInput as error:
                raise BadUserInput(f"{place}: {error.message}") from None
        return found


def _condition(column: str, name: str, value: Any, make: Make) -> Condition:
    negative = OPERATORS[name].opposite_of
    if negative is not None:
        return Not(_condition(column, negative, value, make))
    if name == "null":
        return Comparison(column, name, value)
    return _among(column, value, make) if name == "in" else make(name, value)


def _among(column: str, values: Sequence[Any], make: Make) -> Condition:
    if len(values) > MAX_VALUES:
        raise BadUserInput(f"at most {MAX_VALUES} values, not {len(values)}.")
    single = (make("eq", value) for value in values)
    # Values that no row can have, such as 1.5 for an integer column, match nothing.
    wanted = tuple(one.value for one in single if isinstance(one, Comparison))
    return Comparison(column, "in", wanted) if wanted else Always(False)


def provided_operators(filled: Any) -> list[tuple[str, Any]]:
    """Return the provided fields of an input, by their GraphQL names."""
    found = []
    for field in filled.__strawberry_definition__.fields:
        value = getattr(filled, field.python_name)
        if value is not strawberry.UNSET:
            found.append((field.graphql_name or to_camel_case(field.python_name), value))
    return found


@strawberry.input(description="Compares IDs.")
class IDComparator(Comparator):
    eq: strawberry.ID | None = operator_field("eq")
    neq: strawberry.ID | None = operator_field("neq")
    in_: list[strawberry.ID] | None = operator_field("in")
    nin: list[strawberry.ID] | None = operator_field("nin")
    null: bool | None = operator_field("null")

    @classmethod
    def condition(
        cls, model: type[Base], column: str, name: str, value: Any, scope: ReadScope
    ) -> Condition:
        node = decode_id(value, "")
        if node is None or node.model is not model:
            raise BadUserInput(f"{value!r} is not an ID of type {name_of(model)}.")
        return Comparison(column, name, node.key)


@strawberry.input(description="Compares texts, case-sensitive unless the operator says otherwise.")
class StringComparator(Comparator):
    eq: str | None = operator_field("eq")
    neq: str | None = operator_field("neq")
    in_: list[str] | None = operator_field("in")
    nin: list[str] | None = operator_field("nin")
    contains: str | None = operator_field("contains")
    not_contains: str | None = operator_field("notContains")
    starts_with: str | None = operator_field("startsWith")
    ends_with: str | None = operator_field("endsWith")
    eq_ignore_case: str | None = operator_field("eqIgnoreCase")
    contains_ignore_case: str | None = operator_field("containsIgnoreCase")
    null: bool | None = operator_field("null")

    @classmethod
    def condition(
        cls, model: type[Base], column: str, name: str, value: Any, scope: ReadScope
    ) -> Condition:
        stored = canonical(column_of(getattr(model, column)), validated_text(value))
        return Comparison(column, name, stored)


def validated_text(text: str) -> str:
    """Return a text that every database can store. Raises `BadUserInput` for others."""
    if len(text) > MAX_TEXT:
        raise BadUserInput(f"at most {MAX_TEXT} characters, not {len(text)}.")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadUserInput("a text cannot contain null characters or unpaired surrogates.")
    return text


@strawberry.input(description="Compares numbers.")
class NumberComparator(Comparator):
    eq: float | None = operator_field("eq")
    neq: float | None = operator_field("neq")
    in_: list[float] | None = operator_field("in")
    nin: list[float] | None = operator_field("nin")
    lt: float | None = operator_field("lt")
    lte: float | None = operator_field("lte")
    gt: float | None = operator_field("gt")
    gte: float | None = operator_field("gte")
    null: bool | None = operator_field("null")

    @classmethod
    def condition(
        cls, model: type[Base], column: str, name: str, value: Any, scope: ReadScope
    ) -> Condition:
        if isinstance(column_of(getattr(model, column)).type, Integer):
            return integer_comparison(column, name, value)
        return Comparison(column, name, validated_number(value))


def validated_number(value: float) -> float:
    """Return a finite number. Raises `BadUserInput` for others, such as the literal 1e999."""
    if not math.isfinite(value):
        raise BadUserInput("a number must be finite.")
    return value


def integer_comparison(column: str, name: str, value: float) -> Condition:
    """Return the comparison of an integer column: `lt 2.5` becomes `lte 2`."""
    validated_number(value)
    if name == "eq":
        fits = value == int(value) and WHOLE_MIN <= value <= WHOLE_MAX
        return Comparison(column, name, int(value)) if fits else Always(False)
    if name in ("lt", "lte"):
        bound = math.floor(value) - (1 if name == "lt" and value == math.floor(value) else 0)
        if bound < WHOLE_MIN:
            return Always(False)
        return Comparison(column, "lte", min(bound, WHOLE_MAX))
    bound = math.ceil(value) + (1 if name == "gt" and value == math.ceil(value) else 0)
    if bound > WHOLE_MAX:
        return Always(False)
    return Comparison(column, "gte", max(bound, WHOLE_MIN))


@strawberry.input(
    description="Compares times and dates. A date stands for its start in UTC. Durations are "
    'relative to now; for dates they are relative to today, so that `{lt: "P0D"}` matches '
    "past dates."
)
class DateTimeComparator(Comparator):
    eq: RelativeTime | None = operator_field("eq")
    neq: RelativeTime | None = operator_field("neq")
    lt: RelativeTime | None = operator_field("lt")
    lte: RelativeTime | None = operator_field("lte")
    gt: RelativeTime | None = operator_field("gt")
    gte: RelativeTime | None = operator_field("gte")
    null: bool | None = operator_field("null")

    @classmethod
    def condition(
        cls, model: type[Base], column: str, name: str, value: Any, scope: ReadScope
    ) -> Condition:
        if not isinstance(column_of(getattr(model, column)).type, Date):
            return Comparison(column, name, value.time_from(scope.now))
        day, exact = value.date_from(scope.now.date())
        if exact:
            return Comparison(column, name, day)
        # A time within a day: that day is before it, the next day is after it.
        within = {"lt": "lte", "lte": "lte", "gt": "gt", "gte": "gt"}
        return Always(False) if name == "eq" else Comparison(column, within[name], day)
