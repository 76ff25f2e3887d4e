"""The time that an operation uses: of database connections, and of the event loop."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar
from time import perf_counter
from typing import Any, TypeVar

T = TypeVar("T")


class Usage:
    """The seconds that one operation has used so far."""

    def __init__(self) -> None:
        #: Of all its database connections together.
        self.database = 0.0
        #: Of the event loop, while all other operations wait.
        self.event_loop = 0.0

    @property
    def seconds(self) -> float:
        """The seconds to charge. Those of connections count half: other callers have their own."""
        return self.event_loop + self.database / 2

    @contextmanager
    def measure_database(self) -> Iterator[None]:
        """Add the time until the block ends, during which a connection is held."""
        started = perf_counter()
        try:
            yield
        finally:
            self.database += perf_counter() - started


#: The usage of the operation that the current task is part of.
CURRENT_USAGE: ContextVar[Usage | None] = ContextVar("current_usage", default=None)


class _MeasuredCoroutine:
    """A coroutine whose steps add their time to the usage of an operation.

    An operation has thousands of steps, so each does as little as possible.
    """

    __slots__ = ("_coroutine", "_send", "_usage", "close", "throw")

    def __init__(self, coroutine: Any, usage: Usage) -> None:
        self._coroutine = coroutine
        self._usage = usage
        self._send = coroutine.send
        self.throw = coroutine.throw
        self.close = coroutine.close

    def send(self, value: Any) -> Any:
        started = perf_counter()
        try:
            return self._send(value)
        finally:
            self._usage.event_loop += perf_counter() - started

    def __next__(self) -> Any:
        return self.send(None)

    def __iter__(self) -> "_MeasuredCoroutine":
        return self

    def __await__(self) -> "_MeasuredCoroutine":
        return self


# Tasks accept whatever is registered.
Coroutine.register(_MeasuredCoroutine)


def measured(work: Coroutine[Any, Any, T], usage: Usage) -> Awaitable[T]:
    """Return an awaitable that runs `work` in the current task, and adds its time to `usage`."""
    return _MeasuredCoroutine(work, usage)


def measured_task(
    loop: asyncio.AbstractEventLoop, coroutine: Any, *, context: Context | None = None, **more: Any
) -> "asyncio.Task[Any]":
    """Create a task; a task factory. Tasks of an operation are measured."""
    usage = CURRENT_USAGE.get() if context is None else context.get(CURRENT_USAGE)
    if usage is not None:
        coroutine = _MeasuredCoroutine(coroutine, usage)
    return asyncio.Task(coroutine, loop=loop, context=context, **more)
