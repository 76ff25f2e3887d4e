"""Where an operation reads: from the pool, or inside its own transaction."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any, Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.errors import Unavailable
from models.database import Database

T = TypeVar("T")
Slot = AbstractAsyncContextManager[Any]

#: Seconds that the transaction of a dry run may last: meanwhile it holds locks.
DRY_RUN_SECONDS = 2.0


class SessionSource(Protocol):
    """Runs the statements of an operation's batches."""

    def slot(self) -> Slot:
        """Return what to hold while reading; entering it waits for a connection to be free."""
        ...

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run one statement."""
        ...

    async def fetch_rows(self, sql: str, parameters: Sequence[Any]) -> Sequence[Any]:
        """Run one compiled statement, and return its rows as the driver returns them."""
        ...


class PooledReads:
    """Reads from the connection pool.

    While a task holds a session it must not await anything else: holding one connection while
    waiting for another can deadlock the pool.
    """

    def __init__(self, database: Database, slot: Callable[[], Slot]) -> None:
        self.slot = slot
        self._database = database

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        return await self._database.read(work)

    async def fetch_rows(self, sql: str, parameters: Sequence[Any]) -> Sequence[Any]:
        return await self._database.fetch_rows(sql, parameters)


class TransactionReads:
    """Reads inside the transaction of a dry run, and sees its uncommitted rows.

    The transaction is rolled back at the deadline, in the time of the event loop, whatever the
    operation does meanwhile: it holds locks that other writers wait for.
    """

    def __init__(
        self,
        database: Database,
        session: AsyncSession,
        transaction: AsyncExitStack,
        deadline: float,
    ) -> None:
        self._lock = asyncio.Lock()
        self._database = database
        self._session = session
        self._transaction = transaction
        self._deadline = deadline
        self._expiry = asyncio.ensure_future(self._end_at(deadline))
        self._rollback: asyncio.Future[None] | None = None

    def slot(self) -> Slot:
        return self._lock

    async def read(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run one statement. Raises `Unavailable` after the deadline."""

        async def run() -> T:
            return await work(self._session)

        limit = asyncio.timeout_at(self._deadline)
        try:
            async with limit:
                return await self._database.stoppable(run())
        except TimeoutError:
            if not limit.expired():
                raise
            raise dry_run_timed_out() from None

    async def fetch_rows(self, sql: str, parameters: Sequence[Any]) -> Sequence[Any]:
        async def work(session: AsyncSession) -> Sequence[Any]:
            connection = await session.connection()
            return await self._database.fetch_rows_on(connection, sql, parameters)

        return await self.read(work)

    async def close(self) -> None:
        """Roll the transaction back, once the statement in progress has ended.

        It is rolled back even if the caller is canceled meanwhile.
        """
        self._expiry.cancel()
        await self._roll_back()

    async def _end_at(self, deadline: float) -> None:
        await asyncio.sleep(deadline - asyncio.get_running_loop().time())
        await self._roll_back()

    async def _roll_back(self) -> None:
        if self._rollback is None:
            self._rollback = asyncio.ensure_future(self._end_transaction())
        await asyncio.shield(self._rollback)

    async def _end_transaction(self) -> None:
        async with self._lock:
            await self._transaction.aclose()


def dry_run_timed_out() -> Unavailable:
    return Unavailable(
        f"The dry run took more than {DRY_RUN_SECONDS:g} seconds and was canceled, because others "
        "wait for its locks. Select less in its payload, or preview fewer changes at once."
    )
