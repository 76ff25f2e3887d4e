"""Boards: groups of tasks with counts, sums of estimates and pages."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.kit.node import node_id
from models import Priority, StateCategory
from tests.graph.kit.test_filters import RELAXED, make_data, orders, task_filters
from tests.graph.kit.test_pages import make_team
from tests.support.client import Api, Statements
from tests.support.filter_reference import URGENCY, Data, Row, matches, ordered
from tests.support.world import World

BOARD = """
query ($slug: String!, $by: TaskGrouping!, $filter: TaskFilter, $orderBy: [TaskOrder!],
       $first: Int) {
  workspace(slug: $slug) { taskGroups(by: $by, filter: $filter) {
    node { id }
    title
    count
    estimate
    tasks(orderBy: $orderBy, first: $first) {
      nodes { id }
      totalCount
      pageInfo { hasNextPage }
    }
  } }
}
"""


@pytest.fixture(params=[1, 2])
async def data(world: World, request: pytest.FixtureRequest) -> tuple[Data, str, str]:
    return await make_data(world, request.param)


def groups_of(rows: list[Row], by: str) -> dict[Any, tuple[str, list[Row]]]:
    """The title and the rows of each group by the ID of its node, in the board's order."""
    groups: dict[Any, tuple[str, list[Row]]] = {}
    none: list[Row] = []
    for row in rows:
        nodes: list[Any] = {
            "STATE": [row["state"]],
            "PRIORITY": [row["priority"]],
            "ASSIGNEE": row["assignees"] or [None],
            "LABEL": row["labels"] or [None],
            "MILESTONE": [row["milestone"]],
            "PROJECT": [row["project"]],
        }[by]
        for one in nodes:
            if one is None:
                none.append(row)
            elif by == "PRIORITY":
                groups.setdefault(one, (one.capitalize(), []))[1].append(row)
            else:
                title = one.get("title") or one.get("name", "")
                groups.setdefault(one["id"], (title, []))[1].append(row)
    if by == "PRIORITY":
        keys = sorted(groups, key=URGENCY.index)
    elif by == "STATE":
        position = {row["state"]["id"]: row["state"]["position"] for row in rows}
        keys = sorted(groups, key=lambda key: position[key])
    else:
        keys = sorted(groups, key=lambda key: (groups[key][0], key))
    found = {key: groups[key] for key in keys}
    if none:
        found[None] = (f"No {by.lower()}", none)
    return found


@RELAXED
@given(
    by=st.sampled_from(["STATE", "PRIORITY", "ASSIGNEE", "LABEL", "MILESTONE", "PROJECT"]),
    where=task_filters,
    order=orders,
    size=st.sampled_from([1, 3, 100]),
)
async def test_groups_match_the_reference(
    api: Api, data: tuple[Data, str, str], by: str, where: Row, order: list[Row], size: int
) -> None:
    rows, token, slug = data
    variables = {"slug": slug, "by": by, "filter": where, "orderBy": order, "first": size}
    board = (await api.ask(BOARD, token, **variables))["workspace"]["taskGroups"]
    if by == "STATE":
        # States without tasks are groups too.
        assert len(board) == 4
        board = [group for group in board if group["count"]]
    matching = [row for row in rows.tasks if matches(where, row, rows)]
    expected = []
    for key, (title, found) in groups_of(matching, by).items():
        estimates = [row["estimate"] for row in found if row["estimate"] is not None]
        sorted_rows = ordered(found, order or [{"field": "RANK"}])
        expected.append(
            {
                "node": None if by == "PRIORITY" or key is None else {"id": key},
                "title": title,
                "count": len(found),
                "estimate": sum(estimates) if estimates else None,
                "tasks": {
                    "nodes": [{"id": row["id"]} for row in sorted_rows[:size]],
                    "totalCount": len(found),
                    "pageInfo": {"hasNextPage": len(found) > size},
                },
            }
        )
    assert board == expected


async def test_board_takes_five_statements_for_any_number_of_groups(
    api: Api, world: World, statements: Statements
) -> None:
    team = await make_team(world, 8)
    for by in ("STATE", "PRIORITY", "ASSIGNEE", "LABEL", "MILESTONE", "PROJECT"):
        statements.clear()
        await api.ask(BOARD, team.token, slug=team.workspace.slug, by=by)
        # Viewer, workspace, groups, their nodes, pages.
        assert len(statements) == (4 if by in ("PRIORITY", "MILESTONE") else 5)
    labels = [await world.make_label(team.workspace) for _ in range(100)]
    for place, label in enumerate(labels):
        await world.label(team.tasks[place % 8], label)
    statements.clear()
    answer = await api.ask(BOARD, team.token, slug=team.workspace.slug, by="LABEL", first=1)
    assert len(statements) == 5
    groups = answer["workspace"]["taskGroups"]
    assert len(groups) == 104
    assert [len(group["tasks"]["nodes"]) for group in groups] == [1] * 104


async def test_each_group_has_its_own_pages(api: Api, world: World) -> None:
    team = await make_team(world, 11)
    query = """
    query ($slug: String!, $after: String) { workspace(slug: $slug) {
      taskGroups(by: PROJECT) { tasks(
        orderBy: [{field: CREATED_AT, direction: DESC}], first: 4, after: $after
      ) {
        nodes { title } pageInfo { endCursor hasNextPage }
      } }
    } }
    """
    collected: list[str] = []
    after = None
    while True:
        answer = await api.ask(query, team.token, slug=team.workspace.slug, after=after)
        [group] = answer["workspace"]["taskGroups"]
        collected += [node["title"] for node in group["tasks"]["nodes"]]
        after = group["tasks"]["pageInfo"]["endCursor"]
        if not group["tasks"]["pageInfo"]["hasNextPage"]:
            break
    assert collected == team.titles


async def test_board_of_a_project_has_only_its_tasks(api: Api, world: World) -> None:
    workspace = await world.make_workspace()
    user = await world.make_member(workspace)
    projects = [await world.make_project(workspace, key=key) for key in ("ONE", "TWO")]
    todo = await world.make_state(workspace, name="Todo", position=1)
    done = await world.make_state(
        workspace, name="Done", position=2, category=StateCategory.COMPLETED
    )
    task = await world.make_task(projects[0], todo, priority=Priority.LOW, estimate=2.5)
    await world.make_task(projects[1], todo)
    query = """
    query ($slug: String!) { workspace(slug: $slug) { project(key: "ONE") {
      taskGroups(by: STATE) { node { id } title count estimate tasks { nodes { id } } }
    } } }
    """
    token = await world.make_token(user)
    answer = await api.ask(query, token, slug=workspace.slug)
    assert answer["workspace"]["project"]["taskGroups"] == [
        {
            "node": {"id": node_id(todo)},
            "title": "Todo",
            "count": 1,
            "estimate": 2.5,
            "tasks": {"nodes": [{"id": node_id(task)}]},
        },
        {
            "node": {"id": node_id(done)},
            "title": "Done",
            "count": 0,
            "estimate": None,
            "tasks": {"nodes": []},
        },
    ]
