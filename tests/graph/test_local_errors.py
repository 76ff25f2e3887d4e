"""Invalid arguments: they null their own field, and leave the rest of the answer as it is."""

from typing import Any

import pytest

from tests.support.client import body_without_cost
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.executors import both_executors  # noqa: F401
from tests.support.office import Office

CURSOR = "invalid cursor. Use a cursor that the API returned."


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("tasks(first: 101) { totalCount }", "first: must be between 0 and 100, not 101."),
        ("tasks(last: -1) { totalCount }", "last: must be between 0 and 100, not -1."),
        ('tasks(after: "x") { nodes { id } }', f"after: {CURSOR}"),
        ("tasks(first: 2, last: 2) { nodes { id } }", "first, last: use only one of them."),
        (
            "tasks(filter: {title: {eq: null}}) { nodes { id } }",
            "filter.title.eq: cannot be null. Omit it, or use `{null: true}`.",
        ),
        ('labels(before: "x") { nodes { id } }', f"before: {CURSOR}"),
        ("members(first: 1000) { totalCount }", "first: must be between 0 and 100, not 1000."),
        (
            'search(query: "-x") { totalCount }',
            "query: enter at least one word to search for.",
        ),
        ('search(query: "x", after: "x") { totalCount }', f"after: {CURSOR}"),
        (
            "taskGroups(by: STATE, filter: {title: {eq: null}}) { title }",
            "filter.title.eq: cannot be null. Omit it, or use `{null: true}`.",
        ),
        (
            'events(from: "2026-11-20T00:00:00Z", to: "2026-11-19T00:00:00Z") { totalCount }',
            "from, to: `to` must not be before `from`.",
        ),
        ("changes(first: 101) { lastSequence }", "first: must be between 0 and 100, not 101."),
    ],
)
async def test_an_invalid_argument_nulls_its_field_only(
    office: Office, field: str, message: str
) -> None:
    query = f'{{ viewer {{ handle }} workspace(slug: "office") {{ name bad: {field} }} }}'
    response = await office.api.post({"query": query}, office.tokens["member"])
    answer = body_without_cost(response)
    assert answer["data"] == {
        "viewer": {"handle": "member"},
        "workspace": {"name": office.workspace.name, "bad": None},
    }
    [error] = answer["errors"]
    assert (error["message"], error["path"]) == (message, ["workspace", "bad"])
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_an_invalid_limit_nulls_the_count_only(office: Office) -> None:
    query = '{ workspace(slug: "office") { labels { totalCount count(limit: 0) { value } } } }'
    answer = await office.api.answer(query, office.tokens["member"])
    labels = answer["data"]["workspace"]["labels"]
    assert (labels["totalCount"] > 0, labels["count"]) == (True, None)
    [error] = answer["errors"]
    assert error["message"] == "limit: must be between 1 and 1,000,000, not 0."


async def test_an_invalid_id_nulls_its_item_only(office: Office) -> None:
    known = office.gid("task")
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids: list[Any] = [known, "x", known]
    answer = await office.api.answer(query, office.tokens["member"], ids=ids)
    assert answer["data"] == {"nodes": [{"id": known}, None, {"id": known}]}
    [error] = answer["errors"]
    assert error["path"] == ["nodes", 1]
    assert error["message"] == "ids[1]: 'x' is not a valid ID. Use an ID that the API returned."


@pytest.mark.parametrize("arguments", ["last: 2", "last: 2, first: 50", "last: 2, first: null"])
async def test_the_default_page_size_does_not_apply_to_last(office: Office, arguments: str) -> None:
    query = f'{{ workspace(slug: "office") {{ members({arguments}) {{ nodes {{ id }} }} }} }}'
    data = await office.api.ask(query, office.tokens["member"])
    everyone = '{ workspace(slug: "office") { members { nodes { id } } } }'
    expected = await office.api.ask(everyone, office.tokens["member"])
    nodes = expected["workspace"]["members"]["nodes"]
    assert data["workspace"]["members"]["nodes"] == nodes[-2:]
    assert len(nodes) > 2
