"""Mutations of workflow states."""

from typing import Any

import pytest

from tests.support.office import Office

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_state_is_created_updated_and_deleted(office: Office) -> None:
    selection = "state { name category color position }"
    values: dict[str, Any] = {
        "workspaceId": office.gid("workspace"), "name": "new", "category": "STARTED",
    }  # fmt: skip
    made = (await office.must_write("stateCreate", selection, who="admin", input=values))["state"]
    last = office.empty.position
    assert made == {
        "name": "new", "category": "STARTED", "color": "#8a8f98", "position": last + 1,
    }  # fmt: skip
    values = {"id": office.gid("empty"), "position": 0, "name": "first"}
    changed = (await office.must_write("stateUpdate", selection, who="admin", input=values))[
        "state"
    ]
    assert (changed["name"], changed["position"]) == ("first", 0)
    gone = await office.must_write("stateDelete", selection, who="admin", id=office.gid("empty"))
    assert gone["state"] == changed
