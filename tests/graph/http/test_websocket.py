"""The protocol graphql-transport-ws, and the limits on sockets."""

import asyncio
import gc
import json
from typing import Any

import pytest

from graph.app import TaskloomApp
from graph.http.open_sockets import OpenSockets
from tests.support.live import rename
from tests.support.office import Office
from tests.support.sockets import Socket, SocketClosed, connected, opened, streaming

VIEWER = "{ viewer { handle } }"


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def settings() -> dict[str, Any]:
    return {
        "poll_interval": 0.2, "socket_init_timeout": 0.3, "max_sockets_per_user": 4,
        "max_sockets_per_address": 5, "max_subscriptions_per_socket": 3, "max_message_size": 20_000,
        "max_unsent_size": 500, "request_timeout": 5,
    }  # fmt: skip


@pytest.fixture
def app(office: Office) -> TaskloomApp:
    assert isinstance(office.api.app, TaskloomApp)
    return office.api.app


def sockets_of(app: TaskloomApp) -> OpenSockets:
    return app.endpoint.streams.sockets


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


class TestSlowClients:
    async def test_subscription_of_a_client_that_does_not_read_ends_and_can_resume(
        self, office: Office, app: TaskloomApp
    ) -> None:
        newest = await office.sequence()
        async with connected(app, office.tokens["member"]) as socket:
            await socket.subscribe()
            assert await socket.is_silent()
            socket.reads.clear()
            for number in range(30):
                await rename(office, f"slow {number}")
            async with asyncio.timeout(5):
                while app.state.server.live.subscribers:
                    await asyncio.sleep(0.02)
            socket.reads.set()
            seen, message = [], await socket.receive()
            while message["type"] == "next":
                seen.append(message["payload"]["data"]["changes"]["sequence"])
                message = await socket.receive()
            [error] = message["payload"]
            assert error["extensions"] == {"code": "SLOW_CONSUMER", "after": seen[-1]}
            assert seen == list(range(newest + 1, newest + 1 + len(seen)))
            assert 0 < len(seen) < 30
            await socket.subscribe("2", after=seen[-1])
            assert await socket.sequences(30 - len(seen), "2") == list(
                range(seen[-1] + 1, newest + 31)
            )

    async def test_catching_up_waits_for_the_client(self, office: Office, app: TaskloomApp) -> None:
        """However long the log is, no more of it is sent than the client reads."""
        newest = await office.sequence()
        async with connected(app, office.tokens["member"]) as socket:
            socket.reads.clear()
            await socket.subscribe(after=0)
            await asyncio.sleep(0.3)
            [subscriber] = app.state.server.live.subscribers
            # Two events fit.
            assert subscriber.position == 2
            socket.reads.set()
            assert await socket.sequences(newest) == list(range(1, newest + 1))


class TestCharges:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"budget": 25, "budget_period": 86_400, "poll_interval": 0.1}

    async def test_start_and_each_event_are_charged_until_the_budget_is_spent(
        self, office: Office, app: TaskloomApp
    ) -> None:
        budgets = app.state.server.budgets
        caller = budgets.caller(office.guest.id, "")
        async with connected(app, office.tokens["guest"]) as socket:
            await socket.subscribe()
            assert await socket.is_silent()
            started = budgets.budget_status(caller).used
            assert started > 0
            changes, spent = 0, False
            while not spent:
                await rename_directly(office, f"paid {changes}")
                message = await socket.receive()
                spent = message["type"] == "error"
                changes += not spent
                if not spent:
                    paid = message["payload"]["extensions"]["cost"]
                    cost = paid["actual"]
                    assert budgets.budget_status(caller).used == started + changes * cost
            [error] = message["payload"]
            assert error["extensions"]["code"] == "RATE_LIMITED"
            # The estimate of one more event was not covered.
            assert paid == {"requested": 2, "actual": 1}
            assert changes == 25 - started - 1


async def rename_directly(office: Office, title: str) -> None:
    """Change the task without a request, whose budget is small."""
    async with office.world.database.writes.begin() as session:
        task = await session.get_one(type(office.task), office.task.id)
        task.title = title


class TestRegisteredDocuments:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"registered_only": True}

    async def test_unregistered_subscriptions_are_refused(
        self, office: Office, app: TaskloomApp
    ) -> None:
        async with connected(app, office.tokens["member"]) as socket:
            await socket.subscribe()
            assert (await socket.error())[0] == "PERSISTED_QUERY_REFUSED"


async def test_nothing_is_left_of_a_thousand_subscriptions(
    office: Office, app: TaskloomApp
) -> None:
    """They are completed, cut off, ended by errors, and by the loss of access."""

    async def drop_some(way: int) -> None:
        async with connected(app, office.tokens["guest"]) as socket:
            for key in ("1", "2", "3"):
                await socket.subscribe(key, after=0 if way == 1 else None)
            if way == 0:
                for key in ("1", "2", "3"):
                    await socket.send(type="complete", id=key)
                await socket.send(type="ping")
                await wait_for_pong(socket)
            elif way == 2:
                await socket.send_text("no JSON")
                await socket.closed()
            elif way == 3:
                await socket.subscribe("1")
                await socket.closed()

    async def round_of(count: int) -> tuple[int, int, int]:
        for number in range(count):
            await drop_some(number % 5)
            async with streaming(app, office.tokens["guest"], after=0):
                pass
        await asyncio.sleep(0.1)
        gc.collect()
        pool: Any = app.state.database.read_engine.sync_engine.pool
        return len(asyncio.all_tasks()), pool.checkedout(), len(gc.get_objects())

    # Caches fill first.
    before = await round_of(10)
    after = await round_of(250)
    assert app.state.server.live.feeds == {}
    assert sockets_of(app).total == 0
    assert after[:2] == before[:2]
    assert after[2] - before[2] < 2_000


async def wait_for_pong(socket: Socket) -> None:
    while (await socket.receive()) != {"type": "pong"}:
        pass
