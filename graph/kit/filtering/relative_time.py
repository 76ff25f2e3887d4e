"""The scalar DateTimeOrDuration: times that can be relative to now."""

from datetime import UTC, date, datetime, time
from typing import Any

import isodate
import strawberry

from graph.kit.errors import BadUserInput
from graph.kit.scalars import invalid_scalar, parse_date, parse_time


class RelativeTime:
    """A parsed DateTimeOrDuration, before it is resolved against the current time."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.instant: datetime | None = None
        self.day: date | None = None
        self.duration: Any = None

    @classmethod
    def parse(cls, text: Any) -> "RelativeTime":
        """Parse a time, a date or a duration. Raises `GraphQLError`."""
        moment = cls(text)
        if isinstance(text, str) and text.lstrip("+-").startswith("P"):
            try:
                moment.duration = isodate.parse_duration(text)
            except (isodate.ISO8601Error, ValueError, OverflowError):
                raise invalid_scalar(
                    f"{text!r:.60} is not a valid duration. Use a form such as P2W or -P1DT12H."
                ) from None
        elif isinstance(text, str) and len(text) == len("2026-11-20"):
            moment.day = parse_date(text)
        else:
            moment.instant = parse_time(
                text, "Use a form such as 2026-11-20T09:30:00Z, 2026-11-20 or -P2W."
            )
        return moment

    def time_from(self, now: datetime) -> datetime:
        """Return the time: a date's start in UTC, or the duration added to `now`."""
        if self.instant is not None:
            return self.instant
        if self.day is not None:
            return datetime.combine(self.day, time(), UTC)
        try:
            moment: datetime = now + self.duration
        except (OverflowError, ValueError):
            raise BadUserInput(f"{self.text} from now is out of range.") from None
        return moment

    def date_from(self, today: date) -> tuple[date, bool]:
        """Return the date, and whether the time is exactly its start; durations count days."""
        if self.duration is not None:
            midnight = datetime.combine(today, time(), UTC)
            return self.time_from(midnight).date(), True
        moment = self.time_from(datetime.combine(today, time(), UTC))
        return moment.date(), moment.timetz() == time(tzinfo=UTC)


DATE_TIME_OR_DURATION = strawberry.scalar(
    name="DateTimeOrDuration",
    description="A DateTime, a Date, or an ISO 8601 duration relative to now: -P2W is two weeks "
    "ago. A Date stands for its start in UTC.",
    specified_by_url="https://www.iso.org/iso-8601-date-and-time-format.html",
    parse_value=RelativeTime.parse,
    serialize=str,
)
