"""Mutations of labels."""

from typing import Any

import pytest

from tests.support.office import Office, ids

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_label_is_created_and_updated(office: Office) -> None:
    selection = "label { name color description }"
    values: dict[str, Any] = {"workspaceId": office.gid("workspace"), "name": " new "}
    label = (await office.must_write("labelCreate", selection, input=values))["label"]
    assert label == {"name": "new", "color": "#8a8f98", "description": ""}
    values = {"id": office.gid("docs"), "color": "#000000", "description": "Words"}
    label = (await office.must_write("labelUpdate", selection, input=values))["label"]
    assert label == {"name": "docs", "color": "#000000", "description": "Words"}


async def test_deleted_label_is_removed_from_its_tasks(office: Office) -> None:
    for name in ("task", "child"):
        values = {"id": office.gid(name), "labelIds": ids(office.bug, office.docs)}
        await office.must_write("taskUpdate", input=values)
    after = await office.sequence()
    payload = await office.must_write("labelDelete", "label { name color }", id=office.gid("bug"))
    assert payload["label"] == {"name": "bug", "color": "#abcdef"}
    both = sorted(ids(office.bug, office.docs))
    fields = {"labelIds": (both, ids(office.docs))}
    changes = await office.fields(after)
    assert changes[:2] == [("UPDATED", "Task", fields)] * 2
    assert changes[2][:2] == ("DELETED", "Label")
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Task { version labels { name } } } }"
    keys = ids(office.task, office.child)
    data = await office.api.ask(query, office.tokens["guest"], ids=keys)
    versions = [node["version"] for node in data["nodes"]]
    assert versions == [3, 4]
    assert [node["labels"] for node in data["nodes"]] == [[{"name": "docs"}]] * 2
