"""GraphQL over Server-Sent Events, in the distinct connections mode."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from graph.app import TaskloomApp
from graph.http.shutdown import shut_down
from tests.support.live import rename
from tests.support.office import Office
from tests.support.sockets import CHANGES, streaming

VIEWER = "{ viewer { handle } }"


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"poll_interval": 0.2, "keep_alive": 0.1, "max_unsent_size": 500}


async def test_events_follow_the_log(office: Office, app: TaskloomApp) -> None:
    newest = await office.sequence()
    async with streaming(app, office.tokens["guest"], after=newest - 2) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-store"
        assert await stream.sequences(2) == [newest - 1, newest]
        assert await rename(office, "streamed") == newest + 1
        assert await stream.sequences(1) == [newest + 1]
    assert app.state.server.live.feeds == {}


async def test_silent_stream_has_comments(office: Office, app: TaskloomApp) -> None:
    async with streaming(app, office.tokens["guest"]) as stream:
        while stream.body.count(b":\n\n") < 3:
            await stream._read()
        assert stream.body.replace(b":\n\n", b"") == b""


async def test_query_is_one_event(office: Office, app: TaskloomApp) -> None:
    async with streaming(app, office.tokens["guest"], VIEWER) as stream:
        kind, data = await stream.event()
        assert (kind, data["data"]) == ("next", {"viewer": {"handle": "guest"}})
        assert await stream.event() == ("complete", None)
        assert await stream.rest() == b""


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        ("{ nonsense }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { changes(workspace: "nowhere") { sequence } }', 400, "NOT_FOUND"),
    ],
)
async def test_refused_operations_are_json(
    office: Office, app: TaskloomApp, document: str, status: int, code: str
) -> None:
    async with streaming(app, office.tokens["guest"], document) as stream:
        assert stream.status == status
        assert stream.headers["content-type"] == "application/json; charset=utf-8"
        [error] = json.loads(await stream.rest())["errors"]
        assert error["extensions"]["code"] == code


async def test_clients_that_also_accept_json_get_streams_of_subscriptions_only(
    office: Office, app: TaskloomApp
) -> None:
    accept = "application/graphql-response+json, application/json, text/event-stream"
    async with streaming(app, office.tokens["guest"], VIEWER, accept=accept) as stream:
        assert stream.headers["content-type"].startswith("application/graphql-response+json")
    async with streaming(app, office.tokens["guest"], after=0, accept=accept) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert await stream.sequences(1) == [1]


async def test_subscription_without_a_stream_says_what_to_send(office: Office) -> None:
    body = {"query": CHANGES, "variables": {"workspace": "office"}}
    response = await office.api.post(body, office.tokens["guest"])
    assert response.status_code == 406
    assert "text/event-stream" in response.json()["errors"][0]["message"]
    get = {"query": 'subscription { changes(workspace: "office") { sequence } }'}
    headers = {"Authorization": f"Bearer {office.tokens['guest']}"}
    response = await office.api.http.get("/graphql", params=get, headers=headers)
    assert response.status_code == 406
    response = await office.api.post([body], office.tokens["guest"], "text/event-stream")
    assert response.status_code == 406


async def test_get_streams_subscriptions_but_no_mutations(office: Office) -> None:
    headers = {
        "Authorization": f"Bearer {office.tokens['guest']}", "Accept": "text/event-stream",
    }  # fmt: skip
    get = {"query": "mutation { signOut { errors { code } } }"}
    response = await office.api.http.get("/graphql", params=get, headers=headers)
    assert response.status_code == 405


async def test_slow_client_is_told_to_resume(office: Office, app: TaskloomApp) -> None:
    async with streaming(app, office.tokens["member"]) as stream:
        newest = await rename(office, "first")
        assert await stream.sequences(1) == [newest]
        stream.reads.clear()
        for number in range(30):
            await rename(office, f"slow {number}")
        async with asyncio.timeout(5):
            while app.state.server.live.subscribers:
                await asyncio.sleep(0.02)
        stream.reads.set()
        seen, (_, data) = [newest], await stream.event()
        while "errors" not in data:
            seen.append(data["data"]["changes"]["sequence"])
            _, data = await stream.event()
        extensions = data["errors"][0]["extensions"]
        assert extensions == {"code": "SLOW_CONSUMER", "after": seen[-1]}
        assert seen == list(range(newest, newest + len(seen)))
        # Without `complete`, clients connect again.
        assert (await stream.rest()).replace(b":\n\n", b"") == b""


async def test_shutdown_tells_clients_to_reconnect(office: Office, app: TaskloomApp) -> None:
    async with streaming(app, office.tokens["member"]) as stream:
        newest = await rename(office, "first")
        assert await stream.sequences(1) == [newest]
        assert shut_down(stream.scope)
        _, data = await stream.event()
        assert data["errors"][0]["extensions"]["code"] == "RESTARTING"
        assert b"complete" not in await stream.rest()


async def test_stream_that_starts_during_a_shutdown_ends(office: Office, app: TaskloomApp) -> None:
    async with streaming(app, office.tokens["member"], is_stopping=True) as stream:
        _, data = await stream.event()
        assert data["errors"][0]["extensions"]["code"] == "RESTARTING"
        assert app.state.server.live.subscribers == []


async def test_cross_site_pages_cannot_stream_with_a_cookie(office: Office) -> None:
    cookie = await office.world.make_session(office.member)
    headers = {
        "Cookie": f"taskloom_session={cookie}", "Origin": "https://evil.example",
        "Accept": "text/event-stream",
    }  # fmt: skip
    body = {"query": CHANGES, "variables": {"workspace": "office"}}
    response: httpx.Response = await office.api.http.post("/graphql", json=body, headers=headers)
    assert response.status_code == 403
