"""Where an operation reads: from the pool, or inside its own transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from models.database import Database

T = TypeVar("T")


class SessionSource(Protocol):
    """Runs the statements of an operation's batches."""

    #: Acquire a slot before reading.
    slots: asyncio.Semaphore

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run one statement."""
        ...


class PooledReads:
    """Reads from the connection pool, with a limited number of sessions at a time.

    While a task holds a session it must not await anything else: holding one connection while
    waiting for another can deadlock the pool.
    """

    def __init__(self, database: Database, limit: int) -> None:
        self.slots = asyncio.Semaphore(limit)
        self._database = database

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        return await self._database.read(work)


class TransactionReads:
    """Reads inside a transaction, and sees its uncommitted rows."""

    def __init__(self, session: AsyncSession) -> None:
        self.slots = asyncio.Semaphore(1)
        self._session = session

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        return await work(self._session)
