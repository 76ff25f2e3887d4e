"""The scalars DateTime and Date, in ISO 8601."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from graph.kit.errors import BadUserInput

#: The formats `date-time` and `full-date` of its grammar.
SPECIFICATION = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6"
#: `fromisoformat` also accepts other forms, such as week dates.
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def invalid_scalar(message: str) -> GraphQLError:
    """Return the error for an invalid scalar; graphql-core adds the argument."""
    return GraphQLError(message, extensions={"code": BadUserInput.code})


def parse_time(
    value: Any, forms: str = "Include the offset, as in 2026-11-20T09:30:00Z."
) -> datetime:
    """Parse a time with an offset from UTC. Raises `GraphQLError`, which says the valid forms."""
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not DAY.match(value) or value[10] != "T":
            raise ValueError(value)
        return moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise invalid_scalar(f"{_shown(value)} is not a valid time. {forms}") from None


def format_time(moment: datetime) -> str:
    """Format a time in UTC, with microseconds if it has any."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def parse_date(value: Any) -> date:
    """Parse a calendar date. Raises `GraphQLError`."""
    try:
        if not DAY.fullmatch(value):
            raise ValueError(value)
        return date.fromisoformat(value)
    except (ValueError, TypeError):
        raise invalid_scalar(
            f"{_shown(value)} is not a valid date. Use the form 2026-11-20."
        ) from None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _scalar(
    name: str, description: str, serialize: Callable[[Any], Any], parse: Callable[[Any], Any]
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=SPECIFICATION,
        serialize=serialize,
        parse_value=parse,
    )


SCALARS: dict[object, ScalarDefinition] = {
    datetime: _scalar(
        "DateTime",
        "A time in UTC, in ISO 8601 format: 2026-11-20T09:30:00Z",
        format_time,
        parse_time,
    ),
    date: _scalar(
        "Date", "A calendar date in ISO 8601 format: 2026-11-20", date.isoformat, parse_date
    ),
}
