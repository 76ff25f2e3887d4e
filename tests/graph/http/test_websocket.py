"""The protocol graphql-transport-ws, and the limits on sockets."""

import asyncio
import json
from typing import Any

import pytest

from graph.app import TaskloomApp
from tests.support.live import rename
from tests.support.office import Office
from tests.support.sockets import (
    SOCKET_LIMITS,
    SocketClosed,
    connected,
    opened,
    sockets_of,
    streaming,
)

VIEWER = "{ viewer { handle } }"


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def settings() -> dict[str, Any]:
    return SOCKET_LIMITS


class TestOpening:
    @pytest.mark.parametrize(
        "payload",
        [
            lambda token: {"Authorization": f"Bearer {token}"},
            lambda token: {"authorization": f"Bearer {token}"},
            lambda token: {"headers": {"Authorization": f"Bearer {token}"}},
        ],
    )
    async def test_token_is_in_the_payload(
        self, office: Office, app: TaskloomApp, payload: Any
    ) -> None:
        async with opened(app) as socket:
            await socket.send(type="connection_init", payload=payload(office.tokens["guest"]))
            assert await socket.receive() == {"type": "connection_ack"}
            await socket.subscribe("1", VIEWER)
            answer = await socket.receive()
            assert answer["payload"]["data"] == {"viewer": {"handle": "guest"}}

    async def test_token_is_in_the_header(self, office: Office, app: TaskloomApp) -> None:
        headers = {"Authorization": f"Bearer {office.tokens['guest']}"}
        async with connected(app, None, headers=headers) as socket:
            await socket.subscribe("1", VIEWER)
            answer = await socket.receive()
            assert answer["payload"]["data"] == {"viewer": {"handle": "guest"}}

    async def test_without_a_token_it_is_anonymous(self, office: Office, app: TaskloomApp) -> None:
        async with connected(app, None) as socket:
            await socket.subscribe("1", VIEWER)
            assert (await socket.receive())["payload"]["data"] == {"viewer": None}

    async def test_invalid_token_closes_the_socket(self, office: Office, app: TaskloomApp) -> None:
        async with opened(app) as socket:
            await socket.send(type="connection_init", payload={"Authorization": "Bearer tsk_no"})
            closed = await socket.closed()
            assert (closed.code, closed.reason[:10]) == (4401, "This token")

    async def test_first_message_must_come_in_time(self, office: Office, app: TaskloomApp) -> None:
        async with opened(app) as socket:
            async with asyncio.timeout(2):
                assert (await socket.closed()).code == 4408
        assert sockets_of(app).total == 0

    @pytest.mark.parametrize(
        ("message", "code"),
        [
            ({"type": "subscribe", "id": "1", "payload": {"query": VIEWER}}, 4401),
            ({"type": "complete", "id": "1"}, 4401),
            ({"type": "nonsense"}, 4401),
            ({}, 4401),
        ],
    )
    async def test_first_message_must_be_connection_init(
        self, office: Office, app: TaskloomApp, message: dict[str, Any], code: int
    ) -> None:
        async with opened(app) as socket:
            await socket.send(**message)
            assert (await socket.closed()).code == code

    @pytest.mark.parametrize("offered", [(), ("graphql-ws",)])
    async def test_other_protocols_are_refused(
        self, office: Office, app: TaskloomApp, offered: tuple[str, ...]
    ) -> None:
        async with opened(app, subprotocols=offered) as socket:
            assert (await socket.closed()).code == 4406

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "https://taskloom.test.evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
        ],
    )
    async def test_pages_of_other_origins_are_refused(
        self, office: Office, app: TaskloomApp, headers: dict[str, str]
    ) -> None:
        cookie = await office.world.make_session(office.member)
        with pytest.raises(SocketClosed, match="403: Pages of other sites"):
            async with opened(app, headers | {"Cookie": f"taskloom_session={cookie}"}):
                pass

    async def test_page_of_the_same_origin_sends_its_cookie(
        self, office: Office, app: TaskloomApp
    ) -> None:
        cookie = await office.world.make_session(office.member)
        headers = {"Origin": "http://taskloom.test", "Cookie": f"taskloom_session={cookie}"}
        async with connected(app, None, headers=headers) as socket:
            await socket.subscribe("1", VIEWER)
            answer = await socket.receive()
            assert answer["payload"]["data"] == {"viewer": {"handle": "member"}}

    async def test_sockets_of_a_user_and_of_a_network_are_limited(
        self, office: Office, app: TaskloomApp
    ) -> None:
        token = office.tokens["guest"]
        async with (
            connected(app, token, address="10.0.0.1"),
            connected(app, token, address="10.0.0.2"),
            connected(app, token, address="10.0.0.3"),
            streaming(app, token, address="10.0.0.4"),
        ):
            async with opened(app) as socket:
                payload = {"Authorization": f"Bearer {token}"}
                await socket.send(type="connection_init", payload=payload)
                closed = await socket.closed()
                assert (closed.code, closed.reason) == (
                    4429,
                    "There are 4 open sockets of this user. Close some.",
                )
            async with streaming(app, token) as stream:
                assert stream.status == 429
            async with connected(app, office.tokens["member"]):
                pass
        async with (
            opened(app), opened(app), opened(app), opened(app), opened(app),
        ):  # fmt: skip
            with pytest.raises(SocketClosed, match="429: There are 5 open sockets"):
                async with opened(app):
                    pass
            async with opened(app, address="10.0.0.9"):
                pass
        assert sockets_of(app).total == 0


class TestMessages:
    async def test_queries_and_mutations_are_answered(
        self, office: Office, app: TaskloomApp
    ) -> None:
        async with connected(app, office.tokens["member"]) as socket:
            await socket.subscribe("q", VIEWER)
            assert await socket.receive() == {
                "id": "q",
                "type": "next",
                "payload": {
                    "data": {"viewer": {"handle": "member"}},
                    "extensions": {"cost": {"requested": 2, "actual": 1}},
                },
            }
            assert await socket.receive() == {"id": "q", "type": "complete"}
            update = (
                "mutation ($input: TaskUpdateInput!) { taskUpdate(input: $input) { sequence } }"
            )
            values = {"id": office.gid("task"), "title": "over a socket"}
            await socket.subscribe("q", update, input=values)
            newest = (await socket.receive())["payload"]["data"]["taskUpdate"]["sequence"]
            assert newest == await office.sequence()

    @pytest.mark.parametrize(
        ("document", "code"),
        [
            ("{ viewer { nonsense } }", "GRAPHQL_VALIDATION_FAILED"),
            ("{", "GRAPHQL_PARSE_FAILED"),
            ("subscription { changes { sequence } }", "GRAPHQL_VALIDATION_FAILED"),
            (
                'subscription { a: changes(workspace: "office") { sequence } '
                'b: changes(workspace: "office") { sequence } }',
                "GRAPHQL_VALIDATION_FAILED",
            ),
            (
                'subscription { changes(workspace: "office") { subject { ... on Task { '
                + " ".join(
                    f"a{one}: comments(first: 100) {{ nodes {{ id reactions(first: 100) "
                    f"{{ nodes {{ id }} }} }} }}"
                    for one in range(5)
                )
                + " } } } }",
                "LIMIT_EXCEEDED",
            ),
        ],
    )
    async def test_refused_operations_have_errors(
        self, office: Office, app: TaskloomApp, document: str, code: str
    ) -> None:
        async with connected(app, office.tokens["member"]) as socket:
            await socket.subscribe("1", document)
            assert (await socket.error())[0] == code
            # The ID is free again.
            await socket.subscribe("1", VIEWER)
            assert (await socket.receive())["type"] == "next"

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("no JSON", 4400),
            ("[]", 4400),
            ("1", 4400),
            ('{"type": "nonsense"}', 4400),
            ('{"type": "subscribe", "payload": {"query": "{ viewer { id } }"}}', 4400),
            ('{"type": "subscribe", "id": 1, "payload": {"query": "{ viewer { id } }"}}', 4400),
            ('{"type": "subscribe", "id": "", "payload": {"query": "{ viewer { id } }"}}', 4400),
            ('{"type": "subscribe", "id": "1", "payload": "{ viewer { id } }"}', 4400),
            (json.dumps({"type": "subscribe", "id": "x" * 201, "payload": {}}), 4400),
            ('{"type": "connection_init"}', 4429),
            (json.dumps({"type": "ping", "payload": {"a": "x" * 20_000}}), 1009),
            ("[" * 5_000, 4400),
            (json.dumps({"type": "pong", "payload": {"a": "[" * 10_001}}), 4400),
        ],
    )
    async def test_malformed_messages_close_the_socket(
        self, office: Office, app: TaskloomApp, text: str, code: int
    ) -> None:
        async with connected(app, office.tokens["member"]) as socket:
            await socket.send_text(text)
            assert (await socket.closed()).code == code
        assert app.state.server.live.subscribers == []

    async def test_ids_are_used_by_one_operation_at_once(
        self, office: Office, app: TaskloomApp
    ) -> None:
        async with connected(app, office.tokens["member"]) as socket:
            await socket.subscribe()
            await socket.send(type="complete", id="1")
            await socket.send(type="complete", id="1")
            await socket.send(type="complete", id="other")
            await socket.subscribe()
            sequence = await rename(office, "once")
            assert await socket.sequences(1) == [sequence]
            await socket.subscribe()
            closed = await socket.closed()
            assert (closed.code, closed.reason) == (4409, "Subscriber for 1 already exists")

    async def test_completed_subscriptions_send_nothing(
        self, office: Office, app: TaskloomApp
    ) -> None:
        async with connected(app, office.tokens["member"]) as socket:
            await socket.subscribe()
            sequence = await rename(office, "first")
            assert await socket.sequences(1) == [sequence]
            await socket.send(type="complete", id="1")
            await socket.send(type="ping")
            assert await socket.receive() == {"type": "pong"}
            await rename(office, "second")
            assert await socket.is_silent()
        assert app.state.server.live.feeds == {}

    async def test_operations_of_a_socket_are_limited(
        self, office: Office, app: TaskloomApp
    ) -> None:
        async with connected(app, office.tokens["member"]) as socket:
            for number in range(4):
                await socket.subscribe(str(number))
            closed = await socket.closed()
            assert (closed.code, closed.reason) == (
                4429,
                "At most 3 operations run at once on one WebSocket.",
            )

    async def test_flood_of_messages_waits(
        self, office: Office, app: TaskloomApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("graph.http.socket_messages.BURST_SECONDS", 0.2)
        async with connected(app, office.tokens["member"]) as socket:
            started = asyncio.get_running_loop().time()
            for _ in range(40):
                await socket.send(type="ping")
            for _ in range(40):
                assert await socket.receive() == {"type": "pong"}
            # 50 in a second, of which 10 may come at once.
            assert asyncio.get_running_loop().time() - started > 0.4

    async def test_signing_out_elsewhere_refuses_the_next_operation(
        self, office: Office, app: TaskloomApp
    ) -> None:
        cookie = await office.world.make_session(office.member)
        headers = {"Cookie": f"taskloom_session={cookie}"}
        async with connected(app, None, headers=headers) as socket:
            sign_out = {"query": "mutation { signOut { errors { code } } }"}
            await office.api.http.post("/graphql", json=sign_out, headers=headers)
            await socket.subscribe("1", VIEWER)
            assert (await socket.closed()).code == 4403
