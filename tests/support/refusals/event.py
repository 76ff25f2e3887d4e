"""Refusals of the mutations of events."""

from tests.support.examples import TIMES
from tests.support.office import id_of, input_of
from tests.support.refusals.case import Case, refuses

UNKNOWN_USER = "user_" + "0" * 32

CASES: list[Case] = [
    refuses(
        "eventCreate",
        input_of(
            workspaceId="@workspace",
            title="",
            startsAt=TIMES["endsAt"],
            endsAt=TIMES["startsAt"],
            projectId="@foreign_project",
            attendeeIds=["@guest", "@outsider"],
        ),
        "REQUIRED input.title",
        "INVALID input.endsAt",
        "NOT_FOUND input.projectId",
        "NOT_FOUND input.attendeeIds.1",
    ),
    refuses(
        "eventCreate",
        input_of(workspaceId="@workspace", title="x", **TIMES),
        "FORBIDDEN input.workspaceId",
        who="guest",
    ),
    refuses(
        "eventUpdate", input_of(id="@event", endsAt="2000-01-01T00:00:00Z"), "INVALID input.endsAt"
    ),
    refuses(
        "eventUpdate",
        input_of(id="@event", startsAt=None, addedAttendeeIds=[UNKNOWN_USER]),
        "REQUIRED input.startsAt",
        "NOT_FOUND input.addedAttendeeIds.0",
    ),
    refuses("eventUpdate", input_of(id="@foreign_event", title="x"), "NOT_FOUND input.id"),
    refuses("eventUpdate", input_of(id="@event", title="x"), "FORBIDDEN input.id", who="guest"),
    refuses("eventDelete", id_of("@event"), "FORBIDDEN id", who="guest"),
    refuses("eventDelete", id_of("@foreign_event"), "NOT_FOUND id"),
    refuses(
        "eventRespond", input_of(eventId="@event", response="ACCEPTED"), "FORBIDDEN input.eventId"
    ),
    refuses(
        "eventRespond",
        input_of(eventId="@foreign_event", response="ACCEPTED"),
        "NOT_FOUND input.eventId",
    ),
]
