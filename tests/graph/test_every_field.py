"""Properties of every field of the schema: no N+1 queries, no access for outsiders."""

import json
from typing import Any

import pytest
from graphql import GraphQLObjectType

from graph.kit.node import node_id
from models import Role
from tests.conftest import NO_LIMITS
from tests.support.client import Api, Statements
from tests.support.everything import Everything, make_credentials, make_everything
from tests.support.executors import both_executors  # noqa: F401
from tests.support.schema_walk import SCHEMA, node_types, paths, selection
from tests.support.world import World

PATHS = [(kind.name, path) for kind in node_types() for path in paths(kind)]

#: What to select of the nodes that authentication may have loaded.
BELOW_KNOWN = {
    "User": "assignedTasks { nodes { labels { id } project { lead { id } } } }",
    "Workspace": "projects { nodes { milestones { nodes { project { id } } } } }",
}
DEEP_PATHS = [
    (kind.name, path)
    for kind in node_types()
    for path in paths(kind, BELOW_KNOWN)
    if kind.name not in ("AccessToken", "Invitation", "Session") and path.endswith("} } } } }")
]


@pytest.fixture
def settings() -> dict[str, Any]:
    """Allow queries of the whole schema, which exceed the limits of clients."""
    return NO_LIMITS


@pytest.fixture
async def teams(world: World) -> list[Everything]:
    async def build() -> list[Everything]:
        return [await make_everything(world, mark) for mark in ("ash", "birch", "cedar")]

    return await world.snapshot("three teams", build)


@pytest.fixture
async def token(world: World, teams: list[Everything]) -> str:
    """The token of an owner of all three workspaces."""
    owner = teams[0].owner
    for team in teams[1:]:
        await world.make_member(team.workspace, owner, Role.OWNER)
        # Credentials of others are hidden, so the owner gets some in each workspace.
        team.rows |= await make_credentials(world, owner, team.workspace, "of the viewer")
    return await world.make_token(owner)


async def test_fields_of_three_objects_take_as_many_statements_as_of_one(
    api: Api, statements: Statements, teams: list[Everything], token: str, kind: str
) -> None:
    if kind == "mysql":
        pytest.skip("MariaDB gets the same statements as SQLite")
    grown: list[str] = []
    for name, path in PATHS:
        ids = [node_id(team.first(name)) for team in teams]
        query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ {path} }} }} }}"
        counts = []
        for queried in (ids[:1], ids):
            statements.clear()
            data = await api.ask(query, token, ids=queried)
            counts.append(len(statements))
            assert len(data["nodes"]) == len(queried)
            assert None not in data["nodes"], f"{name}: {path}"
            for node in data["nodes"]:
                assert_not_empty(f"{name}: {path}", node)
        if counts[0] != counts[1]:
            grown.append(f"{name} {{ {path} }}: {counts[0]} for one, {counts[1]} for three")
    assert grown == []


class TestKnownRows:
    """Rows that are loaded already, such as the viewer, among rows that are not."""

    @pytest.fixture
    def kind(self) -> str:
        return "sqlite"

    async def test_they_take_no_more_statements(
        self, api: Api, world: World, statements: Statements, teams: list[Everything], token: str
    ) -> None:
        # A user with assignments, comments and events, who sees all three workspaces.
        viewer: Any = teams[0].first("User")
        for team in teams[1:]:
            await world.make_member(team.workspace, viewer, Role.OWNER)
        known = await world.make_token(viewer)
        grown: list[str] = []
        for name, path in DEEP_PATHS:
            ids = [node_id(team.first(name)) for team in teams]
            query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on {name} {{ {path} }} }} }}"
            counts = []
            for each in (token, known):
                statements.clear()
                data = await api.ask(query, each, ids=ids)
                counts.append(len(statements))
                assert None not in data["nodes"], f"{name}: {path}"
            if counts[1] > counts[0]:
                grown.append(f"{name} {{ {path} }}: {counts[0]} for others, {counts[1]} with it")
        assert len(DEEP_PATHS) > 15
        assert grown == []


#: Fields that are null or empty in these workspaces. They load no rows.
MAY_BE_EMPTY = {
    "accessTokens", "invitations", "sessions",  # of others
    "after", "archivedAt", "before", "closedAt", "deletedAt", "dueOn", "editedAt", "estimate",
    "email", "handle", "priority", "startedAt",
}  # fmt: skip


def assert_not_empty(where: str, value: Any) -> None:
    """Assert that relations have rows: empty ones would hide N+1 queries."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in MAY_BE_EMPTY:
                assert inner not in (None, [], ""), f"{where} has no {name}"
                assert_not_empty(where, inner)
    elif isinstance(value, list):
        for inner in value:
            assert_not_empty(where, inner)


async def test_outsider_sees_nothing_through_any_field(
    api: Api, world: World, teams: list[Everything]
) -> None:
    hidden, own = teams[0], teams[1]
    # A user whom the outsider sees, who is also active in the hidden workspace.
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
    text = json.dumps(answers)
    assert "birch" in text
    assert "ash" not in text
    for hidden_id in ids:
        assert hidden_id not in text


async def test_workspace_token_sees_nothing_of_other_workspaces(
    api: Api, world: World, teams: list[Everything]
) -> None:
    own, hidden = teams[0], teams[1]
    await world.make_member(hidden.workspace, own.owner)
    token = await world.make_token(own.owner, workspace=own.workspace)
    text = json.dumps(await everything_from_roots(api, token, hidden.workspace.slug))
    assert "ash" in text
    assert "birch" not in text


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
    """All fields of a type with aliases, because other types have fields of the same names."""
    parts = [f"{kind.name}_{name}: {selection_of(kind, name)}" for name in kind.fields]
    return " ".join(parts)


def selection_of(kind: GraphQLObjectType, name: str) -> str:
    """The selection of one field of a type."""
    narrowed = GraphQLObjectType(kind.name, {name: kind.fields[name]})
    return selection(narrowed, 2)
