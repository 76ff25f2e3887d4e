"""Cross-site requests: browsers send the session cookie with them, so origins are checked."""

from typing import Any

import httpx
import pytest

from graph.auth.session import SESSION_COOKIE
from graph.http.cross_origin import MAX_LOGGED
from models.database import Database
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.office import Office, dump

CREATE = """
  mutation ($id: ID!) { labelCreate(input: {workspaceId: $id, name: "evil"}) {
    errors { code } label { name }
  } }
"""
FOREIGN_ORIGINS = [
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "http://sub.taskloom.test", "Sec-Fetch-Site": "same-site"},
    {"Origin": "http://taskloom.test:8080"},
    {"Origin": "http://taskloom.test.evil.example"},
    {"Origin": "null"},
    {"Origin": "http://["},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
]
#: Headers that clients, tracing and proxies add.
CLIENT_HEADERS = (
    "apollographql-client-name,authorization,baggage,content-type,traceparent,x-request-id"
)
OWN_ORIGINS = [
    {},
    {"Origin": "http://taskloom.test", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://taskloom.test"},
    {"Origin": "https://taskloom.test"},
]


async def send(office: Office, headers: dict[str, str], **more: Any) -> httpx.Response:
    body = {"query": CREATE, "variables": {"id": f"workspace_{office.workspace.id.hex}"}}
    return await office.api.http.post("/graphql", **({"json": body} | more), headers=headers)


@pytest.fixture
async def signed_in(office: Office) -> Office:
    office.api.http.cookies.set(SESSION_COOKIE, await office.world.make_session(office.member))
    return office


async def test_cross_origin_request_with_a_cookie_is_refused(
    signed_in: Office, database: Database
) -> None:
    before = await dump(database)
    for headers in FOREIGN_ORIGINS:
        response = await send(signed_in, headers)
        assert response.status_code == 403, headers
        [error] = response.json()["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert error["message"].startswith("Pages of other sites cannot use the session cookie.")
        assert "access-control-allow-origin" not in response.headers
    assert await dump(database) == before


async def test_forms_and_links_cannot_write(signed_in: Office, database: Database) -> None:
    before = await dump(database)
    key = f"workspace_{signed_in.workspace.id.hex}"
    query = CREATE.replace("$id: ID!", f'$id: ID! = "{key}"')
    for body, media_type in (
        (f"query={query}", "application/x-www-form-urlencoded"),
        (f'{{"query": "{query}"}}', "text/plain"),
        ("--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
    ):
        for headers in ({}, FOREIGN_ORIGINS[0]):
            response = await send(
                signed_in, headers | {"Content-Type": media_type}, json=None, content=body
            )
            assert response.status_code in (403, 415)
    link = await signed_in.api.http.get(
        "/graphql", params={"query": query}, headers=FOREIGN_ORIGINS[0]
    )
    assert link.status_code == 405
    assert await dump(database) == before


async def test_same_origin_request_writes(signed_in: Office) -> None:
    for number, headers in enumerate(OWN_ORIGINS):
        response = await send(signed_in, headers)
        payload = response.json()["data"]["labelCreate"]
        codes = [error["code"] for error in payload["errors"]]
        assert codes == ([] if number == 0 else ["UNIQUE"])


async def test_token_is_accepted_from_any_origin(office: Office) -> None:
    token = {"Authorization": f"Bearer {office.tokens['member']}"}
    response = await send(office, FOREIGN_ORIGINS[0] | token)
    assert response.json()["data"]["labelCreate"]["errors"] == []


@pytest.mark.parametrize("path", ["/graphql", "/schema.graphql"])
async def test_refused_preflight_names_the_setting(
    office: Office, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for _ in range(3):
        response = await office.api.http.options(path, headers=headers)
    assert response.status_code == 403
    expected = (
        "Pages of https://evil.example may not use this API. To allow them, add the origin to the "
        "server's setting TASKLOOM_ALLOWED_ORIGINS."
    )
    assert response.text == f"{expected}\n"
    assert [record.getMessage() for record in caplog.records] == [expected]
    assert not [name for name in response.headers if name.startswith("access-control")]


async def test_refused_origins_are_printable_and_few_are_logged(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    asked = [(b"access-control-request-method", b"POST")]
    for number in range(MAX_LOGGED + 5):
        origin = f"https://{number}\x9b2J" + "x" * 10_000
        headers = [(b"origin", origin.encode("latin-1")), *asked]
        response = await office.api.http.options("/graphql", headers=headers)
        assert response.text.startswith(f"Pages of https://{number}\\x9b2Jxxx")
        assert len(response.text) < 400
    assert len(caplog.records) == MAX_LOGGED


async def test_websockets_are_refused(signed_in: Office) -> None:
    sent: list[Any] = []
    scope = {
        "type": "websocket", "path": "/graphql", "raw_path": b"/graphql", "root_path": "",
        "query_string": b"", "scheme": "ws", "headers": [(b"origin", b"https://evil.example")],
        "server": ("taskloom.test", 80), "client": ("127.0.0.1", 1), "extensions": {},
        "subprotocols": ["graphql-transport-ws"],
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await signed_in.api.app(scope, receive, send)
    assert sent == ["websocket.close"]


class TestAllowedOrigins:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"allowed_origins": "https://app.example, https://other.example"}

    async def test_allowed_origin_writes_with_the_cookie(self, signed_in: Office) -> None:
        origin = {"Origin": "https://app.example"}
        headers = origin | {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": CLIENT_HEADERS,
        }
        preflight = await signed_in.api.http.options("/graphql", headers=headers)
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == "https://app.example"
        assert preflight.headers["access-control-allow-credentials"] == "true"
        assert preflight.headers["access-control-allow-headers"] == CLIENT_HEADERS
        response = await send(signed_in, origin | {"Sec-Fetch-Site": "cross-site"})
        assert response.json()["data"]["labelCreate"]["errors"] == []
        assert response.headers["access-control-allow-origin"] == "https://app.example"

    async def test_other_origins_are_refused(self, signed_in: Office) -> None:
        for headers in FOREIGN_ORIGINS:
            response = await send(signed_in, headers)
            assert response.status_code == 403
            assert "access-control-allow-origin" not in response.headers


async def test_responses_have_security_headers(office: Office) -> None:
    response = await office.api.post({"query": "{ __typename }"})
    headers = {name: response.headers.get(name) for name in (
        "x-content-type-options", "referrer-policy", "cross-origin-resource-policy",
        "cross-origin-opener-policy", "cache-control", "strict-transport-security",
    )}  # fmt: skip
    assert headers == {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-store",
        "strict-transport-security": None,
    }
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
