"""Stopping SQLite's statements at the timeout or when their task is canceled."""

import asyncio
import random
import time
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from models.base import now
from models.database import Database, DatabaseOptions
from models.database.driver_errors import is_timeout
from models.server.token_bucket import TokenBucket
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.slow_statements import ENDLESS


async def count(session: AsyncSession) -> None:
    await session.execute(text(ENDLESS["sqlite"]))


async def count_buckets(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(TokenBucket)) or 0


async def select_one(session: AsyncSession) -> object:
    return await session.scalar(text("SELECT 1"))


@pytest.fixture(params=["read", "write"])
def method(request: pytest.FixtureRequest) -> str:
    """The method of the database that runs a statement."""
    return str(request.param)


async def test_slow_statement_is_stopped(url: str, method: str) -> None:
    database = Database(url, DatabaseOptions(statement_timeout=0.2, pool_size=1))
    with pytest.raises(OperationalError) as stopped:
        await getattr(database, method)(count)
    assert is_timeout(stopped.value)
    assert await database.read(select_one) == 1
    await database.close()


async def test_canceled_statement_is_stopped(url: str, method: str) -> None:
    database = Database(url, DatabaseOptions(statement_timeout=600, pool_size=1))
    run = getattr(database, method)
    started = time.monotonic()
    for delay in (0, 0.001, 0.1):
        reading = asyncio.ensure_future(run(count))
        waiting = asyncio.ensure_future(run(count))
        await asyncio.sleep(delay)
        reading.cancel()
        waiting.cancel()
        await asyncio.gather(reading, waiting, return_exceptions=True)
        # Its connection can be used again.
        assert await run(select_one) == 1
    assert time.monotonic() - started < 60
    await database.close()


async def test_statement_is_stopped_whenever_it_is_canceled(url: str, method: str) -> None:
    """Including between the checkout of a connection and the start of the statement."""
    database = Database(url, DatabaseOptions(statement_timeout=600, pool_size=3))
    run = getattr(database, method)
    moments = random.Random(7)
    async with asyncio.timeout(60):
        for _ in range(100):
            reading = [asyncio.ensure_future(run(count)) for _ in range(3)]
            await asyncio.sleep(moments.uniform(0, 0.002))
            for task in (*reading, *reading):
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
        assert await run(select_one) == 1
    await database.close()


async def test_canceled_write_is_not_half_committed(url: str) -> None:
    """A transaction that is canceled is committed whole or not at all, at any moment."""
    tested = Database(url, DatabaseOptions(statement_timeout=600))

    async def write(session: AsyncSession) -> None:
        for _ in range(2):
            await session.execute(insert(TokenBucket).values(row()))

    def row() -> dict[str, Any]:
        return {"key": random.randbytes(32), "level": 1, "at": now()}

    moments = random.Random(7)
    for _ in range(60):
        writing = [asyncio.ensure_future(tested.write(write)) for _ in range(3)]
        await asyncio.sleep(moments.uniform(0, 0.003))
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
        count = await tested.write(count_buckets)
        assert count % 2 == 0
    await tested.write(write)
    assert await tested.write(count_buckets) == count + 2
    await tested.close()
