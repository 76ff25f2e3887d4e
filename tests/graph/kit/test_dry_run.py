"""Dry runs of mutations."""

import pytest

from tests.support.office import Office

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_dry_run_is_rolled_back_before_the_next_field(office: Office) -> None:
    mutation = """
      mutation ($id: ID!) {
        one: taskUpdate(input: {id: $id, title: "tried"}, dryRun: true) {
          sequence
          task { title version changes { totalCount } project { tasks { nodes { title } } } }
        }
        two: taskUpdate(input: {id: $id, body: "done"}) { task { title version } }
        three: taskUpdate(input: {id: $id, body: "again"}, dryRun: true) { task { version } }
      }
    """
    data = await office.api.ask(mutation, office.tokens["member"], id=office.gid("task"))
    tried = data["one"]["task"]
    assert "tried" in [node["title"] for node in tried.pop("project")["tasks"]["nodes"]]
    assert tried == {"title": "tried", "version": 2, "changes": {"totalCount": 1}}
    assert data["one"]["sequence"] is None
    assert data["two"]["task"] == {"title": "task", "version": 2}
    assert data["three"]["task"] == {"version": 3}
    mutation = "query ($id: ID!) { node(id: $id) { ... on Task { title body version } } }"
    data = await office.api.ask(mutation, office.tokens["member"], id=office.gid("task"))
    assert data["node"] == {"title": "task", "body": "done", "version": 2}
