"""Loaders: batching, cancellation and errors."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.loading.loaders import MAX_KEYS, LoadCancelled, Loaders, ReadScope
from models.database import Database, DatabaseOptions
from tests.support.client import Statements
from tests.support.toy_schema import make_context, make_toys, run


@pytest.fixture
async def toys(empty_url: str) -> AsyncIterator[Database]:
    database = Database(empty_url, DatabaseOptions(pool_size=2, pool_timeout=5))
    await make_toys(database)
    yield database
    await database.close()


@dataclass(frozen=True)
class Slow:
    """A batch that returns each key itself, once its gate is open."""

    gate: asyncio.Event = field(default_factory=asyncio.Event, hash=False, compare=False)
    batches: list[list[int]] = field(default_factory=list, hash=False, compare=False)
    waits_for_others: bool = False
    name: str = "slow"

    async def load(self, session: AsyncSession, scope: ReadScope, keys: Sequence[int]) -> list[int]:
        self.batches.append(list(keys))
        await self.gate.wait()
        if -1 in keys:
            raise LookupError("no such key")
        return list(keys)


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture
async def loaders(toys: Database) -> AsyncIterator[Loaders]:
    created = make_context(toys, concurrency=1).loaders
    yield created
    await created.close()


@pytest.fixture
def kind() -> str:
    """Loaders do not depend on the database."""
    return "sqlite"


async def test_concurrent_loads_are_one_batch(loaders: Loaders) -> None:
    batch = Slow()
    batch.gate.set()
    loader = loaders.of(batch)
    assert await asyncio.gather(*(loader.load(key) for key in (1, 2, 1, 3))) == [1, 2, 1, 3]
    assert batch.batches == [[1, 2, 3]]
    assert await loader.load(2) == 2
    assert batch.batches == [[1, 2, 3]]


async def test_equal_batches_share_a_loader(loaders: Loaders) -> None:
    assert loaders.of(Slow()) is loaders.of(Slow())
    assert loaders.of(Slow()) is not loaders.of(Slow(name="other"))


async def test_loader_that_waits_for_a_connection_collects_more_keys(loaders: Loaders) -> None:
    first, second = Slow(), Slow(name="second")
    second.gate.set()
    holding = loaders.of(first).load(1)
    await turns()
    waiting = [loaders.of(second).load(1)]
    await turns()
    waiting.append(loaders.of(second).load(2))
    await turns()
    first.gate.set()
    assert await asyncio.gather(holding, *waiting) == [1, 1, 2]
    assert second.batches == [[1, 2]]


async def test_waiting_loader_runs_after_loaders_that_may_add_keys(toys: Database) -> None:
    loaders = make_context(toys).loaders
    rows, users = Slow(), Slow(waits_for_others=True, name="users")
    users.gate.set()
    loading = [loaders.of(rows).load(1), loaders.of(users).load(1)]
    await turns()
    assert users.batches == []
    rows.gate.set()
    await loading[0]
    loading.append(loaders.of(users).load(2))
    assert await asyncio.gather(*loading) == [1, 1, 2]
    assert users.batches == [[1, 2]]


async def test_canceled_caller_does_not_affect_others_with_the_same_key(
    loaders: Loaders,
) -> None:
    batch = Slow()
    loader = loaders.of(batch)
    cancelled, other = loader.load(1), loader.load(1)
    await turns()
    cancelled.cancel()
    batch.gate.set()
    assert await other == 1


async def test_canceled_load_cancels_all_callers(loaders: Loaders) -> None:
    batch = Slow()
    loader = loaders.of(batch)
    waiting = [loader.load(key) for key in (1, 2)]
    await turns()
    waiting.append(loader.load(3))
    await loaders.close()
    async with asyncio.timeout(2):
        answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [LoadCancelled] * 3


async def test_error_reaches_every_caller_and_is_not_cached(loaders: Loaders) -> None:
    batch = Slow()
    batch.gate.set()
    loader = loaders.of(batch)
    answers = await asyncio.gather(*(loader.load(key) for key in (1, -1)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [LookupError] * 2
    assert await loader.load(1) == 1


async def test_error_without_a_waiting_caller_is_not_logged(loaders: Loaders) -> None:
    reported: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
    batch = Slow()
    waiting = loaders.of(batch).load(1)
    await turns()
    waiting.cancel()
    await loaders.close()
    loaders._loaders.clear()
    del waiting
    await turns()
    gc.collect()
    assert reported == []


async def test_many_keys_are_split_into_chunks(loaders: Loaders) -> None:
    batch = Slow()
    batch.gate.set()
    keys = range(MAX_KEYS + 5)
    assert await asyncio.gather(*(loaders.of(batch).load(key) for key in keys)) == list(keys)
    assert [len(keys) for keys in batch.batches] == [MAX_KEYS, 5]


async def test_each_relation_takes_one_statement(toys: Database) -> None:
    context = make_context(toys)
    with Statements(toys) as statements:
        result = await run(context, "{ books { title shelf { name books { title } } } }")
    assert result.errors is None
    assert [book["shelf"]["name"] for book in result.data["books"]] == ["shelf 0", "shelf 1"] * 2
    assert result.data["books"][1]["shelf"]["books"] == [{"title": "book 1"}, {"title": "book 3"}]
    assert len(statements) == 3
