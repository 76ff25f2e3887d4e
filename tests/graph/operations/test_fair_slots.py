"""Sharing connections between callers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from graph.kit.relations.batches import PageBatch
from graph.operations.fair_slots import FairSlots
from tests.support.office import Office
from tests.support.slow_statements import ConcurrentLoads, make_pages_endless


class Holders:
    """Callers that hold slots until they are told to release them."""

    def __init__(self, total: int, share: int) -> None:
        self.slots = FairSlots(total, share)
        self.order: list[str] = []
        self.tasks: list[tuple[str, asyncio.Task[None]]] = []
        self.end = asyncio.Event()

    async def start(self, *callers: str) -> None:
        for caller in callers:
            self.tasks.append((caller, asyncio.ensure_future(self._hold(caller))))
        await settle()

    async def _hold(self, caller: str) -> None:
        async with self.slots.slot(caller):
            self.order.append(caller)
            await self.end.wait()

    async def release(self, caller: str) -> None:
        """End the first holder of a caller."""
        place = next(n for n, (name, _) in enumerate(self.tasks) if name == caller)
        self.tasks.pop(place)[1].cancel()
        await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class TestFairSlots:
    @pytest.fixture
    async def holders(self) -> AsyncIterator[Holders]:
        made = Holders(total=3, share=2)
        yield made
        made.end.set()
        await asyncio.gather(*(task for _, task in made.tasks), return_exceptions=True)

    async def test_a_caller_gets_its_share_only(self, holders: Holders) -> None:
        await holders.start("a", "a", "a")
        assert holders.order == ["a", "a"]
        await holders.start("b")
        assert holders.order == ["a", "a", "b"]

    async def test_callers_take_turns(self, holders: Holders) -> None:
        await holders.start("a", "a", "b", "a", "a", "c", "b")
        assert holders.order == ["a", "a", "b"]
        await holders.release("a")
        await holders.release("b")
        await holders.release("a")
        assert holders.order == ["a", "a", "b", "a", "c", "b"]

    async def test_a_canceled_wait_takes_no_slot(self, holders: Holders) -> None:
        await holders.start("a", "a", "b", "c", "d")
        # `c` gives up while it waits, `b` while it holds a slot.
        await holders.release("c")
        await holders.release("b")
        assert holders.order == ["a", "a", "b", "d"]
        await holders.release("d")
        await holders.start("e")
        assert holders.order == ["a", "a", "b", "d", "e"]


async def test_slow_queries_of_one_user_do_not_delay_others(
    office: Office, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = asyncio.Semaphore(0)

    document = '{ workspace(slug: "office") { tasks { nodes { id } } } }'
    with monkeypatch.context() as slowly:
        make_pages_endless(slowly, kind, started.release)
        slow = [
            asyncio.ensure_future(office.api.answer(document, office.tokens["member"]))
            for _ in range(20)
        ]
        # All connections of the user's share are in use.
        for _ in range(4):
            await started.acquire()
    async with asyncio.timeout(10):
        data = await office.api.ask(document, office.tokens["admin"])
    assert data["workspace"]["tasks"]["nodes"]
    # Nothing of theirs has ended: the other user did not wait for it.
    assert not any(task.done() for task in slow)
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


class TestConnections:
    @pytest.fixture
    def kind(self) -> str:
        """A database on which one caller's share is not the only connection for writes."""
        return "postgresql"

    async def test_every_mutation_waits_for_its_callers_turn(self, office: Office) -> None:
        connections = office.api.app.state.server.connections
        create: dict[str, Any] = {"input": {"name": "x", "scope": "WRITE"}}
        async with AsyncExitStack() as slots:
            for _ in range(3):
                slot = connections.writes.slot(f"user {office.member.id}")
                await slots.enter_async_context(slot)
            own = [
                asyncio.ensure_future(office.write("tokenCreate", "errors { code }", **create)),
                asyncio.ensure_future(
                    office.must_write("taskUpdate", input={"id": office.gid("task"), "title": "x"})
                ),
            ]
            await office.must_write("tokenCreate", "errors { code }", "admin", **create)
            await asyncio.sleep(0.1)
            assert not any(task.done() for task in own)
        async with asyncio.timeout(10):
            await asyncio.gather(*own)

    async def test_a_caller_has_so_many_operations_at_once(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        loads = ConcurrentLoads(monkeypatch, PageBatch)
        monkeypatch.setattr(office.api.app.state.server.connections.operations, "_share", 2)
        document = '{ workspace(slug: "office") { tasks { nodes { id } } } }'
        asked = [office.api.ask(document, office.tokens["member"]) for _ in range(8)]
        await asyncio.gather(*asked)
        assert loads.most == 2


async def test_loads_that_get_no_slot_fail(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """They do not wait for ever."""
    monkeypatch.setattr(office.api.app.state.server.connections.reads, "_most_waiting", 0)
    document = '{ workspace(slug: "office") { id } }'
    async with asyncio.timeout(10):
        code, message = await office.api.refusal(document, office.tokens["member"])
    assert (code, message[:24]) == ("RATE_LIMITED", "0 operations of yours ar")


async def test_canceled_waits_count_no_longer(office: Office) -> None:
    slots = FairSlots(1, 1, 2)
    held = slots.slot("a")
    await held.__aenter__()
    for _ in range(5):
        waiting = asyncio.ensure_future(slots.slot("a").__aenter__())
        await settle()
        waiting.cancel()
        await asyncio.wait((waiting,))
    await held.__aexit__(None, None, None)
    async with asyncio.timeout(10), slots.slot("a"):
        pass
