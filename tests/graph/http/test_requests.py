"""HTTP requests: methods, media types, invalid bodies and tokens, health checks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from models import Scope
from models.base import now
from tests.conftest import NO_LIMITS
from tests.support.client import Api, Statements, body_without_cost
from tests.support.database_kinds import sqlite_only
from tests.support.world import World

PRINTED = Path("schema.graphql").read_text()
JSON = "application/json"
GRAPHQL = "application/graphql-response+json"


def nested(depth: int) -> str:
    value = '{"a":' * depth + "1" + "}" * depth
    return '{"query": "{ viewer { id } }", "variables": {"a": VALUE}}'.replace("VALUE", value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "This is not valid JSON"),
        ('{"query": "{ view', "This is not valid JSON"),
        ("1", "Send one JSON object"),
        ("null", "Send one JSON object"),
        ('"{ viewer { id } }"', "Send one JSON object"),
        ("[]", "Send one JSON object"),
        ("{}", "The request has no `query`."),
        ('{"query": ""}', "The request has no `query`."),
        ('{"query": 1}', "The request's `query` must be a string or null."),
        ('{"query": "{ a }", "variables": []}', "The request's `variables` must be an object"),
        ('{"query": "{ a }", "operationName": {}}', "The request's `operationName` must be"),
        ('{"query": "{ a }", "extensions": "x"}', "The request's `extensions` must be an object"),
        ('{"query": "query A { viewer { id } }", "operationName": "B"}', 'Unknown operation'),
        (nested(5000), "This is not valid JSON"),
        (nested(900), "The variables are nested more than 200 levels deep. Flatten them."),
    ],
)  # fmt: skip
@sqlite_only
async def test_malformed_body_is_a_bad_request(api: Api, body: str, message: str) -> None:
    response = await api.http.post("/graphql", content=body, headers={"Content-Type": JSON})
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["message"].startswith(message)
    assert error["extensions"]["code"] in ("BAD_REQUEST", "LIMIT_EXCEEDED")
    assert "Traceback" not in response.text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ viewer {", "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { secret } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"),
    ],
)
@pytest.mark.parametrize(
    ("accept", "status", "media_type"),
    [(GRAPHQL, 400, GRAPHQL), (JSON, 200, JSON), ("*/*", 400, JSON)],
)
@sqlite_only
async def test_invalid_document_has_errors_and_no_data(
    api: Api, query: str, code: str, accept: str, status: int, media_type: str
) -> None:
    response = await api.post({"query": query}, accept=accept)
    assert response.status_code == status
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    answer = response.json()
    assert list(answer) == ["errors"]
    assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


async def test_field_errors_are_answered_with_200(api: Api) -> None:
    query = '{ viewer { id } node(id: "what") { id } }'
    response = await api.post({"query": query}, accept=GRAPHQL)
    assert response.status_code == 200
    assert body_without_cost(response) == {
        "data": {"viewer": None, "node": None},
        "errors": [
            {
                "message": "id: 'what' is not a valid ID. Use an ID that the API returned.",
                "locations": [{"line": 1, "column": 17}],
                "path": ["node"],
                "extensions": {"code": "BAD_USER_INPUT"},
            }
        ],
    }


@pytest.mark.parametrize("length", ["0" * 5_000 + "9", "9" * 5_000])
async def test_a_length_of_many_digits_is_read(api: Api, length: str) -> None:
    headers = {"Content-Type": JSON, "Content-Length": length}
    response = await api.http.post("/graphql", content='{"a": 1}', headers=headers)
    assert response.status_code == (400 if length.startswith("0") else 413)


async def test_query_can_be_sent_by_get(api: Api) -> None:
    parameters = {"query": "query ($id: ID!) { node(id: $id) { id } }"}
    variables = {"variables": json.dumps({"id": "task_" + "0" * 32})}
    response = await api.http.get("/graphql", params=parameters | variables)
    assert response.status_code == 200
    assert body_without_cost(response) == {"data": {"node": None}}


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("PUT", {"Content-Type": JSON}, 405),
        ("DELETE", {}, 405),
        ("POST", {"Content-Type": "text/plain"}, 415),
        ("POST", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ("POST", {"Content-Type": JSON, "Accept": "text/plain"}, 406),
        ("GET", {"Accept": JSON}, 400),
    ],
)
@sqlite_only
async def test_unsupported_methods_and_media_types_are_refused(
    api: Api, method: str, headers: dict[str, str], status: int
) -> None:
    body = None if method == "GET" else '{"query": "{ viewer { id } }"}'
    response = await api.http.request(method, "/graphql", content=body, headers=headers)
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"] == {"code": "BAD_REQUEST"}


@pytest.mark.parametrize(
    "authorization", ["Bearer tsk_wrong", "Bearer", "Basic YTpi", "tsk_", "Bearer é"]
)
async def test_unknown_token_is_unauthorized(api: Api, authorization: str) -> None:
    response = await api.http.post(
        "/graphql",
        json={"query": "{ viewer { id } }"},
        headers=httpx.Headers({"Authorization": authorization}, encoding="utf-8"),
    )
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [(GRAPHQL, GRAPHQL), (f"{GRAPHQL}, {JSON};q=0.9", GRAPHQL), (JSON, JSON), ("text/plain", JSON)],
)
@sqlite_only
async def test_refusals_have_the_media_type_that_the_client_accepts(
    api: Api, accept: str, media_type: str
) -> None:
    headers = {"Accept": accept, "Content-Type": JSON}
    wrong = {**headers, "Authorization": "Bearer tsk_wrong"}
    unauthorized = await api.http.post("/graphql", content='{"query": "{ a }"}', headers=wrong)
    malformed = await api.http.post("/graphql", content="{", headers=headers)
    statuses = [unauthorized.status_code, malformed.status_code]
    assert statuses == ([406, 406] if accept == "text/plain" else [401, 400])
    for response in (unauthorized, malformed):
        assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert list(response.json()) == ["errors"]


@pytest.mark.parametrize("why", ["expired", "revoked", "disabled"])
async def test_expired_revoked_or_disabled_token_is_unauthorized(
    api: Api, world: World, why: str
) -> None:
    user = await world.make_user(disabled_at=now() if why == "disabled" else None)
    columns: dict[str, Any] = {
        "expired": {"expires_at": now()},
        "revoked": {"revoked_at": now()},
        "disabled": {},
    }[why]
    token = await world.make_token(user, scope=Scope.READ, **columns)
    response = await api.post({"query": "{ viewer { id } }"}, token)
    assert response.status_code == 401


@sqlite_only
async def test_too_many_ids_are_refused(api: Api) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    refusal = await api.refusal(query, ids=["task_" + "0" * 32] * 101)
    assert refusal == (
        "LIMIT_EXCEEDED",
        "nodes got 101 IDs; the limit is 100. Request the others in another operation.",
    )


@sqlite_only
async def test_served_schema_equals_the_printed_schema(api: Api) -> None:
    served = await api.http.get("/schema.graphql")
    assert served.text == PRINTED


@pytest.fixture
def unreachable(api: Api) -> Iterator[None]:
    """Refuse the server's connections to its database."""

    def refuse(*_: Any) -> None:
        raise ConnectionRefusedError("no server there")

    engine = api.database.read_engine.sync_engine
    event.listen(engine, "do_connect", refuse)
    yield
    event.remove(engine, "do_connect", refuse)


async def test_unreachable_database_is_answered_with_503(
    api: Api, world: World, unreachable: None
) -> None:
    token = await world.make_token(await world.make_user())
    response = await api.post({"query": "{ viewer { id } }"}, token)
    assert response.status_code == 503
    assert response.json() == {
        "errors": [
            {
                "message": "The database is not available. Try again later.",
                "extensions": {"code": "UNAVAILABLE"},
            }
        ]
    }
    ready = await api.http.get("/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "unavailable"})
    assert (await api.http.get("/health/live")).json() == {"status": "ok"}


async def test_healthy_server_is_ready(api: Api) -> None:
    ready = await api.http.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})


@sqlite_only
async def test_several_operations_require_an_operation_name(api: Api) -> None:
    document = "query A { a: __typename } query B { b: __typename }"
    response = await api.post({"query": document}, accept=GRAPHQL)
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["message"] == (
        "The document has several operations. Name one of them as `operationName`."
    )
    named = await api.post({"query": document, "operationName": "B"})
    assert body_without_cost(named) == {"data": {"b": "Query"}}


class TestWithoutLimits:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return NO_LIMITS

    async def test_a_thousand_lookups_by_key_take_one_statement(
        self, api: Api, world: World, statements: Statements
    ) -> None:
        workspace = await world.make_workspace()
        user = await world.make_member(workspace)
        await world.make_project(workspace, key="ONE")
        token = await world.make_token(user)
        aliases = " ".join(f'p{n}: project(key: "K{n}") {{ id }}' for n in range(1100))
        fields = f'{aliases} one: project(key: "ONE") {{ key }}'
        query = f'{{ workspace(slug: "{workspace.slug}") {{ {fields} }} }}'
        answer = await api.ask(query, token)
        assert answer["workspace"]["one"] == {"key": "ONE"}
        assert len(statements) == 3


async def test_keys_are_found_in_any_case(api: Api, world: World) -> None:
    workspace = await world.make_workspace()
    token = await world.make_token(await world.make_member(workspace))
    project = await world.make_project(workspace, key="TLS")
    await world.make_task(project, await world.make_state(workspace), number=7)
    query = """query ($slug: String!) { workspace(slug: $slug) {
      project(key: "tLs") { key }
      task(key: "tls-7") { key }
      # The Kelvin sign and the dotless i, which are K and I in uppercase.
      none: project(key: "t\\u212As") { key }
      nothing: task(key: "\\u0131-7") { key }
    } }"""
    assert await api.ask(query, token, slug=workspace.slug) == {
        "workspace": {
            "project": {"key": "TLS"},
            "task": {"key": "TLS-7"},
            "none": None,
            "nothing": None,
        }
    }


@pytest.mark.parametrize("text", ["\\u0000", "x" * 30_000, "'; DROP TABLE users; --"])
async def test_invalid_slug_or_key_is_not_found(api: Api, world: World, text: str) -> None:
    workspace = await world.make_workspace()
    token = await world.make_token(await world.make_member(workspace))
    query = f'''{{
      workspace(slug: "{text}") {{ id }}
      own: workspace(slug: "{workspace.slug}") {{
        project(key: "{text}") {{ id }} task(key: "{text}") {{ id }}
      }}
    }}'''
    assert await api.ask(query, token) == {
        "workspace": None,
        "own": {"project": None, "task": None},
    }


@sqlite_only
async def test_huge_number_is_a_bad_request(api: Api) -> None:
    query = "{ viewer { workspaces(first: " + "9" * 5000 + ") { totalCount } } }"
    response = await api.post({"query": query}, accept=GRAPHQL)
    assert response.status_code == 400
    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {
        "GRAPHQL_VALIDATION_FAILED"
    }
