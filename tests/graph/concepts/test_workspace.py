"""Mutations of workspaces."""

import pytest

from tests.support.office import Office

pytestmark = pytest.mark.usefixtures("roles_read_once")


async def test_new_workspace_has_default_states_and_an_owner(office: Office) -> None:
    selection = """
      sequence workspace {
        slug name sequence viewerRole states { name category position }
        members { nodes { role user { handle email } } }
      }
    """
    values = {"slug": "new-team", "name": " New team "}
    payload = await office.must_write("workspaceCreate", selection, input=values)
    workspace = payload["workspace"]
    assert payload["sequence"] == workspace["sequence"] == 9
    assert workspace["name"] == "New team"
    assert workspace["viewerRole"] == "OWNER"
    owner = {"role": "OWNER", "user": {"handle": "member", "email": "member@x.example"}}
    assert workspace["members"] == {"nodes": [owner]}
    assert [state["name"] for state in workspace["states"]] == [
        "Triage", "Backlog", "Todo", "In Progress", "In Review", "Done", "Canceled",
    ]  # fmt: skip


async def test_later_fields_of_a_request_can_use_the_new_workspace(office: Office) -> None:
    key = "workspace_" + "b" * 32
    mutation = """
      mutation ($key: ID!) {
        workspaceCreate(input: {id: $key, slug: "fresh", name: "Fresh"}) { workspace { id } }
        labelCreate(input: {workspaceId: $key, name: "new"}) { label { name } errors { code } }
      }
    """
    data = await office.api.ask(mutation, office.tokens["member"], key=key)
    assert data == {
        "workspaceCreate": {"workspace": {"id": key}},
        "labelCreate": {"label": {"name": "new"}, "errors": []},
    }


async def test_workspace_is_renamed(office: Office) -> None:
    after = await office.sequence()
    values = {"id": office.gid("workspace"), "name": "Bureau", "slug": "office"}
    payload = await office.must_write(
        "workspaceUpdate", "workspace { name }", who="admin", input=values
    )
    assert payload["workspace"] == {"name": "Bureau"}
    assert await office.fields(after) == [("UPDATED", "Workspace", {"name": ("Office", "Bureau")})]
