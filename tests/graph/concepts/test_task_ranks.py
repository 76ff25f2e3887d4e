"""Moving tasks on the board, and their ranks."""

from typing import Any

import pytest
from sqlalchemy import update

from models import Task
from models.database import Database
from tests.support.database_kinds import sqlite_only
from tests.support.office import Office

pytestmark = pytest.mark.usefixtures("roles_read_once")

COLUMN = """
  query ($slug: String!, $state: ID!) { workspace(slug: $slug) {
    tasks(filter: {state: {id: {eq: $state}}}, orderBy: [{field: RANK}]) { nodes { title rank } }
  } }
"""


async def column(office: Office, state: str = "triage") -> list[str]:
    """The titles of a column of the board, from the top."""
    variables = {"slug": office.workspace.slug, "state": office.gid(state)}
    data = await office.api.ask(COLUMN, office.tokens["member"], **variables)
    nodes = data["workspace"]["tasks"]["nodes"]
    assert [node["rank"] for node in nodes] == sorted({node["rank"] for node in nodes})
    return [node["title"] for node in nodes]


async def make_tasks(office: Office, *titles: str) -> dict[str, str]:
    """Create tasks in the first column, and return their IDs by title."""
    found = {}
    for title in titles:
        values = {"projectId": office.gid("project"), "title": title}
        payload = await office.must_write("taskCreate", "task { id }", input=values)
        found[title] = payload["task"]["id"]
    return found


async def test_task_moves_to_the_requested_position(office: Office) -> None:
    keys = await make_tasks(office, "a", "b", "c", "d")

    async def move(title: str, **where: str) -> list[str]:
        neighbors = {f"{name}Id": keys[other] for name, other in where.items()}
        await office.must_write("taskMove", input={"id": keys[title], **neighbors})
        return await column(office)

    assert await move("d", before="a") == ["d", "a", "b", "c"]
    assert await move("d", after="a") == ["a", "d", "b", "c"]
    assert await move("d", after="b", before="c") == ["a", "b", "d", "c"]
    assert await move("a") == ["b", "d", "c", "a"]
    assert await move("b", after="a") == ["d", "c", "a", "b"]
    assert await move("c", before="d") == ["c", "d", "a", "b"]
    # Neighbors on a filtered board can have other tasks between them.
    assert await move("b", after="c", before="a") == ["c", "b", "d", "a"]


async def test_move_to_another_column_changes_the_state(office: Office) -> None:
    keys = await make_tasks(office, "a", "b")
    selection = "task { state { name } startedAt version }"
    moved = []
    for title, where in (("a", {}), ("b", {"beforeId": keys["a"]})):
        values = {"id": keys[title], "stateId": office.gid("doing"), **where}
        moved.append(await office.must_write("taskMove", selection, input=values))
    assert [payload["task"]["state"] for payload in moved] == [{"name": "doing"}] * 2
    assert all(payload["task"]["startedAt"] for payload in moved)
    assert [payload["task"]["version"] for payload in moved] == [2, 2]
    assert await column(office, "doing") == ["b", "a"]
    assert await column(office) == []


@sqlite_only
async def test_ranks_stay_short_after_hundreds_of_moves_into_one_gap(office: Office) -> None:
    keys = await make_tasks(office, "low", "one", "two", "high")
    shown = ["one", "two"]
    for count in range(400):
        title = shown[count % 2]
        values = {"id": keys[title], "afterId": keys["low"], "beforeId": keys["high"]}
        payload = await office.must_write("taskMove", "task { rank }", input=values)
        assert len(payload["task"]["rank"]) < 200
    assert await column(office) == ["low", "two", "one", "high"]


async def test_move_between_long_ranks_rebalances_them(office: Office, database: Database) -> None:
    titles = [f"t{n:02}" for n in range(30)]
    keys = await make_tasks(office, *titles)
    # Long ranks, as after a thousand moves, two of them equal, as after concurrent moves.
    crowd = {"t09": "a8" + "V" * 150, "t10": "a8" + "V" * 150, "t11": "a8" + "V" * 150 + "8"}
    async with database.writes.begin() as session:
        for title, rank in crowd.items():
            await session.execute(update(Task).where(Task.title == title).values(rank=rank))
    start = [title for title in titles if title not in crowd]
    assert len(start) == 27
    after = await office.sequence()
    values = {"id": keys["t29"], "afterId": keys["t10"]}
    payload = await office.must_write("taskMove", "task { rank } sequence", input=values)
    assert len(payload["task"]["rank"]) < 10
    changes = await office.changes(after)
    assert payload["sequence"] == changes[-1]["sequence"]
    assert {field["name"] for change in changes for field in change["fields"]} == {"rank"}
    shown: Any = await column(office)
    assert shown.index("t29") == shown.index("t10") + 1
    assert shown.index("t11") == shown.index("t29") + 1
