"""The calendar events of a demo workspace, and who attends them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from graph.cli.demo import phrases
from graph.cli.demo.writer import DemoWriter, Row
from models import Attendance, AttendanceResponse, Event

#: The calendar: this many days, of which the first ones are past.
DAYS, PAST_DAYS = 90, 60
RESPONSES = list(AttendanceResponse)
#: The weights of the responses to past and to future events.
PAST_WEIGHTS, FUTURE_WEIGHTS = [5, 75, 8, 12], [40, 45, 10, 5]


async def add_events(writer: DemoWriter, users: Sequence[UUID], projects: Sequence[Row]) -> None:
    """Add a stand-up for each working day, and a review of each project every other week."""
    events = _events(writer, projects)
    for event in events:
        event["organizer_id"] = writer.random.choice(users[:3])
    await writer.insert_logged(Event, events)
    await writer.insert_logged(Attendance, _attendances(writer, users, events))


def _events(writer: DemoWriter, projects: Sequence[Row]) -> list[Row]:
    events: list[Row] = []
    first = writer.now - timedelta(days=PAST_DAYS)
    for day in range(DAYS):
        at = first + timedelta(days=day)
        if at.weekday() < 5:
            starts = at.replace(hour=9, minute=30)
            events.append(_event(writer, starts, 15, "Stand-up"))
        if at.weekday() == 3 and day % 14 < 7:
            for index, project in enumerate(projects):
                starts = at.replace(hour=13) + timedelta(minutes=30 * index)
                title = f"{project['name']} review"
                events.append(_event(writer, starts, 30, title, project))
    return events


def _event(
    writer: DemoWriter, starts: datetime, minutes: int, title: str, project: Row | None = None
) -> Row:
    return writer.row(
        starts - timedelta(days=14),
        title=title,
        description=writer.random.choice(phrases.GOALS) if project else "",
        location=writer.random.choice(phrases.PLACES),
        starts_at=starts,
        ends_at=starts + timedelta(minutes=minutes),
        project_id=project["id"] if project else None,
    )


def _attendances(writer: DemoWriter, users: Sequence[UUID], events: Sequence[Row]) -> list[Row]:
    random = writer.random
    attendances = []
    for event in events:
        weights = PAST_WEIGHTS if event["ends_at"] < writer.now else FUTURE_WEIGHTS
        for user_id in random.sample(users, random.randint(3, min(9, len(users)))):
            attendance = writer.row(
                event["created_at"],
                event_id=event["id"],
                user_id=user_id,
                response=random.choices(RESPONSES, weights)[0],
            )
            attendances.append(attendance)
    return attendances
