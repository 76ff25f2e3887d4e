"""Plans of one document are shared by requests with other variables, and by other viewers."""

from typing import Any

import pytest

from graph.kit.node import node_id
from models import Invitation, Role
from tests.conftest import NO_LIMITS
from tests.support.client import Api
from tests.support.planning import PlanRecorder
from tests.support.world import World


@pytest.fixture
def settings() -> dict[str, Any]:
    return NO_LIMITS


@pytest.fixture
def recorder(api: Api) -> PlanRecorder:
    return PlanRecorder(api.app)


async def test_invitations_of_another_user_are_hidden_below_a_board(
    api: Api, recorder: PlanRecorder, world: World
) -> None:
    # An administrator must not learn whose address they have invited.
    admin, guest = await world.make_user(), await world.make_user(handle="kim")
    office, other = await world.make_workspace(slug="office"), await world.make_workspace()
    for workspace in (office, other):
        await world.make_member(workspace, admin, Role.ADMIN)
    await world.make_member(office, guest, Role.MEMBER)
    project = await world.make_project(office, key="WEB")
    await world.assign(await world.make_task(project, await world.make_state(office)), guest)
    address = {"email": "secret@example.com", "user_id": guest.id}
    await world.save(Invitation(workspace_id=other.id, role=Role.GUEST, **address))
    document = """{ workspace(slug: "office") { project(key: "WEB") { taskGroups(by: ASSIGNEE) {
      node { ... on User { handle invitations(first: 2) { totalCount nodes { email } } } }
    } } } }"""

    with recorder.expecting(True, document):
        data = await api.ask(document, await world.make_token(admin))

    recorder.assert_few_fell_back()
    groups = data["workspace"]["project"]["taskGroups"]
    users = [group["node"] for group in groups if group["node"]]
    assert users == [{"handle": "kim", "invitations": {"totalCount": 0, "nodes": []}}]


async def test_payloads_depend_on_the_fields_that_are_included(api: Api, world: World) -> None:
    admin, workspace = await world.make_user(), await world.make_workspace()
    await world.make_member(workspace, admin, Role.ADMIN)
    label = await world.make_label(workspace, name="bug")
    token = await world.make_token(admin)
    document = """mutation ($input: LabelUpdateInput!, $named: Boolean!) {
      changed: labelUpdate(input: $input) @include(if: $named) { label { name } }
      changed: labelUpdate(input: $input) { label { description } }
    }"""
    values = {"id": node_id(label), "description": "broken"}

    answers = [
        await api.ask(document, token, input=values, named=named) for named in (True, False, True)
    ]

    described = {"description": "broken"}
    named = {"name": "bug", **described}
    assert [answer["changed"]["label"] for answer in answers] == [named, described, named]


async def test_variables_without_a_plan_leave_others_their_plans(
    api: Api, recorder: PlanRecorder, world: World
) -> None:
    user, workspace = await world.make_user(handle="kim"), await world.make_workspace()
    await world.make_member(workspace, user)
    token = await world.make_token(user)
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { handle } } }"

    assert await api.ask(document, token, ids=[]) == {"nodes": []}
    with recorder.expecting(True, document):
        data = await api.ask(document, token, ids=[node_id(user)])

    assert data == {"nodes": [{"handle": "kim"}]}
    recorder.assert_few_fell_back()
