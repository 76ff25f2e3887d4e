"""Information that errors disclose."""

import asyncio
from typing import Any

import pytest
from graphql import get_introspection_query

from models.database import Database
from tests.support.client import Api
from tests.support.database_kinds import EveryDatabase, one_database  # noqa: F401
from tests.support.office import Office, dump, gid

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


class TestUsedIds(EveryDatabase):
    async def test_id_of_a_hidden_object_is_refused_as_that_of_a_deleted_one(
        self, office: Office, database: Database
    ) -> None:
        """So that the refusal does not tell whether the object exists."""
        deleted = await office.world.make_comment(office.foreign_task, office.outsider)
        hidden = gid(office.foreign_remark)
        elsewhere = {"taskId": office.gid("task"), "body": "x"}
        await office.must_write("commentDelete", who="outsider", id=gid(deleted))
        before = await dump(database)
        message = "This ID cannot be used. Generate another random UUID."
        refusal = {"code": "INVALID", "message": message, "path": ["input", "id"]}
        for used in (hidden, gid(deleted)):
            payload = await office.write(
                "commentCreate",
                "errors { code message path } comment { id } sequence",
                input=elsewhere | {"id": used},
            )
            assert payload == {"errors": [refusal], "comment": None, "sequence": None}
        own = await office.write(
            "commentCreate",
            "errors { code message path }",
            input=elsewhere | {"id": office.gid("remark")},
        )
        message = "An object of type Comment with this ID exists already."
        assert own["errors"] == [{"code": "UNIQUE", "message": message, "path": ["input", "id"]}]
        assert await dump(database) == before

    async def test_race_for_an_id_is_lost_without_a_hint(self, office: Office) -> None:
        key = "comment_0198c6b2f7d47c3e9b1d2f3a4b5c6d7e"
        payloads = await asyncio.gather(
            *(
                office.write(
                    "commentCreate",
                    "errors { code path }",
                    who,
                    input={"id": key, "taskId": office.gid(task), "body": "x"},
                )
                for who, task in (("member", "task"), ("outsider", "foreign_task")) * 4
            )
        )
        [winner] = [place for place, payload in enumerate(payloads) if not payload["errors"]]
        # The requests to the other workspace.
        for payload in payloads[1 - winner % 2 :: 2]:
            assert payload["errors"] == [{"code": "INVALID", "path": ["input", "id"]}]
