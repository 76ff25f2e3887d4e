"""Conditions with a list as a parameter, so that a prepared statement serves any values."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import ARRAY, ColumnElement, any_, bindparam

T = TypeVar("T")


def is_any(column: Any, parameter: str, kind: str) -> ColumnElement[bool]:
    """Return the condition that a column equals one of the values of a parameter.

    PostgreSQL gets them as one array; elsewhere the statement has a place for each value.
    """
    condition: ColumnElement[bool] = (
        column == any_(bindparam(parameter, type_=ARRAY(column.type)))
        if kind == "postgresql"
        else column.in_(bindparam(parameter, expanding=True))
    )
    return condition


def padded_length(count: int) -> int:
    """Return the next power of two, so that few different statements are prepared."""
    return 1 << max(0, count - 1).bit_length()


def padded(values: Sequence[T]) -> list[T]:
    """Repeat the last value until their number is a power of two."""
    padding = padded_length(len(values)) - len(values) if values else 0
    return [*values, *(values[-1] for _ in range(padding))]
