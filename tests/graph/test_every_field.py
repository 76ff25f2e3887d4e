"""What holds for every field of the schema, by walking it."""

import json
from typing import Any

import pytest
from graphql import GraphQLObjectType

from graph.kit.node import node_id
from models import Role
from tests.conftest import NO_LIMITS
from tests.support.client import Api, Statements
from tests.support.everything import Everything, make_credentials, make_everything
from tests.support.schema_walk import SCHEMA, node_types, paths, selection
from tests.support.world import World

PATHS = [(kind.name, path) for kind in node_types() for path in paths(kind)]


@pytest.fixture
def settings() -> dict[str, Any]:
    """All of the schema at once is more than a client may ask for."""
    return NO_LIMITS


@pytest.fixture
async def teams(world: World) -> list[Everything]:
    async def build() -> list[Everything]:
        return [await make_everything(world, mark) for mark in ("ash", "birch", "cedar")]

    return await world.snapshot("three teams", build)


@pytest.fixture
async def token(world: World, teams: list[Everything]) -> str:
    """Of an owner of all three workspaces."""
    owner = teams[0].owner
    for team in teams[1:]:
        await world.make_member(team.workspace, owner, Role.OWNER)
        # Nobody sees those of others.
        team.rows |= await make_credentials(world, owner, team.workspace, "of the viewer")
    return await world.make_token(owner)


async def test_fields_of_three_objects_take_as_many_statements_as_of_one(
    api: Api, statements: Statements, teams: list[Everything], token: str
) -> None:
    grown: list[str] = []
    for name, path in PATHS:
        ids = [node_id(team.first(name)) for team in teams]
        query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ {path} }} }} }}"
        counts = []
        for some in (ids[:1], ids):
            statements.clear()
            data = await api.ask(query, token, ids=some)
            counts.append(len(statements))
            assert len(data["nodes"]) == len(some)
            assert None not in data["nodes"], f"{name}: {path}"
            for node in data["nodes"]:
                refuse_vacuous(f"{name}: {path}", node)
        if counts[0] != counts[1]:
            grown.append(f"{name} {{ {path} }}: {counts[0]} for one, {counts[1]} for three")
    assert grown == []


#: Values that are null or empty in the world of these tests, which load nothing.
MAY_BE_EMPTY = {
    "accessTokens", "sessions",  # of others
    "after", "archivedAt", "before", "closedAt", "deletedAt", "dueOn", "editedAt", "estimate",
    "priority", "startedAt",
}  # fmt: skip


def refuse_vacuous(where: str, value: Any) -> None:
    """A relation without a row would cost the same whatever it did."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in MAY_BE_EMPTY:
                assert inner not in (None, [], ""), f"{where} has no {name}"
                refuse_vacuous(where, inner)
    elif isinstance(value, list):
        for inner in value:
            refuse_vacuous(where, inner)


async def test_outsider_sees_nothing_through_any_field(
    api: Api, world: World, teams: list[Everything]
) -> None:
    hidden, own = teams[0], teams[1]
    # Somebody whom the outsider may see, with a life in the hidden workspace too.
    shared = own.rows["User"][0]
    await world.make_member(hidden.workspace, shared)  # type: ignore[arg-type]
    await world.assign(hidden.first("Task"), shared)  # type: ignore[arg-type]
    event = hidden.first("Event")
    await world.make_attendance(event, shared)  # type: ignore[arg-type]
    token = await world.make_token(own.owner)
    ids = [node_id(row) for rows in hidden.rows.values() for row in rows]
    answers = [
        await everything_from_roots(api, token, hidden.workspace.slug),
        await everything_of(api, token, ids),
        await everything_of(api, token, [node_id(shared)]),
    ]
    assert answers[1]["nodes"] == [None] * len(ids)
    assert answers[0]["workspace"] is None
    assert answers[2]["nodes"][0]["User_handle"] == "birch.member"
    told = json.dumps(answers)
    assert "birch" in told
    assert "ash" not in told
    for given in ids:
        assert given not in told


async def test_workspace_token_sees_nothing_of_other_workspaces(
    api: Api, world: World, teams: list[Everything]
) -> None:
    own, hidden = teams[0], teams[1]
    await world.make_member(hidden.workspace, own.owner)
    token = await world.make_token(own.owner, workspace=own.workspace)
    told = json.dumps(await everything_from_roots(api, token, hidden.workspace.slug))
    assert "ash" in told
    assert "birch" not in told


async def test_anonymous_caller_sees_nothing(api: Api, teams: list[Everything]) -> None:
    ids = [node_id(row) for team in teams for rows in team.rows.values() for row in rows][:100]
    assert await everything_of(api, None, ids) == {"nodes": [None] * len(ids)}
    roots = await everything_from_roots(api, None, teams[0].workspace.slug)
    assert roots == {"viewer": None, "workspace": None}


async def everything_from_roots(api: Api, token: str | None, slug: str) -> dict[str, Any]:
    user, workspace = SCHEMA.type_map["User"], SCHEMA.type_map["Workspace"]
    query = (
        f"query ($slug: String!) {{ viewer {{ {selection(user, 3)} }} "
        f"workspace(slug: $slug) {{ {selection(workspace, 3)} }} }}"
    )
    return await api.ask(query, token, slug=slug)


async def everything_of(api: Api, token: str | None, ids: list[Any]) -> dict[str, Any]:
    parts = [f"... on {kind.name} {{ {aliased(kind)} }}" for kind in node_types()]
    query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {' '.join(parts)} }} }}"
    return await api.ask(query, token, ids=ids)


def aliased(kind: GraphQLObjectType) -> str:
    """All of a type under names of its own: types disagree about what a name means."""
    parts = [f"{kind.name}_{name}: {selection_of(kind, name)}" for name in kind.fields]
    return " ".join(parts)


def selection_of(kind: GraphQLObjectType, name: str) -> str:
    """One field of a type with everything below it."""
    one = GraphQLObjectType(kind.name, {name: kind.fields[name]})
    return selection(one, 2)
