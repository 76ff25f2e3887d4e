"""The budget of one operation: few sessions, short, and never two deep."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from models.database import Database

T = TypeVar("T")


class SessionSource(Protocol):
    """Where the batches of an operation read."""

    #: Take a place before reading.
    slots: asyncio.Semaphore

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Does the work of one statement."""
        ...


class PooledReads:
    """A budget of concurrent reading sessions.

    Whoever holds a session awaits nothing but that session: what holds one connection and
    waits for another can deadlock the pool.
    """

    def __init__(self, database: Database, limit: int) -> None:
        #: Take a place before reading.
        self.slots = asyncio.Semaphore(limit)
        self._database = database

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Does the work of one statement in a session of its own."""
        return await self._database.read(work)


class TransactionReads:
    """Reads inside a transaction: what is seen is what it would commit."""

    def __init__(self, session: AsyncSession) -> None:
        self.slots = asyncio.Semaphore(1)
        self._session = session

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Does the work of one statement in the transaction."""
        return await work(self._session)
