"""Information that errors disclose."""

from typing import Any

import pytest
from graphql import get_introspection_query

from tests.support.client import Api
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.office import Office

WRONG = "{ viewer { handel } }"
SCHEMA = "{ __schema { types { name } } }"


async def test_errors_do_not_suggest_names_to_anonymous_callers(office: Office) -> None:
    documents = (
        WRONG,
        "{ veiwer { id } }",
        '{ workspace(slgu: "x") { id } }',
        '{ workspace(slug: "x") { tasks(orderBy: [{field: TITEL}]) { totalCount } } }',
        "{ viewer { ... on Usr { id } } }",
    )
    for document in documents:
        answer = await office.api.answer(document)
        assert "Did you mean" not in str(answer), document
        answer = await office.api.answer(document, office.tokens["member"])
        assert "Did you mean" in str(answer), document
    variable = "query ($o: [TaskOrder!]) { viewer { assignedTasks(orderBy: $o) { totalCount } } }"
    answer = await office.api.answer(variable, None, o=[{"field": "TITEL"}])
    assert "Did you mean" not in str(answer)


async def test_message_truncates_input(office: Office) -> None:
    document = "{ viewer { workspaces(first: " + "9" * 9_000 + ") { totalCount } } }"
    _, message = await office.api.refusal(document, office.tokens["member"])
    assert len(message) == 1_001


class TestWithoutIntrospection:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"introspection": False, "explorer": False}

    async def test_schema_is_not_disclosed(self, office: Office) -> None:
        for document in (SCHEMA, get_introspection_query(), '{ __type(name: "User") { name } }'):
            for token in (None, office.tokens["owner"]):
                answer = await office.api.answer(document, token)
                assert "data" not in answer
                assert "introspection" in answer["errors"][0]["message"]
        answer = await office.api.answer(WRONG, office.tokens["owner"])
        assert "Did you mean" not in str(answer)
        assert await office.api.ask("{ __typename }") == {"__typename": "Query"}
        assert (await office.api.http.get("/schema.graphql")).status_code == 404
        page = await office.api.http.get("/graphql", headers={"Accept": "text/html"})
        assert page.status_code == 404
        assert (await office.api.http.get("/explorer/explorer.js")).status_code == 404


async def test_introspection_is_public_by_default(api: Api) -> None:
    assert "types" in (await api.ask(SCHEMA))["__schema"]
    assert (await api.http.get("/schema.graphql")).status_code == 200
