"""Mutations of calendar events."""

from typing import Any

import pytest

from tests.support.office import Office, ids

pytestmark = pytest.mark.usefixtures("roles_read_once")


class TestEvents:
    EVENT = """
      event {
        title description location startsAt endsAt project { key } organizer { handle }
        attendees { nodes { response user { handle } } }
      }
    """

    def attendees(self, payload: dict[str, Any]) -> dict[str, str]:
        nodes = payload["event"]["attendees"]["nodes"]
        return {node["user"]["handle"]: node["response"] for node in nodes}

    async def test_event_is_created_with_invitations(self, office: Office) -> None:
        values = {
            "workspaceId": office.gid("workspace"),
            "title": "Plan",
            "location": "Room 1",
            "projectId": office.gid("project"),
            "startsAt": "2026-03-02T13:00:00+01:00",
            "endsAt": "2026-03-02T12:00:00Z",
            "attendeeIds": ids(office.guest, office.admin),
        }
        payload = await office.must_write("eventCreate", self.EVENT, input=values)
        assert self.attendees(payload) == {"guest": "PENDING", "admin": "PENDING"}
        payload["event"].pop("attendees")
        assert payload["event"] == {
            "title": "Plan", "description": "", "location": "Room 1",
            "startsAt": "2026-03-02T12:00:00Z", "endsAt": "2026-03-02T12:00:00Z",
            "project": {"key": "WEB"}, "organizer": {"handle": "member"},
        }  # fmt: skip

    async def test_remaining_attendees_keep_their_responses(self, office: Office) -> None:
        key = office.gid("event")
        answer = {"eventId": key, "response": "ACCEPTED"}
        answered = await office.must_write("eventRespond", self.EVENT, who="guest", input=answer)
        assert self.attendees(answered) == {"guest": "ACCEPTED"}
        values = {"id": key, "attendeeIds": ids(office.guest, office.admin)}
        changed = await office.must_write("eventUpdate", self.EVENT, input=values)
        assert self.attendees(changed) == {"guest": "ACCEPTED", "admin": "PENDING"}
        values = {
            "id": key,
            "addedAttendeeIds": ids(office.owner),
            "removedAttendeeIds": ids(office.guest),
        }
        changed = await office.must_write("eventUpdate", self.EVENT, input=values)
        assert self.attendees(changed) == {"owner": "PENDING", "admin": "PENDING"}

    async def test_responses_are_deleted_with_the_event(self, office: Office) -> None:
        after = await office.sequence()
        payload = await office.must_write("eventDelete", "event { title }", id=office.gid("event"))
        assert payload["event"] == {"title": "Review"}
        kinds = [(kind, subject) for kind, subject, _ in await office.fields(after)]
        assert kinds == [("DELETED", "Attendance"), ("DELETED", "Event")]
