"""What pickers and overviews read: members by name, and the tasks of a label or a state."""

from typing import Any

import pytest

from models import Role
from tests.graph.kit.test_pages import Team, make_team
from tests.support.client import Api, Statements
from tests.support.executors import both_executors, is_stacked  # noqa: F401
from tests.support.world import World

MEMBERS = """
query ($slug: String!, $filter: MembershipFilter) { workspace(slug: $slug) {
  members(filter: $filter) { totalCount nodes { role user { handle } } }
} }
"""


@pytest.fixture
async def team(world: World) -> Team:
    async def build() -> Team:
        team = await make_team(world, 4)
        for handle, name, role in (
            ("ada", "Ada Lovelace", Role.ADMIN),
            ("grace", "Grace HOPPER", Role.MEMBER),
            ("lovely", "50% Off", Role.GUEST),
        ):
            user = await world.make_user(handle=handle, name=name)
            await world.make_member(team.workspace, user, role)
        return team

    return await world.snapshot("team with named members", build)


@pytest.mark.parametrize(
    ("where", "handles"),
    [
        ({"search": "LOVE"}, ["ada", "lovely"]),
        ({"search": "hopper"}, ["grace"]),
        ({"search": "0%"}, ["lovely"]),
        ({"search": "nobody"}, []),
        ({"role": {"in": ["ADMIN", "GUEST"]}, "search": "l"}, ["ada", "lovely"]),
        ({"user": {"handle": {"eq": "ada"}}}, ["ada"]),
        ({"not": {"search": "a"}, "role": {"neq": "OWNER"}}, ["lovely"]),
    ],
)
async def test_members_are_found_by_name_and_role(
    api: Api,
    team: Team,
    where: Any,
    handles: list[str],
    statements: Statements,
    kind: str,
    executor: str,
) -> None:
    answer = await api.ask(MEMBERS, team.token, slug=team.workspace.slug, filter=where)
    found = answer["workspace"]["members"]
    named = [node["user"]["handle"] for node in found["nodes"]]
    assert [name for name in named if name in ("ada", "grace", "lovely")] == handles
    assert found["totalCount"] == len(named)
    if is_stacked(kind, executor):
        assert len(statements) == 2


async def test_everybody_matches_an_empty_text(api: Api, team: Team) -> None:
    everybody = await api.ask(MEMBERS, team.token, slug=team.workspace.slug)
    empty = await api.ask(MEMBERS, team.token, slug=team.workspace.slug, filter={"search": ""})
    assert empty == everybody


async def test_labels_and_states_list_their_tasks(
    api: Api, team: Team, world: World, statements: Statements, kind: str, executor: str
) -> None:
    label = await world.make_label(team.workspace, name="new label")
    for task in team.tasks[:2]:
        await world.label(task, label)
    query = """query ($slug: String!, $filter: LabelFilter) { workspace(slug: $slug) {
      labels(filter: $filter) { nodes { name tasks { totalCount nodes { number } } } }
      states { tasks(first: 1) { totalCount nodes { number } } }
      milestones { totalCount }
    } }"""
    statements.clear()
    answer = await api.ask(
        query, team.token, slug=team.workspace.slug, filter={"name": {"eq": "new label"}}
    )
    numbers = sorted((task.number for task in team.tasks[:2]), reverse=True)
    newest = sorted(team.tasks, key=lambda task: (task.created_at, task.id))
    nodes = [{"number": task.number} for task in reversed(newest) if task.number in numbers]
    workspace = answer["workspace"]
    assert workspace["labels"]["nodes"] == [
        {"name": "new label", "tasks": {"totalCount": 2, "nodes": nodes}}
    ]
    assert sum(state["tasks"]["totalCount"] for state in workspace["states"]) == 4
    if is_stacked(kind, executor):
        assert len(statements) == 2
