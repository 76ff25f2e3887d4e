"""Instants that may be said from now on: two weeks ago, in three days."""

from datetime import UTC, date, datetime, time
from typing import Any

import isodate
import strawberry

from graph.kit.errors import BadUserInput
from graph.kit.scalars import read_day, read_instant, unreadable


class RelativeTime:
    """What a DateTimeOrDuration says, before it is known when now is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.instant: datetime | None = None
        self.day: date | None = None
        self.duration: Any = None

    @classmethod
    def read(cls, text: Any) -> "RelativeTime":
        """Reads an instant, a day or a duration."""
        moment = cls(text)
        if isinstance(text, str) and text.lstrip("+-").startswith("P"):
            try:
                moment.duration = isodate.parse_duration(text)
            except (isodate.ISO8601Error, ValueError, OverflowError):
                raise unreadable(
                    f"{text!r:.60} is not a duration: write it as P2W, -P1DT12H or P3M."
                ) from None
        elif isinstance(text, str) and len(text) == len("2026-11-20"):
            moment.day = read_day(text)
        else:
            moment.instant = read_instant(text)
        return moment

    def at(self, now: datetime) -> datetime:
        """The instant: of a day its beginning in UTC, of a duration so long from now."""
        if self.instant is not None:
            return self.instant
        if self.day is not None:
            return datetime.combine(self.day, time(), UTC)
        try:
            moment: datetime = now + self.duration
        except (OverflowError, ValueError):
            raise BadUserInput(f"{self.text} from now is beyond the calendar.") from None
        return moment

    def on(self, today: date) -> tuple[date, bool]:
        """The day, and whether it is the very beginning of it: durations count whole days."""
        if self.duration is not None:
            midnight = datetime.combine(today, time(), UTC)
            return self.at(midnight).date(), True
        moment = self.at(datetime.combine(today, time(), UTC))
        return moment.date(), moment.timetz() == time(tzinfo=UTC)


DATE_TIME_OR_DURATION = strawberry.scalar(
    name="DateTimeOrDuration",
    description="A DateTime, or an ISO 8601 duration counted from now: -P2W is two weeks ago. "
    "A Date stands for its beginning in UTC.",
    parse_value=RelativeTime.read,
    serialize=str,
)
