"""Timeouts and cancellation for SQLite's statements.

SQLite has no statement timeout, and its driver runs statements in another thread, where a
canceled task cannot stop them. But SQLite calls a progress handler every `STEPS` instructions,
and stops the statement when the handler returns true.
"""

import asyncio
import math
import time
from collections.abc import Coroutine
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
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
        #: The work that ran the connection's last statement.
        self.work: StoppableWork | None = None

    def start(self, work: "StoppableWork | None") -> None:
        """Set the deadline of a statement that is about to run."""
        self.work = work
        self.at = time.monotonic() + self.seconds

    def release(self) -> None:
        """Belong to no work; called when the connection leaves the pool and when it returns."""
        self.work, self.at = None, math.inf

    def has_passed(self) -> bool:
        return time.monotonic() > self.at


class StoppableWork:
    """A task that runs statements, until it is stopped."""

    def __init__(self, work: Coroutine[Any, Any, T]) -> None:
        self.is_stopped = False
        self._deadline: StatementDeadline | None = None
        context = copy_context()
        context.run(_CURRENT_WORK.set, self)
        self.task: asyncio.Task[Any] = asyncio.get_running_loop().create_task(work, context=context)

    def start_statement(self, deadline: StatementDeadline) -> None:
        """Start a statement on a connection. Raises `CancelledError` if the work is stopped."""
        if self.is_stopped:
            raise asyncio.CancelledError
        self._deadline = deadline
        deadline.start(self)

    async def stop(self) -> None:
        """Stop the current statement, start no other, and wait until the task has ended."""
        self.is_stopped = True
        if self._deadline is not None and self._deadline.work is self:
            # The connection is in use by another thread: its task must not be canceled.
            self._deadline.at = -math.inf
        else:
            self.task.cancel()
        while not self.task.done():
            try:
                await asyncio.wait((self.task,))
            except asyncio.CancelledError:
                # Canceled again: the connection is still in use.
                continue
        if not self.task.cancelled():
            # Mark the error as retrieved: the cancellation is raised instead.
            self.task.exception()


_CURRENT_WORK: ContextVar[StoppableWork | None] = ContextVar("current_work", default=None)


def limit_statements(engine: Engine, seconds: float) -> None:
    """Stop each statement of a SQLite engine after some seconds, or with the work it is part of."""

    def connect(connection: Any, record: ConnectionPoolEntry) -> None:
        deadline = record.info[KEY] = StatementDeadline(seconds)
        connection.run_async(lambda driver: driver.set_progress_handler(deadline.has_passed, STEPS))

    def release(_: Any, record: ConnectionPoolEntry, *__: Any) -> None:
        if (deadline := record.info.get(KEY)) is not None:
            deadline.release()

    def before_execute(connection: Connection, *_: Any) -> None:
        work, deadline = _CURRENT_WORK.get(), connection.info[KEY]
        if work is None:
            deadline.start(None)
        else:
            work.start_statement(deadline)

    event.listen(engine, "connect", connect)
    event.listen(engine, "checkout", release)
    event.listen(engine, "checkin", release)
    event.listen(engine, "before_cursor_execute", before_execute)


async def run_stoppable(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in a task of its own. If canceled, stop the statement that is running.

    The cancellation is raised only once `work` has ended and no longer uses a connection. What
    `work` has committed by then stays.
    """
    if (current := _CURRENT_WORK.get()) is not None and current.task is asyncio.current_task():
        # A part of stoppable work is stopped with it.
        return await work
    stoppable = StoppableWork(work)
    try:
        result: T = await asyncio.shield(stoppable.task)
        return result
    except asyncio.CancelledError:
        await stoppable.stop()
        raise
