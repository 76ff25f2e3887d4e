"""SQLite's statements stop when they take too long, or nobody waits for them any more."""

import asyncio
import random
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from models.database import Database, DatabaseOptions
from models.database.driver_errors import is_timeout
from tests.support.database_kinds import one_database  # noqa: F401

#: Counts for minutes.
LONG = """
  WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1e10)
  SELECT count(*) FROM numbers
"""


async def count(session: AsyncSession) -> None:
    await session.execute(text(LONG))


async def one(session: AsyncSession) -> object:
    return await session.scalar(text("SELECT 1"))


async def test_slow_statement_is_stopped(url: str) -> None:
    database = Database(url, DatabaseOptions(statement_timeout=0.2, pool_size=1))
    with pytest.raises(OperationalError) as stopped:
        await database.read(count)
    assert is_timeout(stopped.value)
    assert await database.read(one) == 1
    await database.close()


async def test_canceled_statement_is_stopped(url: str) -> None:
    database = Database(url, DatabaseOptions(statement_timeout=600, pool_size=1))
    begun = time.monotonic()
    for delay in (0, 0.001, 0.1):
        reading = asyncio.ensure_future(database.read(count))
        waiting = asyncio.ensure_future(database.read(count))
        await asyncio.sleep(delay)
        reading.cancel()
        waiting.cancel()
        await asyncio.gather(reading, waiting, return_exceptions=True)
        # Its connection is good for the next.
        assert await database.read(one) == 1
    assert time.monotonic() - begun < 60
    await database.close()


async def test_statement_is_stopped_whenever_it_is_canceled(url: str) -> None:
    """Also between taking a connection and beginning the statement."""
    database = Database(url, DatabaseOptions(statement_timeout=600, pool_size=3))
    moments = random.Random(7)
    async with asyncio.timeout(60):
        for _ in range(100):
            reading = [asyncio.ensure_future(database.read(count)) for _ in range(3)]
            await asyncio.sleep(moments.uniform(0, 0.002))
            for one_of_them in (*reading, *reading):
                one_of_them.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
        assert await database.read(one) == 1
    await database.close()
