"""Stopping SQLite's statements at the timeout or when their task is canceled."""

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

#: A statement that runs for minutes.
LONG = """
  WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1e10)
  SELECT count(*) FROM numbers
"""


async def count(session: AsyncSession) -> None:
    await session.execute(text(LONG))


async def select_one(session: AsyncSession) -> object:
    return await session.scalar(text("SELECT 1"))


async def test_slow_statement_is_stopped(url: str) -> None:
    database = Database(url, DatabaseOptions(statement_timeout=0.2, pool_size=1))
    with pytest.raises(OperationalError) as stopped:
        await database.read(count)
    assert is_timeout(stopped.value)
    assert await database.read(select_one) == 1
    await database.close()


async def test_canceled_statement_is_stopped(url: str) -> None:
    database = Database(url, DatabaseOptions(statement_timeout=600, pool_size=1))
    started = time.monotonic()
    for delay in (0, 0.001, 0.1):
        reading = asyncio.ensure_future(database.read(count))
        waiting = asyncio.ensure_future(database.read(count))
        await asyncio.sleep(delay)
        reading.cancel()
        waiting.cancel()
        await asyncio.gather(reading, waiting, return_exceptions=True)
        # Its connection can be used again.
        assert await database.read(select_one) == 1
    assert time.monotonic() - started < 60
    await database.close()


async def test_statement_is_stopped_whenever_it_is_canceled(url: str) -> None:
    """Including between the checkout of a connection and the start of the statement."""
    database = Database(url, DatabaseOptions(statement_timeout=600, pool_size=3))
    moments = random.Random(7)
    async with asyncio.timeout(60):
        for _ in range(100):
            reading = [asyncio.ensure_future(database.read(count)) for _ in range(3)]
            await asyncio.sleep(moments.uniform(0, 0.002))
            for task in (*reading, *reading):
                task.cancel()
            await asyncio.gather(*reading, return_exceptions=True)
        assert await database.read(select_one) == 1
    await database.close()
