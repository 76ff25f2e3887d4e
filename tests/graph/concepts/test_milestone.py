"""Mutations of milestones."""

from typing import Any

import pytest

from tests.support.office import Office

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_milestone_is_created_closed_reopened_and_deleted(office: Office) -> None:
    selection = "milestone { title description dueOn closedAt project { key } }"
    values: dict[str, Any] = {
        "projectId": office.gid("project"), "title": "new", "dueOn": "2026-05-01",
    }  # fmt: skip
    made = (await office.must_write("milestoneCreate", selection, input=values))["milestone"]
    assert made == {
        "title": "new", "description": "", "dueOn": "2026-05-01", "closedAt": None,
        "project": {"key": "WEB"},
    }  # fmt: skip
    key = office.gid("milestone")
    closed = await office.must_write(
        "milestoneUpdate", selection, input={"id": key, "isClosed": True}
    )
    assert closed["milestone"]["closedAt"] is not None
    again = await office.must_write(
        "milestoneUpdate", selection, input={"id": key, "isClosed": True}
    )
    assert again == closed
    opened = await office.must_write(
        "milestoneUpdate", selection, input={"id": key, "isClosed": False}
    )
    assert opened["milestone"]["closedAt"] is None
    after = await office.sequence()
    await office.must_write("milestoneDelete", selection, id=key)
    changes = await office.fields(after)
    assert changes[0] == ("UPDATED", "Task", {"milestoneId": (key, None)})
    assert changes[1][:2] == ("DELETED", "Milestone")
