"""The comparators of filters: which operators a kind of value has, and how it is read."""

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

#: The most values that `in` and `nin` take.
MAX_VALUES = 500
#: The most characters of a text to compare with.
MAX_TEXT = 10_000


def operator_field(name: str) -> Any:
    """A field of a comparator, described by the table of operators."""
    return strawberry.field(
        default=strawberry.UNSET, name=name, description=OPERATORS[name].description
    )


#: From an operator's name and the value given to it, a condition.
Make = Callable[[str, Any], Condition]


class Comparator:
    """What the comparators have in common: each operator that is given must hold."""

    @classmethod
    def condition(
        cls, model: type[Base], column: str, name: str, value: Any, source: ReadScope
    ) -> Condition:
        """The condition of an operator that takes one value; a kind of values refines it."""
        return Comparison(column, name, value)

    def conditions(self, column: str, make: Make, path: str) -> list[Condition]:
        """The conditions of the operators that are given, each by `make`."""
        found: list[Condition] = []
        for name, value in provided_operators(self):
            place = f"{path}.{name}"
            if value is None:
                raise BadUserInput(f"{place}: null compares to nothing. Leave it out, or use null.")
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
    # What cannot be, such as half a task, is among nothing.
    wanted = tuple(one.value for one in single if isinstance(one, Comparison))
    return Comparison(column, "in", wanted) if wanted else Always(False)


def provided_operators(filled: Any) -> list[tuple[str, Any]]:
    """The fields of an input that were given, by the names that callers know."""
    found = []
    for field in filled.__strawberry_definition__.fields:
        value = getattr(filled, field.python_name)
        if value is not strawberry.UNSET:
            found.append((field.graphql_name or to_camel_case(field.python_name), value))
    return found


@strawberry.input(description="Compares ids.")
class IDComparator(Comparator):
    eq: strawberry.ID | None = operator_field("eq")
    neq: strawberry.ID | None = operator_field("neq")
    in_: list[strawberry.ID] | None = operator_field("in")
    nin: list[strawberry.ID] | None = operator_field("nin")
    null: bool | None = operator_field("null")

    @classmethod
    def condition(
        cls, model: type[Base], column: str, name: str, value: Any, source: ReadScope
    ) -> Condition:
        node = decode_id(value, "")
        if node is None or node.model is not model:
            raise BadUserInput(f"{value!r} is not the id of a {name_of(model)}.")
        return Comparison(column, name, node.key)


@strawberry.input(
    description="Compares texts, letter by letter unless the operator says otherwise."
)
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
        cls, model: type[Base], column: str, name: str, value: Any, source: ReadScope
    ) -> Condition:
        return Comparison(column, name, validated_text(value))


def validated_text(text: str) -> str:
    """A text that a database can hold; a `BadUserInput` says why another one is not."""
    if len(text) > MAX_TEXT:
        raise BadUserInput(f"at most {MAX_TEXT} characters, not {len(text)}.")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadUserInput("a text cannot hold the character NUL, nor half of a surrogate pair.")
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
        cls, model: type[Base], column: str, name: str, value: Any, source: ReadScope
    ) -> Condition:
        if isinstance(column_of(getattr(model, column)).type, Integer):
            return integer_comparison(column, name, value)
        return Comparison(column, name, validated_number(value))


def validated_number(value: float) -> float:
    """A number that a database can hold: a literal such as 1e999 is infinite."""
    if not math.isfinite(value):
        raise BadUserInput("a number must be finite.")
    return value


def integer_comparison(column: str, name: str, value: float) -> Condition:
    """The same comparison of whole numbers to a whole number: less than 2.5 is at most 2."""
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
    description="Compares instants and days. A day counts as its beginning in UTC; compared to a "
    "duration, which then counts from today, it is less than P0D when it is over."
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
        cls, model: type[Base], column: str, name: str, value: Any, source: ReadScope
    ) -> Condition:
        if not isinstance(column_of(getattr(model, column)).type, Date):
            return Comparison(column, name, value.at(source.now))
        day, exact = value.on(source.now.date())
        if exact:
            return Comparison(column, name, day)
        # Within a day: what began at its beginning is before, what begins the next day after.
        within = {"lt": "lte", "lte": "lte", "gt": "gt", "gte": "gt"}
        return Always(False) if name == "eq" else Comparison(column, within[name], day)
