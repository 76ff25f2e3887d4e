"""The scalars of time: UTC instants and calendar days, in ISO 8601."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from graph.kit.errors import BadUserInput

#: Python reads other forms too, such as days of weeks.
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def unreadable(message: str) -> GraphQLError:
    """The error of a scalar that cannot be read; graphql-core says in which argument it is."""
    return GraphQLError(message, extensions={"code": BadUserInput.code})


def read_instant(given: Any) -> datetime:
    """Reads an instant, which must say its offset from UTC."""
    try:
        moment = datetime.fromisoformat(given)
        if moment.tzinfo is None or not DAY.match(given) or given[10] != "T":
            raise ValueError(given)
        return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise unreadable(
            f"{_shown(given)} is not an instant: write it with its offset, as 2026-11-20T09:30:00Z."
        ) from None


def write_instant(moment: datetime) -> str:
    """Writes an instant in UTC, with microseconds where it has any."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def read_day(given: Any) -> date:
    """Reads a calendar day."""
    try:
        if not DAY.fullmatch(given):
            raise ValueError(given)
        return date.fromisoformat(given)
    except (ValueError, TypeError):
        raise unreadable(f"{_shown(given)} is not a day: write it as 2026-11-20.") from None


def _shown(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _scalar(
    name: str, description: str, write: Callable[[Any], Any], read: Callable[[Any], Any]
) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=write, parse_value=read)


SCALARS: dict[object, ScalarDefinition] = {
    datetime: _scalar(
        "DateTime", "UTC instant, ISO 8601: 2026-11-20T09:30:00Z", write_instant, read_instant
    ),
    date: _scalar("Date", "Calendar day: 2026-11-20", date.isoformat, read_day),
}
