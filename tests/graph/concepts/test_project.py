"""Mutations of projects."""

from typing import Any

import pytest

from tests.support.office import Office

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_project_is_created_updated_and_archived(office: Office) -> None:
    selection = "project { key name description version archivedAt lead { handle } }"
    values: dict[str, Any] = {
        "workspaceId": office.gid("workspace"),
        "key": "NEW",
        "name": "New",
        "description": "What for",
        "leadId": office.gid("guest"),
    }
    payload = await office.must_write(
        "projectCreate", f"{selection} project {{ id }}", input=values
    )
    project = payload["project"]
    key = project.pop("id")
    assert project == {
        "key": "NEW", "name": "New", "description": "What for", "version": 1,
        "archivedAt": None, "lead": {"handle": "guest"},
    }  # fmt: skip
    values = {"id": key, "expectedVersion": 1, "leadId": None, "key": "NEWER"}
    changed = (await office.must_write("projectUpdate", selection, input=values))["project"]
    assert changed == project | {"lead": None, "key": "NEWER", "version": 2}
    put_away = (await office.must_write("projectArchive", selection, id=key))["project"]
    assert put_away["archivedAt"] is not None
    back = (await office.must_write("projectUnarchive", selection, id=key))["project"]
    assert back == changed | {"version": 4}


async def test_new_task_does_not_change_the_version_of_its_project(office: Office) -> None:
    query = "query ($id: ID!) { node(id: $id) { ... on Project { version } } }"
    values = {"projectId": office.gid("project"), "title": "x"}
    await office.must_write("taskCreate", input=values)
    data = await office.api.ask(query, office.tokens["guest"], id=office.gid("project"))
    assert data == {"node": {"version": 1}}
