"""Batches: several operations in one request."""

from typing import Any

import httpx
import pytest

from tests.support.client import Api, Statements
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.office import Office

VIEWER = {"query": "{ viewer { handle } }"}
NAME = {"query": "{ __typename }"}
MEMBER = {"viewer": {"handle": "member"}}


def contents(response: httpx.Response) -> list[Any]:
    """The data of each operation, or the codes of its errors."""
    return [
        answer["data"]
        if "data" in answer
        else [error["extensions"]["code"] for error in answer["errors"]]
        for answer in response.json()
    ]


async def test_operations_are_answered_in_their_order(office: Office) -> None:
    named = {"query": "query A { a: __typename } query B { b: __typename }", "operationName": "B"}
    with Statements(office.api.database) as statements:
        response = await office.api.post([VIEWER, named, NAME], office.tokens["member"])
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert contents(response) == [MEMBER, {"b": "Query"}, {"__typename": "Query"}]
    # The sender is identified once.
    assert len(statements) == 1


async def test_operations_are_refused_one_by_one(office: Office) -> None:
    batch = [
        {"query": "{ nonsense }"},
        {"query": ""},
        VIEWER,
        {"query": "{ a }", "operationName": "B"},
        {"query": "{ viewer { " + "id " * 10_001 + "} }"},
        {"documentId": "0" * 64},
        NAME,
    ]
    response = await office.api.post(batch, office.tokens["member"])
    assert response.status_code == 200
    assert contents(response) == [
        ["GRAPHQL_VALIDATION_FAILED"],
        ["BAD_REQUEST"],
        MEMBER,
        ["BAD_REQUEST"],
        ["LIMIT_EXCEEDED"],
        ["PERSISTED_QUERY_NOT_FOUND"],
        {"__typename": "Query"},
    ]


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ([], "BAD_REQUEST", "Send one JSON object"),
        ([NAME, 1], "BAD_REQUEST", "Send one JSON object"),
        ([NAME, [NAME]], "BAD_REQUEST", "Send one JSON object"),
        ([NAME, {"query": 1}], "BAD_REQUEST", "The request's `query` must be a string or null."),
        (
            [NAME] * 11,
            "LIMIT_EXCEEDED",
            "The batch has 11 operations; the limit is 10. Send the others in another request.",
        ),
    ],
)
async def test_malformed_batch_is_refused_as_a_whole(
    api: Api, body: Any, code: str, message: str
) -> None:
    response = await api.post(body)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == code
    assert error["message"].startswith(message)


async def test_mutations_take_effect_one_after_another(office: Office) -> None:
    def rename(title: str) -> dict[str, Any]:
        update = """
          mutation ($id: ID!, $title: String!) {
            taskUpdate(input: {id: $id, title: $title}) { task { title version } }
          }
        """
        return {"query": update, "variables": {"id": office.gid("task"), "title": title}}

    read = {
        "query": "query ($id: ID!) { node(id: $id) { ... on Task { title version } } }",
        "variables": {"id": office.gid("task")},
    }
    batch = [read, rename("one"), read, rename("two"), read]
    response = await office.api.post(batch, office.tokens["member"])
    before, one, after_one, two, after_two = contents(response)
    assert one["taskUpdate"]["task"] == after_one["node"]
    assert two["taskUpdate"]["task"] == after_two["node"]
    assert [after_one["node"]["title"], after_two["node"]["title"]] == ["one", "two"]
    version = before["node"]["version"]
    assert [after_one["node"]["version"], after_two["node"]["version"]] == [
        version + 1,
        version + 2,
    ]


async def test_operations_after_a_revoked_token_are_anonymous(office: Office) -> None:
    created = await office.must_write(
        "tokenCreate", "token accessToken { id }", input={"name": "x", "scope": "WRITE"}
    )
    revoke = {
        "query": "mutation ($id: ID!) { tokenRevoke(id: $id) { errors { code } } }",
        "variables": {"id": created["accessToken"]["id"]},
    }
    response = await office.api.post([VIEWER, revoke, VIEWER], created["token"])
    assert contents(response) == [
        MEMBER,
        {"tokenRevoke": {"errors": []}},
        {"viewer": None},
    ]


class TestCharges:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        # Almost nothing is refilled during a test.
        return {"budget": 1_000, "budget_period": 86_400, "max_batch_operations": 100}

    async def test_each_operation_is_charged(self, office: Office) -> None:
        token, budgets = office.tokens["member"], office.api.app.state.server.budgets
        await office.api.post(VIEWER, token)
        before = budgets.budget_status(budgets.caller(office.member.id, "")).used
        response = await office.api.post([VIEWER] * 20, token)
        costs = [answer["extensions"]["cost"] for answer in response.json()]
        assert costs == [{"requested": 2, "actual": 1}] * 20
        assert int(response.headers["x-ratelimit-used"]) - before == 20

    async def test_operations_beyond_the_budget_are_refused(self, office: Office) -> None:
        tasks = "tasks(first: 100) { nodes { labels { id } } }"
        large = {"query": f'{{ workspace(slug: "office") {{ {tasks} }} }}'}
        response = await office.api.post([NAME, large, NAME], office.tokens["member"])
        assert response.status_code == 200
        assert contents(response) == [
            {"__typename": "Query"},
            ["RATE_LIMITED"],
            {"__typename": "Query"},
        ]


class TestSize:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"max_answer_size": 1_000}

    async def test_response_of_a_batch_is_limited(self, office: Office) -> None:
        aliases = " ".join(f"a{n}: __typename" for n in range(45))
        batch = [{"query": f"{{ {aliases} }}"}] * 4
        response = await office.api.post(batch, office.tokens["member"])
        assert [list(answer) for answer in response.json()] == [
            ["data", "extensions"],
            ["data", "extensions"],
            ["errors"],
            ["errors"],
        ]
        assert response.json()[2]["errors"][0]["message"] == (
            "The operations before this one have a response of 1,242 bytes; the limit is 1,000. "
            "Send this one in another request."
        )
