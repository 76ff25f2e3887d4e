"""SQLite's statements are stopped when they take too long, or nobody waits for them any more.

It runs them in a thread of its own and knows no timeout: but it asks, every so many steps,
whether to go on.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry

T = TypeVar("T")

#: Steps of SQLite's machine between two questions: a tenth of a millisecond.
STEPS = 10_000
KEY = "taskloom_watch"


class StatementDeadline:
    """When the statement of one connection has to stop."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.until = math.inf
        self._is_stopped = False

    def renew(self) -> None:
        """The connection is taken out of its pool."""
        self._is_stopped = False

    def begin(self) -> None:
        """A statement begins."""
        self.until = -math.inf if self._is_stopped else time.monotonic() + self.seconds

    def stop(self) -> None:
        """It is to stop at once, as is what begins until the connection is given back."""
        self._is_stopped = True
        self.until = -math.inf

    def is_over(self) -> bool:
        """Whether it has to stop."""
        return time.monotonic() > self.until


class ReadSession(Session):
    """A session that knows the watch over its connection."""


@event.listens_for(ReadSession, "after_begin")
def _know_the_watch(session: Session, _: SessionTransaction, connection: Connection) -> None:
    session.info[KEY] = connection.info.get(KEY)


def limit_statements(engine: Engine, seconds: float) -> None:
    """Watches over the statements of an engine of SQLite."""

    def connect(connection: Any, record: ConnectionPoolEntry) -> None:
        watching = record.info[KEY] = StatementDeadline(seconds)
        connection.run_async(lambda driver: driver.set_progress_handler(watching.is_over, STEPS))

    def begin(connection: Connection, *_: Any) -> None:
        connection.info[KEY].begin()

    def checkout(_: Any, record: ConnectionPoolEntry, __: Any) -> None:
        record.info[KEY].renew()

    event.listen(engine, "connect", connect)
    event.listen(engine, "checkout", checkout)
    event.listen(engine, "before_cursor_execute", begin)


async def run_stoppable(
    sessions: async_sessionmaker[AsyncSession], work: Callable[[AsyncSession], Awaitable[T]]
) -> T:
    """Does some reading in a session of its own; cancelled, it stops the statement that runs."""
    async with sessions() as session:
        task = asyncio.ensure_future(work(session))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            watching: StatementDeadline | None = session.sync_session.info.get(KEY)
            if watching is None:
                # It waits for a connection yet.
                task.cancel()
            else:
                watching.stop()
            await _ended(task)
            raise


async def _ended(task: "asyncio.Task[Any]") -> None:
    """Waits until a task has ended, however often it is told not to: its connection is in use."""
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            continue
    if not task.cancelled():
        task.exception()
