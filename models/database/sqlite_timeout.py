"""Timeouts and cancellation for SQLite's statements.

SQLite has no statement timeout, and its driver runs statements in another thread, where a
canceled task cannot stop them. But SQLite calls a progress handler every `STEPS` instructions,
and stops the statement when the handler returns true.
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

#: Instructions of SQLite's virtual machine between two calls: about a tenth of a millisecond.
STEPS = 10_000
#: The key of a connection's `StatementDeadline` in its `info`.
KEY = "taskloom_deadline"


class StatementDeadline:
    """When the current statement of one connection must stop.

    The driver's thread calls `has_passed`; the event loop's thread calls the other methods.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.at = math.inf
        self._is_canceled = False

    def reset(self) -> None:
        """Allow statements again; called when the connection leaves the pool."""
        self._is_canceled = False

    def start(self) -> None:
        """Set the deadline of a statement that is about to run."""
        self.at = -math.inf if self._is_canceled else time.monotonic() + self.seconds

    def cancel(self) -> None:
        """Stop the current statement, and each later one until `reset`."""
        self._is_canceled = True
        self.at = -math.inf

    def has_passed(self) -> bool:
        return time.monotonic() > self.at


class ReadSession(Session):
    """A session that has its connection's deadline in its `info`."""


@event.listens_for(ReadSession, "after_begin")
def _copy_deadline(session: Session, _: SessionTransaction, connection: Connection) -> None:
    session.info[KEY] = connection.info.get(KEY)


def limit_statements(engine: Engine, seconds: float) -> None:
    """Stop each statement of a SQLite engine after some seconds."""

    def connect(connection: Any, record: ConnectionPoolEntry) -> None:
        deadline = record.info[KEY] = StatementDeadline(seconds)
        connection.run_async(lambda driver: driver.set_progress_handler(deadline.has_passed, STEPS))

    def checkout(_: Any, record: ConnectionPoolEntry, __: Any) -> None:
        record.info[KEY].reset()

    def before_execute(connection: Connection, *_: Any) -> None:
        connection.info[KEY].start()

    event.listen(engine, "connect", connect)
    event.listen(engine, "checkout", checkout)
    event.listen(engine, "before_cursor_execute", before_execute)


async def run_stoppable(
    sessions: async_sessionmaker[AsyncSession], work: Callable[[AsyncSession], Awaitable[T]]
) -> T:
    """Run `work`, which reads, in a new session. If canceled, stop the statement that is running.

    The cancellation is raised only once `work` has ended and no longer uses the connection.
    """
    async with sessions() as session:
        task = asyncio.ensure_future(work(session))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            deadline: StatementDeadline | None = session.sync_session.info.get(KEY)
            if deadline is None:
                # It is still waiting for a connection.
                task.cancel()
            else:
                deadline.cancel()
            await _wait_for(task)
            raise


async def _wait_for(task: "asyncio.Task[Any]") -> None:
    """Wait until a task has ended, even if canceled again: its connection is still in use."""
    while not task.done():
        try:
            await asyncio.wait((task,))
        except asyncio.CancelledError:
            continue
    if not task.cancelled():
        # Mark the error as retrieved: the cancellation is raised instead.
        task.exception()
