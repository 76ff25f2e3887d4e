"""Columns of boards as nodes: their keys, and refetching one by its ID."""

import base64
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from graph.kit.node import node_id
from models import Priority, Task
from tests.graph.kit.test_pages import Team, make_team
from tests.support.client import Api, Statements
from tests.support.database_kinds import sqlite_only
from tests.support.executors import both_executors  # noqa: F401
from tests.support.world import World

BOARD = """
query ($slug: String!, $by: TaskGrouping!, $filter: TaskFilter) { workspace(slug: $slug) {
  taskGroups(by: $by, filter: $filter) { ...Column }
} }
"""
COLUMN = """
query ($id: ID!, $after: String) { node(id: $id) { __typename id ...Column } }
"""
FIELDS = """
fragment Column on TaskGroup {
  id title count estimate
  key {
    __typename
    ... on State { name } ... on User { handle } ... on Label { label: name }
    ... on Milestone { id } ... on Project { key } ... on TaskPriority { priority }
  }
  tasks(first: 2AFTER) { nodes { number } pageInfo { hasNextPage endCursor } }
}
"""
GROUPINGS = ["STATE", "PRIORITY", "ASSIGNEE", "LABEL", "MILESTONE", "PROJECT"]
TYPES = {"STATE": "State", "PRIORITY": "TaskPriority", "ASSIGNEE": "User", "LABEL": "Label",
         "MILESTONE": "Milestone", "PROJECT": "Project"}  # fmt: skip


@pytest.fixture
async def team(world: World) -> Team:
    async def build() -> Team:
        team = await make_team(world, 7)
        async with world.database.writes.begin() as session:
            for task, priority in zip(team.tasks, Priority, strict=False):
                changed = update(Task).where(Task.id == task.id)
                await session.execute(changed.values(priority=priority))
        return team

    return await world.snapshot("team with priorities", build)


async def board(api: Api, team: Team, by: str, filter: Any = None) -> list[Any]:
    document = BOARD + FIELDS.replace("AFTER", "")
    variables = {"slug": team.workspace.slug, "by": by, "filter": filter}
    groups: list[Any] = (await api.ask(document, team.token, **variables))["workspace"][
        "taskGroups"
    ]
    return groups


async def column(api: Api, team: Team, id: str, after: str | None = None) -> Any:
    document = COLUMN + FIELDS.replace("AFTER", ", after: $after")
    return (await api.ask(document, team.token, id=id, after=after))["node"]


FILTERS: list[Any] = [
    None,
    {
        "or": [{"priority": {"in": ["URGENT", "LOW"]}}, {"createdAt": {"gt": "-P2W"}}],
        "not": {"search": "nothing"},
        "number": {"gt": 2},
        "state": None,
    },
]


@pytest.mark.parametrize("by", GROUPINGS)
async def test_each_column_is_found_by_its_id(api: Api, team: Team, by: str) -> None:
    for where in FILTERS:
        groups = await board(api, team, by, where)
        assert groups
        assert {(group["key"] or {}).get("__typename") for group in groups} <= {TYPES[by], None}
        assert len({group["id"] for group in groups}) == len(groups)
        for group in groups:
            assert await column(api, team, group["id"]) == {"__typename": "TaskGroup", **group}


async def test_priorities_are_keys(api: Api, team: Team) -> None:
    groups = await board(api, team, "PRIORITY")
    assert [group["key"] for group in groups] == [
        {"__typename": "TaskPriority", "priority": priority.name} for priority in Priority
    ] + [None]
    assert groups[-1]["title"] == "No priority"


async def test_tasks_are_in_the_order_of_their_ranks(api: Api, team: Team, world: World) -> None:
    async with world.database.writes.begin() as session:
        for rank, task in zip("dacbegf", team.tasks, strict=True):
            await session.execute(update(Task).where(Task.id == task.id).values(rank=rank))
    ranks = {task.number: rank for rank, task in zip("dacbegf", team.tasks, strict=True)}
    [group] = await board(api, team, "PROJECT")
    numbers, after = [], None
    while True:
        page = (await column(api, team, group["id"], after))["tasks"]
        numbers += [node["number"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert numbers == sorted(ranks, key=lambda number: ranks[number])


async def test_a_column_that_became_empty_is_found(api: Api, team: Team, world: World) -> None:
    groups = await board(api, team, "PRIORITY")
    async with world.database.writes.begin() as session:
        await session.execute(update(Task).values(priority=None))
    again = await column(api, team, groups[0]["id"])
    assert (again["title"], again["count"], again["tasks"]["nodes"]) == ("Urgent", 0, [])
    none = await column(api, team, groups[-1]["id"])
    assert (none["title"], none["count"]) == ("No priority", 7)


async def test_a_column_takes_few_statements(api: Api, team: Team, statements: Statements) -> None:
    [group] = await board(api, team, "PROJECT")
    statements.clear()
    await column(api, team, group["id"])
    # Viewer, workspace, counts, project, tasks.
    assert len(statements) == 5


@sqlite_only
async def test_others_find_no_column(api: Api, team: Team, world: World) -> None:
    outsider = await world.make_token(await world.make_member(await world.make_workspace()))
    for by in GROUPINGS:
        for group in await board(api, team, by):
            query = "query ($id: ID!) { node(id: $id) { id } }"
            assert await api.ask(query, outsider, id=group["id"]) == {"node": None}
            assert await api.ask(query, None, id=group["id"]) == {"node": None}


def encoded(*parts: Any) -> str:
    return "task-group_" + base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


@sqlite_only
async def test_malformed_ids_are_refused(api: Api, team: Team) -> None:
    owner, state = node_id(team.workspace), "0" * 32
    nested: Any = {}
    for _ in range(90):
        nested = {"not": nested}
    ids = [
        "task-group_", "task-group_é", "task-group_x", "task-group_" + "A" * 3_000,
        encoded(), encoded(owner, "STATE", state), encoded(owner, "STATE", "{" + state + "}", None),
        encoded(owner, [], state, None), encoded(1, "STATE", state, None),
        encoded(owner, "STATE", "x", None), encoded(owner, "PRIORITY", state, None),
        encoded(owner, "STATE", state, {"nothing": 1}), encoded(owner, "STATE", state, []),
        encoded(owner, "STATE", state, {"createdAt": {"gt": "soon"}}),
        encoded("x", "STATE", state, None),
    ]  # fmt: skip
    query = "query ($id: ID!) { node(id: $id) { id } }"
    for each in ids:
        code, message = await api.refusal(query, team.token, id=each)
        assert code == "BAD_USER_INPUT", each
        assert message.endswith("Use an ID that the API returned."), each
    code, message = await api.refusal(query, team.token, id=encoded(owner, "LABEL", None, nested))
    assert (code, message[-46:]) == (
        "BAD_USER_INPUT", "a filter can be nested at most 12 levels deep.",
    )  # fmt: skip
    for hidden in (
        encoded(owner, "STATE", state, None),
        encoded(owner, "STATE", None, None),
        encoded(owner, "NOTHING", state, None),
        encoded(f"workspace_{state}", "STATE", state, None),
        encoded(node_id(team.tasks[0]), "STATE", state, None),
    ):
        assert await api.ask(query, team.token, id=hidden) == {"node": None}


@sqlite_only
async def test_several_columns_are_found_at_once(api: Api, team: Team) -> None:
    groups = await board(api, team, "PRIORITY")
    ids = [group["id"] for group in groups[:2]] + [node_id(team.workspace)]
    query = """query ($ids: [ID!]!) {
      nodes(ids: $ids) { id ... on TaskGroup { title } ... on Workspace { slug } }
    }"""
    answer = await api.ask(query, team.token, ids=ids)
    assert answer["nodes"] == [
        {"id": ids[0], "title": "Urgent"},
        {"id": ids[1], "title": "High"},
        {"id": ids[2], "slug": team.workspace.slug},
    ]


class TestCost:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        """Let budgets hardly refill meanwhile."""
        return {"budget_period": 86_400}

    @sqlite_only
    async def test_a_filter_in_an_id_is_limited_and_charged(self, api: Api, team: Team) -> None:
        owner = node_id(team.workspace)
        query = "query ($id: ID!) { node(id: $id) { id } }"
        used = "{ rateLimit { used } }"

        def with_searches(count: int) -> str:
            return encoded(owner, "PROJECT", None, {"or": [{"search": "x"}] * count})

        code, _ = await api.refusal(query, team.token, id=with_searches(6))
        assert code == "LIMIT_EXCEEDED"
        costs = []
        for count in (0, 5):
            before = (await api.ask(used, team.token))["rateLimit"]["used"]
            await api.ask(query, team.token, id=with_searches(count))
            costs.append((await api.ask(used, team.token))["rateLimit"]["used"] - before)
        assert costs[1] - costs[0] >= 250

    @sqlite_only
    async def test_ids_are_charged_and_limited_together(self, api: Api, team: Team) -> None:
        owner = node_id(team.workspace)
        query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on TaskGroup { title } } }"
        searches = [
            encoded(owner, "PROJECT", None, {"search": "x", "number": {"gt": number}})
            for number in range(6)
        ]
        answer = await api.answer(query, team.token, ids=searches)
        codes = [error["extensions"]["code"] for error in answer["errors"]]
        assert codes == ["LIMIT_EXCEEDED"]
        assert [node and node["title"] for node in answer["data"]["nodes"]] == [
            *["No project"] * 5, None,
        ]  # fmt: skip
        # As much as 60 boards.
        plain = [encoded(owner, "LABEL", None, {"number": {"gt": n}}) for n in range(60)]
        used = "{ rateLimit { used } }"
        before = (await api.ask(used, team.token))["rateLimit"]["used"]
        await api.ask(query, team.token, ids=plain)
        assert (await api.ask(used, team.token))["rateLimit"]["used"] - before >= 60 * 50
        many = [encoded(owner, "LABEL", None, {"number": {"gt": n}}) for n in range(100)]
        aliases = " ".join(f"a{n}: nodes(ids: $ids) {{ id }}" for n in range(6))
        answer = await api.answer(f"query ($ids: [ID!]!) {{ {aliases} }}", team.token, ids=many)
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"LIMIT_EXCEEDED"}
        assert answer["errors"][0]["extensions"]["limit"] == 25_000

    @sqlite_only
    async def test_filters_of_hidden_boards_are_not_read(
        self, api: Api, team: Team, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr("graph.views.board.filter_from_json")
        hidden = encoded("workspace_" + "0" * 32, "LABEL", None, {"or": [{}] * 100})
        query = "query ($id: ID!) { node(id: $id) { id } }"
        assert await api.ask(query, team.token, id=hidden) == {"node": None}


async def test_columns_of_long_filters_have_ids_that_node_does_not_find(
    api: Api, team: Team
) -> None:
    long = [f"{number} " + "x" * 100 for number in range(50)]
    ids = []
    for where in ({"title": {"nin": long}}, {"title": {"nin": long[1:]}}):
        [group] = await board(api, team, "PROJECT", where)
        assert group["count"] == 7
        assert len(group["id"]) < 300
        ids.append(group["id"])
    assert ids[0] != ids[1]
    query = "query ($id: ID!) { node(id: $id) { id } }"
    assert await api.refusal(query, team.token, id=ids[0]) == (
        "BAD_USER_INPUT",
        "id: the filter of this group's board is too long for an ID. Query the board instead.",
    )
