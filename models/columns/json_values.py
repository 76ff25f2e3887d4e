"""Column values as JSON, for cursors, the log and stored mutation results."""

import enum
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column

from models.columns.types import OrderedEnum

#: The bounds of integer columns (32 bits), and the upper bound of big integers (64 bits).
WHOLE_MIN, WHOLE_MAX = -(2**31), 2**31 - 1
COUNTER_MAX = 2**63 - 1


def encode(value: Any) -> Any:
    """Convert a value: UUIDs to 32 hex digits, times to ISO 8601 in UTC, enums to their names."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"
    if isinstance(value, date):
        return value.isoformat()
    return value.name if isinstance(value, enum.Enum) else value


def decode(column: Column[Any], value: Any) -> Any:
    """Convert a value of `encode` back. The value is checked: it may come from a caller.

    Raise `ValueError`, `TypeError`, `KeyError` or `OverflowError` if the column cannot hold it.
    """
    if value is None:
        if not column.nullable:
            raise ValueError(column.name)
        return None
    kind: Any = column.type
    if isinstance(kind, OrderedEnum):
        return kind.members[value]
    python = kind.python_type
    if issubclass(python, (UUID, date)) and not isinstance(value, str):
        raise TypeError(column.name)
    if python is UUID:
        return UUID(hex=value)
    if issubclass(python, datetime):
        timestamp = datetime.fromisoformat(value)
        if timestamp.tzinfo is None:
            raise ValueError(column.name)
        return timestamp.astimezone(UTC)
    if issubclass(python, date):
        return date.fromisoformat(value)
    if issubclass(python, enum.Enum):
        return python[value]
    if python is float and type(value) is int:
        return float(value)
    if type(value) is not python or (python is int and not _fits(value, kind)):
        raise TypeError(column.name)
    if isinstance(value, str) and "\0" in value:
        raise ValueError(column.name)
    return value


def _fits(value: int, kind: Any) -> bool:
    return WHOLE_MIN <= value <= (COUNTER_MAX if isinstance(kind, BigInteger) else WHOLE_MAX)
