"""Ends a request at its deadline, or when its client disconnects."""

import asyncio
from types import TracebackType
from typing import Self

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from graph.kit.errors import ApiError, Unavailable

#: Seconds after which the server listens whether the client is still there. Most requests end
#: before, and need no task for it.
PATIENCE = 0.1


class Watch:
    """Cancels the current task within an `async with` block; the cancellation becomes an error.

    Raises `Unavailable` at the deadline, and `ClientDisconnect` if the client has disconnected. The
    cancellation reaches the database, and frees the operation's connections.
    """

    def __init__(self, receive: Receive, seconds: float) -> None:
        self._receive = receive
        self._seconds = seconds
        self._error: Exception | None = None
        self._is_body_read = False
        self._has_patience = True
        self._listener: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._canceled_before = task.cancelling()
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + self._seconds
        patience = min(PATIENCE, self._seconds)
        self._timer = self._loop.call_later(patience, self._lose_patience)
        return self

    def body_is_read(self) -> None:
        """The request has been received: from now on a message says that the client is gone."""
        self._is_body_read = True
        if not self._has_patience:
            self._listen()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._listener is not None:
            self._listener.cancel()
        if self._error is None:
            return
        # Canceled by this watch, and by nobody else?
        is_own = self._task.uncancel() <= self._canceled_before
        if is_own and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise self._error from None

    def _lose_patience(self) -> None:
        self._has_patience = False
        self._timer = self._loop.call_at(self._deadline, self._time_out)
        if self._is_body_read:
            self._listen()

    def _listen(self) -> None:
        self._listener = self._loop.create_task(self._wait_for_disconnect())

    async def _wait_for_disconnect(self) -> None:
        try:
            while (await self._receive())["type"] != "http.disconnect":
                pass
        except ApiError as error:
            # The client sends a body that nobody reads, and that is too large.
            self._end(error)
        else:
            self._end(ClientDisconnect())

    def _time_out(self) -> None:
        self._end(timed_out(self._seconds))

    def _end(self, error: Exception) -> None:
        if self._error is None:
            self._error = error
            self._task.cancel()


def timed_out(seconds: float) -> Unavailable:
    """Return the error of an operation that is canceled at its deadline."""
    return Unavailable(
        f"The operation took more than {seconds:g} seconds and was canceled. Request less. After a "
        "mutation, check what was saved, or send it again with its idempotencyKey."
    )
