"""The engine answers as the reference executor does, byte for byte.

Random operations, made from the schema, are sent to a server that plans and to one that does not.
TASKLOOM_FUZZ sets their number for each database.
"""

import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from graphql import parse, validate

from graph.app import create_app
from graph.kit.node import node_id
from models import Role, Scope, User
from tests.conftest import NO_LIMITS, cached_settings
from tests.support.client import Api
from tests.support.everything import Everything, make_everything
from tests.support.planning import PlanRecorder
from tests.support.random_operations import Known, Operation, OperationMaker
from tests.support.schema_walk import SCHEMA
from tests.support.world import World

COUNT = int(os.environ.get("TASKLOOM_FUZZ", "50"))
FIRST_SEED = int(os.environ.get("TASKLOOM_SEED", "1"))
#: Operations of one test: tests run on several processes.
PART = 25


@pytest.fixture
def settings() -> dict[str, Any]:
    return NO_LIMITS


@pytest.fixture
async def reference(url: str, api: Api) -> AsyncIterator[Api]:
    """A client of a server that plans nothing."""
    app = create_app(cached_settings(database_url=url, **NO_LIMITS))
    app.endpoint.runner.plan_nothing()
    async with app.router.lifespan_context(app), Api(app) as client:
        yield client


@pytest.fixture
def recorder(api: Api) -> PlanRecorder:
    return PlanRecorder(api.app)


@pytest.fixture
async def teams(world: World) -> list[Everything]:
    async def build() -> list[Everything]:
        return [await make_everything(world, mark) for mark in ("ash", "birch")]

    return await world.snapshot("two teams", build)


@pytest.fixture
def known(teams: list[Everything]) -> Known:
    ids = [node_id(row) for team in teams for rows in team.rows.values() for row in rows]
    texts = ["ash", "birch task", "remark"]
    return Known(sorted(set(ids)), texts, ["ash-team", "birch-team"], ["PRJ"])


@pytest.fixture
async def tokens(world: World, teams: list[Everything]) -> list[str | None]:
    """Tokens of viewers with different roles and scopes, and none for an anonymous one."""
    ash, birch = teams
    await world.make_member(birch.workspace, ash.owner, Role.GUEST)
    _, other, author, _ = [row for row in ash.rows["User"] if isinstance(row, User)]
    return [
        None,
        await world.make_token(ash.owner),
        await world.make_token(ash.owner, workspace=ash.workspace),
        await world.make_token(other, scope=Scope.READ),
        await world.make_token(author),
        await world.make_token(await world.make_user(handle="lonely")),
    ]


@pytest.mark.parametrize("part", range(max(1, COUNT // PART)))
async def test_random_operations_are_answered_as_by_the_reference_executor(
    api: Api,
    reference: Api,
    recorder: PlanRecorder,
    known: Known,
    tokens: list[str | None],
    part: int,
) -> None:
    compared = 0
    for seed in range(FIRST_SEED + part * PART, FIRST_SEED + (part + 1) * PART):
        maker = OperationMaker(seed, known)
        operation: Operation | None = maker.make()
        token = maker.random.choice(tokens)
        assert operation is not None
        if validate(SCHEMA, parse(operation.text)):
            continue
        first = operation
        # Once from the start of all lists, and once after cursors of the first answer.
        for _ in range(2):
            if operation is None:
                break
            body = {"query": operation.text, "variables": operation.variables}
            expected = await reference.post(body, token)
            with recorder.expecting("errors" not in expected.json(), seed, operation):
                answer = await api.post(body, token)
            assert answer.content == expected.content, f"seed {seed}: {operation}"
            compared += 1
            operation = first.with_cursors(expected.json().get("data"))
    assert compared > PART // 2
    recorder.assert_few_fell_back()


async def test_rows_in_several_groups_cost_as_much(
    api: Api, reference: Api, tokens: list[str | None]
) -> None:
    """A task with two assignees is shown twice, and so are its assignees."""
    query = """{ workspace(slug: "birch-team") { taskGroups(by: ASSIGNEE) {
      tasks { nodes { number assignees { handle } } }
    } } }"""
    body = {"query": query}
    expected = await reference.post(body, tokens[1])
    groups = expected.json()["data"]["workspace"]["taskGroups"]
    numbers = [node["number"] for group in groups for node in group["tasks"]["nodes"]]
    assert len(numbers) > len(set(numbers))
    assert (await api.post(body, tokens[1])).content == expected.content
