"""Values as drivers return them: raw values, and what they mean.

The engine does without SQLAlchemy's processing of results: keys go from one statement to the next
as the driver returned them, and most values go into the answer as they are. A codec says for a
column how its raw value is shown, read and bound.
"""

import enum
import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from graphql import GraphQLLeafType, GraphQLNamedType, is_enum_type
from sqlalchemy.engine import Dialect

from models.columns.types import OrderedEnum, Timestamp
from models.database.compiled import result_processor

#: The bounds of GraphQL's Int.
INT_MIN, INT_MAX = -(2**31), 2**31 - 1


class NotShown(Exception):
    """A value that the API cannot show: the reference executor reports the error."""


class Codecs:
    """The codecs of one kind of database."""

    def __init__(self, kind: str, dialect: Dialect) -> None:
        self.kind = kind
        self.dialect = dialect
        #: What makes a raw value of a type the value that the ORM would load.
        self.reader = lru_cache(maxsize=None)(partial(result_processor, dialect=dialect))

    def raw_key(self, value: Any) -> Any:
        """Return a key as the driver would return it."""
        return value.bytes if self.kind != "postgresql" and isinstance(value, UUID) else value

    def raw(self, type_: Any, value: Any) -> Any:
        """Return a value of a column as the driver would return it."""
        if isinstance(value, UUID):
            return self.raw_key(value)
        if self.kind == "postgresql":
            processor = type_.dialect_impl(self.dialect).bind_processor(self.dialect)
            return value if processor is None else processor(value)
        if isinstance(value, datetime):
            text = value.astimezone(UTC).replace(tzinfo=None)
            return text.isoformat(" ", "microseconds") if self.kind == "sqlite" else text
        return value.name if isinstance(value, enum.Enum) else value

    def output(self, type_: Any, leaf: GraphQLNamedType) -> Callable[[Any], Any] | None:
        """Return what makes a raw value of a column one for JSON; None if it is one already.

        Raise `LookupError` for types that no codec knows.
        """
        if is_enum_type(leaf):
            return _enum_output(type_, leaf)
        is_int = isinstance(type_, sa.Integer) and leaf.name == "Int"
        if is_int and self.kind != "sqlite" and not isinstance(type_, sa.BigInteger):
            # It has the 32 bits of GraphQL's Int.
            return None
        made = self._outputs().get(leaf.name)
        if made is not None:
            kinds, output = made
            if isinstance(type_, kinds):
                return output
        raise LookupError(f"{type_!r} as {leaf.name}")

    def _outputs(self) -> dict[str, tuple[Any, Callable[[Any], Any] | None]]:
        """The outputs by the names of leaf types, and the types of columns that they are for."""
        is_text = self.kind == "sqlite"
        is_number = self.kind != "postgresql"
        return {
            "String": ((sa.String,), None),
            "Int": ((sa.Integer,), show_int),
            "Float": ((sa.Float,), show_float),
            "Boolean": ((sa.Boolean,), show_bool if is_number else None),
            # orjson writes dates and times in the same form as the scalars.
            "DateTime": ((Timestamp,), show_sqlite_time if is_text else None),
            "Date": ((sa.Date,), None),
        }


def show_int(value: Any) -> Any:
    if value is not None and not INT_MIN <= value <= INT_MAX:
        raise NotShown(value)
    return value


def show_float(value: Any) -> Any:
    if value is not None and not math.isfinite(value):
        raise NotShown(value)
    return value


def show_bool(value: Any) -> Any:
    return None if value is None else bool(value)


def show_sqlite_time(text: Any) -> Any:
    """Convert `2026-11-20 09:30:00.000000`, which SQLAlchemy stores, to `2026-11-20T09:30:00Z`."""
    if text is None:
        return None
    fraction = "" if text.endswith(".000000") else text[19:]
    return f"{text[:10]}T{text[11:19]}{fraction}Z"


def _enum_output(type_: Any, leaf: Any) -> Callable[[Any], Any]:
    """Look raw values of an enum up in a table; an unknown value raises `KeyError`."""
    if isinstance(type_, OrderedEnum):
        members: type[enum.Enum] = type_.members
        table = {member.value: shown(leaf, member) for member in members}
    elif isinstance(type_, sa.Enum) and type_.enum_class is not None:
        table = {member.name: shown(leaf, member) for member in type_.enum_class}
    else:
        raise LookupError(f"{type_!r} as {leaf.name}")
    table[None] = None
    return table.__getitem__


def shown(leaf: GraphQLLeafType, value: Any) -> Any:
    """Return a Python value as the API shows it; raise graphql-core's error if it cannot."""
    return None if value is None else leaf.coerce_output_value(value)
