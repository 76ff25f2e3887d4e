"""Pagination of tasks."""

import base64
import json
from typing import Any

import pytest
from sqlalchemy import delete

from models import Role, Task, User, Workspace
from tests.support.client import Api, Statements
from tests.support.database_kinds import sqlite_only
from tests.support.executors import both_executors, is_stacked  # noqa: F401
from tests.support.world import NOON, World

PAGE = """
query ($slug: String!, $first: Int, $after: String, $last: Int, $before: String) {
  workspace(slug: $slug) {
    tasks(first: $first, after: $after, last: $last, before: $before) {
      totalCount
      nodes { title }
      edges { cursor node { title } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


class Team:
    """A workspace with tasks, of which each two were created at the same time."""

    def __init__(self, workspace: Workspace, token: str, tasks: list[Task], users: list[User]):
        self.workspace = workspace
        self.token = token
        self.tasks = tasks
        self.users = users

    @property
    def titles(self) -> list[str]:
        """Titles in the default order: newest first, then by ID, descending."""
        ordered = sorted(self.tasks, key=lambda task: (task.created_at, task.id), reverse=True)
        return [task.title for task in ordered]


async def make_team(world: World, tasks: int) -> Team:
    return await world.snapshot(f"team with {tasks} tasks", lambda: build_team(world, tasks))


async def build_team(world: World, tasks: int) -> Team:
    workspace = await world.make_workspace()
    users = [await world.make_member(workspace, role=Role.MEMBER) for _ in range(4)]
    project = await world.make_project(workspace)
    states = [await world.make_state(workspace) for _ in range(3)]
    labels = [await world.make_label(workspace) for _ in range(4)]
    created = []
    for number in range(1, tasks + 1):
        task = await world.make_task(
            project,
            states[number % 3],
            number=number,
            creator_id=users[number % 4].id,
            created_at=NOON.replace(minute=number // 2),
        )
        await world.assign(task, users[number % 4], users[(number + 1) % 4])
        await world.label(task, labels[number % 4])
        created.append(task)
    return Team(workspace, await world.make_token(users[0]), created, users)


@pytest.fixture
async def team(world: World) -> Team:
    return await make_team(world, 11)


async def page(api: Api, team: Team, **arguments: Any) -> dict[str, Any]:
    data = await api.ask(PAGE, team.token, slug=team.workspace.slug, **arguments)
    found: dict[str, Any] = data["workspace"]["tasks"]
    return found


def titles(found: dict[str, Any]) -> list[str]:
    return [node["title"] for node in found["nodes"]]


@pytest.mark.parametrize("size", [1, 3, 11, 100])
async def test_forward_pages_return_each_task_once(api: Api, team: Team, size: int) -> None:
    collected: list[str] = []
    after = None
    while True:
        found = await page(api, team, first=size, after=after)
        assert found["totalCount"] == 11
        assert found["pageInfo"]["hasPreviousPage"] == (after is not None)
        collected += titles(found)
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert collected == team.titles


@pytest.mark.parametrize("size", [1, 3, 11, 100])
async def test_backward_pages_return_each_task_once(api: Api, team: Team, size: int) -> None:
    collected: list[str] = []
    before = None
    while True:
        found = await page(api, team, last=size, before=before)
        assert found["pageInfo"]["hasNextPage"] == (before is not None)
        collected = titles(found) + collected
        before = found["pageInfo"]["startCursor"]
        if not found["pageInfo"]["hasPreviousPage"]:
            break
    assert collected == team.titles


async def test_cursor_of_each_edge_resumes_after_it(api: Api, team: Team) -> None:
    found = await page(api, team)
    for place, edge in enumerate(found["edges"]):
        resumed = await page(api, team, first=1, after=edge["cursor"])
        assert titles(resumed) == team.titles[place + 1 : place + 2]


async def test_empty_page_reports_whether_there_are_rows(api: Api, team: Team) -> None:
    assert await page(api, team, first=0) == {
        "totalCount": 11,
        "nodes": [],
        "edges": [],
        "pageInfo": {
            "hasNextPage": True,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


async def test_cursor_of_a_deleted_row_resumes_after_it(api: Api, team: Team, world: World) -> None:
    found = await page(api, team, first=4)
    deleted = next(task for task in team.tasks if task.title == team.titles[3])
    async with world.database.writes.begin() as session:
        await session.execute(delete(Task).where(Task.id == deleted.id))
    resumed = await page(api, team, first=4, after=found["pageInfo"]["endCursor"])
    assert titles(resumed) == team.titles[4:8]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": -1}, "first: must be between 0 and 100, not -1."),
        ({"first": 101}, "first: must be between 0 and 100, not 101."),
        ({"last": 101}, "last: must be between 0 and 100, not 101."),
        ({"first": 1, "last": 1}, "first, last: use only one of them"),
        ({"first": 1, "before": "x"}, "first, before: use first with after, and last with before."),
        ({"last": 1, "after": "x"}, "last, after: use first with after, and last with before."),
        ({"after": "x", "before": "x"}, "after, before: use only one of them"),
    ],
)  # fmt: skip
@sqlite_only
async def test_invalid_page_arguments_are_refused_by_name(
    api: Api, team: Team, arguments: dict[str, Any], message: str
) -> None:
    code, text = await api.refusal(PAGE, team.token, slug=team.workspace.slug, **arguments)
    assert code == "BAD_USER_INPUT"
    assert text.startswith(message)


def forged(cursor: str, place: int, value: Any) -> str:
    """A cursor with one of its values replaced."""
    values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    values[place] = value
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


async def test_cursor_of_another_list_is_refused(api: Api, team: Team) -> None:
    query = (
        "query ($slug: String!) { workspace(slug: $slug) { members { pageInfo { endCursor } } } }"
    )
    data = await api.ask(query, team.token, slug=team.workspace.slug)
    cursor = data["workspace"]["members"]["pageInfo"]["endCursor"]
    code, message = await api.refusal(PAGE, team.token, slug=team.workspace.slug, after=cursor)
    assert code == "BAD_USER_INPUT"
    assert message == (
        "after: this cursor belongs to another list or another order. "
        "Use a cursor of the same field with the same order."
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda cursor: "",
        lambda cursor: "?",
        lambda cursor: "é",
        lambda cursor: cursor[:-3],
        lambda cursor: cursor[1:],
        lambda cursor: cursor + "AAAA",
        lambda cursor: "e30",
        lambda cursor: "bnVsbA",
        lambda cursor: "W10",
        lambda cursor: forged(cursor, 1, "0001-01-01T00:00:00+14:00"),
        lambda cursor: forged(cursor, 1, 5),
        lambda cursor: forged(cursor, 2, 5),
        lambda cursor: forged(cursor, 2, [None]),
        lambda cursor: forged(cursor, 2, None),
        lambda cursor: forged(cursor, 2, "zz"),
    ],
)
async def test_damaged_cursor_is_refused(api: Api, team: Team, damage: Any) -> None:
    cursor = (await page(api, team))["pageInfo"]["endCursor"]
    code, message = await api.refusal(
        PAGE, team.token, slug=team.workspace.slug, before=damage(cursor)
    )
    assert code == "BAD_USER_INPUT"
    assert message.startswith("before: ")


FIFTY = """
query ($slug: String!) {
  workspace(slug: $slug) {
    tasks(first: 50) {
      nodes {
        key title
        creator { handle }
        assignees { handle }
        labels { name color }
        state { name category }
        project { key name }
        comments(first: 3) { nodes { body author { handle } } }
      }
    }
  }
}
"""


async def test_fifty_tasks_with_their_relations_take_nine_statements(
    api: Api, world: World, statements: Statements, kind: str, executor: str
) -> None:
    team = await make_team(world, 50)
    for task in team.tasks:
        for place in range(4):
            await world.make_comment(task, team.users[place], body=f"{task.title} {place}")
    statements.clear()
    data = await api.ask(FIFTY, team.token, slug=team.workspace.slug)
    # Viewer, workspace, tasks, assignees, labels, comments; then states, projects, users. All but
    # the first are one statement if they can be stacked.
    assert len(statements) == (2 if is_stacked(kind, executor) else 9)
    nodes = data["workspace"]["tasks"]["nodes"]
    assert [node["title"] for node in nodes] == team.titles
    newest = next(task for task in team.tasks if task.title == team.titles[0])
    handles = [user.handle for user in team.users]
    expected_assignees = sorted([handles[newest.number % 4], handles[(newest.number + 1) % 4]])
    assert nodes[0]["creator"]["handle"] == handles[newest.number % 4]
    assert [user["handle"] for user in nodes[0]["assignees"]] == expected_assignees
    for node in nodes:
        assert node["comments"]["nodes"] == [
            {"body": f"{node['title']} {place}", "author": {"handle": handles[place]}}
            for place in range(3)
        ]


async def test_counts_are_exact_up_to_their_limit(
    api: Api, team: Team, statements: Statements, kind: str, executor: str
) -> None:
    query = """
    query ($slug: String!) { workspace(slug: $slug) { tasks {
      totalCount
      under: count(limit: 10) { value isExact }
      even: count(limit: 11) { value isExact }
      default: count { value isExact }
    } } }
    """
    data = await api.ask(query, team.token, slug=team.workspace.slug)
    assert data["workspace"]["tasks"] == {
        "totalCount": 11,
        "under": {"value": 10, "isExact": False},
        "even": {"value": 11, "isExact": True},
        "default": {"value": 11, "isExact": True},
    }
    assert len(statements) == (2 if is_stacked(kind, executor) else 6)


async def test_archived_tasks_are_listed_on_request_and_deleted_ones_never(
    api: Api, team: Team, world: World
) -> None:
    project, state = team.tasks[0].project_id, team.tasks[0].state_id
    columns = {"workspace_id": team.workspace.id, "project_id": project, "state_id": state}
    await world.save(
        Task(**columns, number=100, title="archived", rank="b", archived_at=NOON, created_at=NOON),
        Task(**columns, number=101, title="deleted", rank="b", deleted_at=NOON, created_at=NOON),
    )
    query = """
    query ($slug: String!, $archived: Boolean) { workspace(slug: $slug) {
      tasks(includeArchived: $archived) { nodes { title } }
    } }
    """
    titles_by_argument = {}
    for archived in (False, True, None):
        data = await api.ask(query, team.token, slug=team.workspace.slug, archived=archived)
        titles_by_argument[archived] = set(titles(data["workspace"]["tasks"]))
    assert titles_by_argument[False] == titles_by_argument[None] == set(team.titles)
    assert titles_by_argument[True] == {*team.titles, "archived"}
