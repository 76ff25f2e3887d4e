"""Sockets of slow clients, charges of events, and what is left of sockets."""

import asyncio
import gc
from collections import Counter
from typing import Any

import pytest

from graph.app import TaskloomApp
from graph.live.recent import KeptFor
from tests.support.live import rename
from tests.support.office import Office
from tests.support.sockets import CHANGES, SOCKET_LIMITS, Socket, connected, sockets_of, streaming


@pytest.fixture
def kind() -> str:
    return "sqlite"


@pytest.fixture
def settings() -> dict[str, Any]:
    return SOCKET_LIMITS


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

    async def test_only_few_groups_keep_events_for_one_user(
        self, office: Office, app: TaskloomApp, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        live = app.state.server.live
        monkeypatch.setattr(live, "kept", KeptFor(1))
        async with connected(app, office.tokens["member"]) as socket:
            for key in ("1", "2", "3"):
                document = CHANGES.replace("sequence", f"s{key}: sequence")
                await socket.subscribe(key, document, workspace="office")
            assert await socket.is_silent()
            socket.reads.clear()
            for number in range(4):
                await rename(office, f"slow {number}")
            async with asyncio.timeout(5):
                while len(live.subscribers) > 1:
                    await asyncio.sleep(0.02)
            [left] = live.subscribers
            assert left.is_behind
            socket.reads.set()
            received: Counter[str] = Counter()
            ended: dict[str, str] = {}
            while len(ended) < 2 or max(received.values()) < 4:
                message = await socket.receive()
                received[message["id"]] += message["type"] == "next"
                if message["type"] == "error":
                    ended[message["id"]] = message["payload"][0]["extensions"]["code"]
            assert list(ended.values()) == ["SLOW_CONSUMER"] * 2
            assert [received[key] for key in ("1", "2", "3") if key not in ended] == [4]

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
