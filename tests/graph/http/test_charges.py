"""What requests cost before their operation, and requests other than operations."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from graph.http.client_network import client_network
from tests.support.client import Api, Statements, body_without_cost
from tests.support.office import Office

JSON = {"Content-Type": "application/json"}
ADDRESS = client_network("127.0.0.1")


@pytest.fixture
def settings() -> dict[str, Any]:
    return {
        "budget": 5_000,
        "anonymous_budget": 200,
        "max_anonymous_body_size": 50_000,
        # Almost nothing is refilled during a test.
        "budget_period": 86_400,
    }


def used(api: Api, user_id: object | None = None) -> int:
    """What the anonymous budget of the client's network, or a user's budget, has spent."""
    budgets = api.app.state.server.budgets
    spent: int = budgets.budget_status(budgets.caller(user_id, ADDRESS)).used
    return spent


def body_of(size: int) -> bytes:
    start, end = b'{"query": "{ __typename }", "variables": {"x": "', b'"}}'
    return start + b"x" * (size - len(start) - len(end)) + end


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 4_000):
        yield body[start : start + 4_000]


class TestBodies:
    async def test_body_is_charged_by_its_size(self, office: Office) -> None:
        token = {"Authorization": f"Bearer {office.tokens['member']}"}
        await office.api.ask("{ __typename }", office.tokens["member"])
        before = used(office.api, office.member.id)
        for headers in (JSON, JSON | {"Content-Type": "text/plain"}):
            await office.api.http.post(
                "/graphql", content=body_of(100_000), headers=headers | token
            )
        assert used(office.api, office.member.id) - before == 2 * (1 + 100_000 // 5_000)
        assert used(office.api) == 0

    async def test_chunked_body_is_charged_by_what_was_received(self, office: Office) -> None:
        token = {"Authorization": f"Bearer {office.tokens['member']}"}
        await office.api.ask("{ __typename }", office.tokens["member"])
        before = used(office.api, office.member.id)
        body = pieces(body_of(20_000))
        done = await office.api.http.post("/graphql", content=body, headers=JSON | token)
        assert body_without_cost(done) == {"data": {"__typename": "Query"}}
        assert used(office.api, office.member.id) - before == 1 + 20_000 // 5_000

    @pytest.mark.parametrize("is_chunked", [False, True])
    async def test_large_anonymous_body_is_refused_and_charged(
        self, api: Api, is_chunked: bool
    ) -> None:
        body = body_of(60_000)
        content = pieces(body) if is_chunked else body
        refused = await api.http.post("/graphql", content=content, headers=JSON)
        assert refused.status_code == 413
        assert refused.json()["errors"] == [
            {
                "message": "The request body has more than 50,000 bytes. Send less at once, "
                "or sign in for a larger limit.",
                "extensions": {
                    "code": "LIMIT_EXCEEDED",
                    "limit": 50_000,
                    # In pieces, the rest of it is not received.
                    "value": 52_000 if is_chunked else 60_000,
                },
            }
        ]
        assert used(api) == 1 + 50_000 // 5_000

    async def test_large_body_of_a_user_is_answered(self, office: Office) -> None:
        headers = JSON | {"Authorization": f"Bearer {office.tokens['member']}"}
        done = await office.api.http.post("/graphql", content=body_of(60_000), headers=headers)
        assert body_without_cost(done) == {"data": {"__typename": "Query"}}

    async def test_large_bodies_spend_the_budget(self, api: Api) -> None:
        statuses = [
            (await api.http.post("/graphql", content=body_of(60_000), headers=JSON)).status_code
            for _ in range(20)
        ]
        assert statuses == [413] * 18 + [429] * 2


class TestCredentials:
    async def test_invalid_tokens_spend_the_budget(self, office: Office) -> None:
        api = office.api
        known, unknown = office.tokens["member"], office.tokens["admin"]
        await api.ask("{ viewer { handle } }", known)
        with Statements(api.database) as statements:
            statuses = [
                (await api.post({"query": "{ __typename }"}, f"tsk_{number}")).status_code
                for number in range(40)
            ]
            assert statuses == [401] * 20 + [429] * 20
            # Refused tokens are not looked up.
            assert len(statements) == 20
        assert used(api) == 200
        # Users of the same network are not locked out.
        assert await api.ask("{ viewer { handle } }", known) == {"viewer": {"handle": "member"}}
        refused = await api.post({"query": "{ viewer { handle } }"}, unknown)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 1_000

    async def test_invalid_cookies_are_charged(self, api: Api) -> None:
        api.http.cookies.set("taskloom_session", "tss_wrong")
        assert (await api.answer("{ __typename }"))["data"] == {"__typename": "Query"}
        assert used(api) >= 10 + 1

    async def test_spent_anonymous_budget_locks_no_user_out(self, office: Office) -> None:
        api = office.api
        while (await api.post({"query": "{ __typename }"})).status_code == 200:
            pass
        data = await api.ask("{ viewer { handle } }", office.tokens["member"])
        assert data == {"viewer": {"handle": "member"}}


class TestRoutes:
    @pytest.mark.parametrize(
        ("path", "cost"), [("/health/ready", 20), ("/sign-in?code=x", 10), ("/schema.graphql", 1)]
    )
    async def test_route_is_charged_to_the_network(self, api: Api, path: str, cost: int) -> None:
        await api.http.get(path)
        assert used(api) == cost
        while used(api) < 200:
            await api.http.get(path)
        with Statements(api.database) as statements:
            refused = await api.http.get(path)
        assert refused.status_code == 429
        assert refused.json()["errors"][0]["extensions"] == {"code": "RATE_LIMITED"}
        assert int(refused.headers["retry-after"]) > 100
        assert len(statements) == 0
        assert (await api.http.get("/health/live")).status_code == 200

    async def test_schema_is_printed_once_and_has_an_entity_tag(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = await api.http.get("/schema.graphql")
        monkeypatch.delattr("graph.schema.print_schema")
        again = await api.http.get("/schema.graphql")
        assert again.text == first.text == Path("schema.graphql").read_text()
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "no-cache"
        for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
            unchanged = await api.http.get("/schema.graphql", headers={"If-None-Match": known})
            assert (unchanged.status_code, unchanged.content) == (304, b"")
            assert unchanged.headers["etag"] == tag
        changed = await api.http.get("/schema.graphql", headers={"If-None-Match": '"other"'})
        assert (changed.status_code, changed.text) == (200, first.text)


class TestSharedBudgets:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"shared_budgets": True}

    async def test_unreachable_database_is_not_ready(
        self, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def refuse(*_: Any) -> None:
            raise ConnectionRefusedError("no server there")

        monkeypatch.setattr("graph.operations.budgets.take_tokens", refuse)
        ready = await api.http.get("/health/ready")
        assert (ready.status_code, ready.json()) == (503, {"status": "unavailable"})
