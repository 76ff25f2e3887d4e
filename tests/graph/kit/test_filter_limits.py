"""Limits of filters and orders, invalid values, and relative times."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.graph.kit.test_filters import PAGE
from tests.support.client import Api
from tests.support.database_kinds import sqlite_only
from tests.support.filter_reference import Row
from tests.support.world import World


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"id": {"eq": "x"}}, "filter.id.eq: 'x' is not a valid ID"),
        ({"id": {"in": ["user_" + "0" * 32]}}, "filter.id.in: 'user_"),
        ({"title": {"in": ["x"] * 600}}, "filter.title.in: at most 500 values, not 600."),
        ({"title": {"nin": ["x"] * 501}}, "filter.title.nin: at most 500 values, not 501."),
        ({"title": {"eq": "a\0"}}, "filter.title.eq: a text cannot contain null characters"),
        ({"title": {"contains": "x" * 10_001}}, "filter.title.contains: at most 10000"),
        ({"title": {"eq": None}}, "filter.title.eq: cannot be null."),
        (
            {"and": [{}, {"or": [{"number": {"lt": None}}]}]},
            "filter.and[1].or[0].number.lt: cannot be null.",
        ),
        ({"assignees": {"length": {"gt": None}}}, "filter.assignees.length.gt: cannot be null."),
        ({"dueOn": {"lt": "P99999Y"}}, "filter.dueOn.lt: P99999Y from now is out of range."),
        ({"and": [{"number": {"eq": 1}}] * 201}, "filter"),
        (
            {"or": [{"estimate": {"in": [1.0] * 500}}] * 11},
            "filter.or[10].estimate: the lists of a filter can hold",
        ),
        ({"null": True}, "filter.null: `null` applies to a relation itself"),
        ({"milestone": {"or": [{"null": True}]}}, "filter.milestone.or[0].null: `null` applies"),
        ({"assignees": {"some": {"null": False}}}, "filter.assignees.some.null: `null` applies"),
    ],
)
@sqlite_only
async def test_invalid_filter_is_refused_with_its_path(
    api: Api, world: World, where: Row, message: str
) -> None:
    workspace = await world.make_workspace()
    token = await world.make_token(await world.make_member(workspace))
    code, text = await api.refusal(PAGE, token, slug=workspace.slug, filter=where)
    assert code == "BAD_USER_INPUT"
    assert text.startswith(message)


@pytest.mark.parametrize("value", ["soon", "P", "PXY", "2026-13-01", "2026-11-20T09:30:00", 5])
@sqlite_only
async def test_invalid_date_is_refused_with_its_path(api: Api, world: World, value: Any) -> None:
    where = {"and": [{"dueOn": {"lt": value}}]}
    code, text = await api.refusal(PAGE, None, slug="x", filter=where)
    assert code == "BAD_USER_INPUT"
    assert "filter" in text
    assert "dueOn.lt" in text


@sqlite_only
async def test_filter_nested_too_deep_is_refused(api: Api, world: World) -> None:
    workspace = await world.make_workspace()
    token = await world.make_token(await world.make_member(workspace))
    where: Row = {}
    for _ in range(13):
        where = {"not": where}
    code, text = await api.refusal(PAGE, token, slug=workspace.slug, filter=where)
    assert code == "BAD_USER_INPUT"
    assert text.endswith("a filter can be nested at most 12 levels deep.")


@sqlite_only
async def test_order_of_too_many_fields_is_refused(api: Api, world: World) -> None:
    workspace = await world.make_workspace()
    token = await world.make_token(await world.make_member(workspace))
    order = [{"field": "TITLE"}] * 6
    code, text = await api.refusal(PAGE, token, slug=workspace.slug, orderBy=order)
    assert (code, text) == ("BAD_USER_INPUT", "orderBy: at most 5 terms, not 6.")


async def test_durations_are_relative_to_now_or_today(api: Api, world: World) -> None:
    workspace = await world.make_workspace()
    token = await world.make_token(await world.make_member(workspace))
    project, state = await world.make_project(workspace), await world.make_state(workspace)
    today = datetime.now(UTC)
    for days in (-8, -1, 0, 1, 40):
        moment = today + timedelta(days=days, minutes=5)
        await world.make_task(
            project, state, title=str(days), created_at=moment, due_on=moment.date()
        )
    query = """
    query ($slug: String!, $filter: TaskFilter) { workspace(slug: $slug) {
      tasks(filter: $filter, orderBy: [{field: CREATED_AT}]) { nodes { title } }
    } }
    """
    for where, titles in (
        ({"dueOn": {"lt": "P0D"}}, ["-8", "-1"]),
        ({"dueOn": {"gte": "P0D", "lte": "P1D"}}, ["0", "1"]),
        ({"dueOn": {"gt": "P1M"}}, ["40"]),
        ({"createdAt": {"lt": "-P1W"}}, ["-8"]),
        ({"createdAt": {"gt": "-P1W", "lt": "PT1H"}}, ["-1", "0"]),
        ({"createdAt": {"gt": "P4W"}}, ["40"]),
    ):
        answer = await api.ask(query, token, slug=workspace.slug, filter=where)
        found = [node["title"] for node in answer["workspace"]["tasks"]["nodes"]]
        assert found == titles


@pytest.mark.parametrize("literal", ["1e999", "-1e999", "9" * 400])
@pytest.mark.parametrize("field", ["number", "estimate"])
@sqlite_only
async def test_infinite_number_is_refused(api: Api, world: World, literal: str, field: str) -> None:
    workspace = await world.make_workspace()
    token = await world.make_token(await world.make_member(workspace))
    query = f'''{{ workspace(slug: "{workspace.slug}") {{
      tasks(filter: {{{field}: {{gt: {literal}}}}}) {{ totalCount }}
    }} }}'''
    code, text = await api.refusal(query, token)
    assert (code, text) == ("BAD_USER_INPUT", f"filter.{field}.gt: a number must be finite.")


async def test_filter_of_the_maximum_depth_is_answered(api: Api, world: World) -> None:
    workspace = await world.make_workspace()
    token = await world.make_token(await world.make_member(workspace))
    where: Row = {"title": {"contains": "e"}}
    for _ in range(6):
        where = {"or": [{"parent": where}, {"assignees": {"none": {"isMe": True}}}]}
    answer = await api.ask(PAGE, token, slug=workspace.slug, filter=where)
    assert answer["workspace"]["tasks"]["totalCount"] == 0
    code, text = await api.refusal(PAGE, token, slug=workspace.slug, filter={"parent": where})
    assert code == "BAD_USER_INPUT"
    assert text.endswith("a filter can follow at most 6 relations in a row.")


async def test_many_conditions_on_relations_are_answered(api: Api, world: World) -> None:
    workspace = await world.make_workspace()
    token = await world.make_token(await world.make_member(workspace))
    some = {"assignees": {"some": {"handle": {"contains": "b"}}}}
    answer = await api.ask(PAGE, token, slug=workspace.slug, filter={"and": [some] * 45})
    assert answer["workspace"]["tasks"]["totalCount"] == 0
