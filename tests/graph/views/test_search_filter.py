"""Full-text search as a condition of a filter."""

from typing import Any

import pytest

from models import Role
from tests.support.client import Api, Statements
from tests.support.database_kinds import sqlite_only
from tests.support.executors import both_executors  # noqa: F401
from tests.support.searched_team import Team
from tests.support.world import World

TASKS = """
query ($slug: String!, $filter: TaskFilter) { workspace(slug: $slug) {
  tasks(filter: $filter, orderBy: [{field: NUMBER}]) { totalCount nodes { number } }
} }
"""


async def numbers(api: Api, searched: Team, filter: Any) -> list[int]:
    answer = await api.ask(TASKS, searched.token, slug=searched.slug, filter=filter)
    found = answer["workspace"]["tasks"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["number"] for node in found["nodes"]]


FOUND: list[tuple[Any, list[int]]] = [
    ({"search": "handshake"}, [1, 3]),
    ({"search": "HANDSHAKE"}, [1, 3]),
    ({"search": "openssl"}, [1]),
    ({"search": '"key exchange"'}, [1, 2]),
    ({"search": "exch*"}, [1, 2, 3]),
    ({"search": "exchange -server"}, [2, 3]),
    ({"search": "länge"}, [4]),
    ({"search": "to be"}, [5]),
    ({"search": "nothing-of-the-kind"}, []),
    ({"search": ""}, []),
    ({"search": " !? "}, []),
    ({"search": None}, [1, 2, 3, 4, 5, 6]),
    ({"not": {"search": "key"}}, [4, 5, 6]),
    ({"not": {"search": " "}}, [1, 2, 3, 4, 5, 6]),
    ({"search": "key", "title": {"contains": "keys"}}, [3]),
    ({"or": [{"search": "bold"}, {"search": "handshake"}]}, [1, 3, 6]),
    ({"and": [{"search": "key"}, {"search": "again"}]}, [3]),
]


async def test_tasks_match_by_title_body_and_comments(
    api: Api,
    team: Team,
) -> None:
    for where, expected in FOUND:
        assert await numbers(api, team, where) == expected, where


async def test_other_workspaces_are_not_searched(
    api: Api,
    team: Team,
    world: World,
) -> None:
    other = await world.make_workspace()
    member = await world.make_member(other, role=Role.MEMBER)
    project, state = await world.make_project(other), await world.make_state(other)
    await world.make_task(project, state, number=1, title="A handshake elsewhere")
    theirs = Team(other.slug, await world.make_token(member), [])
    assert await numbers(api, theirs, {"search": "handshake"}) == [1]
    assert await numbers(api, team, {"search": "handshake"}) == [1, 3]
    assert await numbers(api, theirs, {"search": "openssl"}) == []


async def test_boards_and_nested_lists_can_be_searched(
    api: Api,
    team: Team,
) -> None:
    query = """
      query ($slug: String!, $search: String) { workspace(slug: $slug) {
        taskGroups(by: PROJECT, filter: {search: $search}) {
          count tasks(orderBy: [{field: NUMBER}]) { nodes { number } }
        }
        projects { nodes { tasks(filter: {search: $search}) { totalCount } } }
      } }
    """
    for search, expected in (("handshake", [1, 3]), (None, [1, 2, 3, 4, 5, 6])):
        answer = await api.ask(query, team.token, slug=team.slug, search=search)
        nodes = [{"number": number} for number in expected]
        assert answer["workspace"] == {
            "taskGroups": [{"count": len(expected), "tasks": {"nodes": nodes}}],
            "projects": {"nodes": [{"tasks": {"totalCount": len(expected)}}]},
        }


async def test_pages_and_queries_share_statements(
    api: Api,
    team: Team,
    kind: str,
    statements: Statements,
    executor: str,
) -> None:
    query = """
      query ($slug: String!, $filter: TaskFilter, $after: String) { workspace(slug: $slug) {
        tasks(filter: $filter, orderBy: [{field: NUMBER}], first: 1, after: $after) {
          nodes { number } pageInfo { endCursor }
        }
      } }
    """

    async def page(search: str, after: str | None) -> Any:
        variables = {"slug": team.slug, "filter": {"search": search}, "after": after}
        return (await api.ask(query, team.token, **variables))["workspace"]["tasks"]

    first = await page("handshake", None)
    second = await page("handshake", first["pageInfo"]["endCursor"])
    assert [first["nodes"], second["nodes"]] == [[{"number": 1}], [{"number": 3}]]
    if executor != "planned":
        return
    statements.clear()
    await page("handshake", None)
    # Viewer, then the workspace and the tasks, which PostgreSQL reads at once.
    assert len(statements) == (2 if kind == "postgresql" else 3)
    one = statements.sent[-1]
    await page('bold -"other words"', None)
    assert statements.sent[-1] == one


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("x" * 501, "filter.or[0].search: at most 500 characters, not 501."),
        ("-x", "filter.or[0].search: enter at least one word to search for."),
        ("\0", "filter.or[0].search: a text cannot contain null characters or unpaired "
         "surrogates."),
    ],
)  # fmt: skip
@sqlite_only
async def test_invalid_searches_are_refused(
    api: Api,
    team: Team,
    search: str,
    message: str,
) -> None:
    searches = {"or": [{"search": search}]}
    assert await api.refusal(TASKS, team.token, slug=team.slug, filter=searches) == (
        "BAD_USER_INPUT",
        message,
    )


@sqlite_only
async def test_searches_cost_more_and_are_limited(
    api: Api,
    team: Team,
) -> None:
    document = """query ($filter: TaskFilter) {
      rateLimit(dryRun: true) { cost }
      viewer { assignedTasks(first: 1, filter: $filter) { nodes { title } } }
    }"""

    async def cost(filter: Any) -> int:
        data = await api.ask(document, team.token, filter=filter)
        found: int = data["rateLimit"]["cost"]
        return found

    assert await cost({"search": "x"}) == await cost({"number": {"eq": 1}}) + 50
    searches = {"or": [{"search": "x"}] * 6}
    assert await api.refusal(TASKS, team.token, slug=team.slug, filter=searches) == (
        "LIMIT_EXCEEDED",
        "The operation's filters have 6 full-text searches; the limit is 5. Use fewer.",
    )
