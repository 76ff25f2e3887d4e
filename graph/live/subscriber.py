"""A subscriber: a client that receives the changes of a workspace, and how far it has got.

It first catches up with the log, in a task of its own. Then it joins a group, which executes its
operation for all subscribers that would get the same events. While it waits it has neither a task
nor a database connection.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from graph.auth.identity import INVALID_TOKEN, Identity
from graph.kit.errors import ApiError, NotFound, Unauthenticated
from graph.live.operation import Event, LiveOperation
from graph.operations.budgets import Budgets, Caller

if TYPE_CHECKING:
    from graph.context import Context
    from graph.live.feed import Feed
    from graph.live.group import Group


class Sink(Protocol):
    """Where the events of a subscriber go."""

    def offer(self, event: bytes) -> bool:
        """Send an event; return False if too much is waiting for the client to read it."""
        ...

    async def send_event(self, event: bytes) -> None:
        """Send an event, and wait until the client has taken what was before it."""
        ...

    def end(self, error: Exception) -> None:
        """Tell the client why the subscription has ended."""
        ...


class SlowConsumer(ApiError):
    """The client does not read its events as fast as they come. It can resume."""

    code = "SLOW_CONSUMER"

    def __init__(self, after: int) -> None:
        super().__init__(
            "Too many events wait for this client to read them. Subscribe again with `after`: the "
            "number of the last change that it has received.",
            after=after,
        )


class Restarting(ApiError):
    """The server is being stopped."""

    code = "RESTARTING"
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "The server is restarting. Subscribe again with `after`: the number of the last change "
            "that you have received."
        )


class Subscriber:
    """A subscription of one client."""

    __slots__ = (
        "_catching_up",
        "budgets",
        "caller",
        "feed",
        "group",
        "identity",
        "is_ended",
        "make_context",
        "operation",
        "position",
        "sink",
    )

    def __init__(
        self,
        operation: LiveOperation,
        identity: Identity,
        caller: Caller,
        budgets: Budgets,
        make_context: "Callable[[Identity], Context]",
        sink: Sink,
    ) -> None:
        self.operation = operation
        self.identity = identity
        self.caller = caller
        self.budgets = budgets
        #: Makes the context of an execution for an identity.
        self.make_context = make_context
        self.sink = sink
        #: The number up to which all changes that match have been sent.
        self.position = operation.source.position
        self.feed: Feed | None = None
        self.group: Group | None = None
        self.is_ended = False
        self._catching_up: asyncio.Task[None] | None = None

    def catch_up(self) -> None:
        """Send what the log has after the position; then join a group. At once, if there is none.

        It may be called again after the subscriber has left its group.
        """
        assert self.feed is not None
        if not self.feed.join(self):
            self._catching_up = self.feed.spawn(self._read_log())

    async def _read_log(self) -> None:
        feed = self.feed
        assert feed is not None
        try:
            while not self.is_ended and not feed.join(self):
                await self._send_page()
        except Exception as error:  # noqa: BLE001 - told to the client, and logged if unexpected
            self.end(error)
        finally:
            self._catching_up = None

    async def _send_page(self) -> None:
        assert self.feed is not None
        operation = self.operation
        viewer = self.identity.viewer
        context = self.make_context(self.identity)
        try:
            changes, last, _ = await operation.page(context, self.position)
            events = await operation.execute(context, changes) if changes else []
        finally:
            await context.close()
        # After everything was read: what is sent was committed while they had access.
        if not await self.feed.confirm(self) or self.identity.viewer != viewer:
            # It has ended, or is read again as the viewer is now.
            return
        for event in events:
            await self.charge(event.cost)
            await self.sink.send_event(event.body)
            self.position = event.sequence
        self.position = max(self.position, last)

    async def charge(self, cost: float) -> None:
        """Charge the caller's budget for an event. Raise `RateLimited`."""
        await self.budgets.charge(self.caller, cost)

    async def deliver(self, events: Sequence[Event], last: int) -> None:
        """Send the events of a group that are new to this client; it has then seen up to `last`."""
        for event in events:
            if event.sequence <= self.position:
                continue
            try:
                await self.charge(event.cost)
            except ApiError as error:
                self.end(error)
                return
            if not self.sink.offer(event.body):
                self.end(SlowConsumer(self.position))
                return
            self.position = event.sequence
        self.position = max(self.position, last)

    def renew(self, identity: Identity | None) -> bool:
        """Take over the identity as it is now; return whether it is allowed to see the workspace.

        If it is not, the subscription ends.
        """
        if self.is_ended:
            return False
        if identity is None:
            self.end(Unauthenticated(INVALID_TOKEN))
            return False
        if self.operation.source.workspace_id not in identity.viewer.roles:
            self.end(NotFound("You are no longer a member of this workspace."))
            return False
        self.identity = identity
        return True

    def end(self, error: Exception) -> None:
        """End the subscription, and tell the client why."""
        if not self.is_ended:
            self.stop()
            self.sink.end(error)

    def stop(self) -> None:
        """End the subscription without a word."""
        if self.is_ended:
            return
        self.is_ended = True
        if self.feed is not None:
            self.feed.leave(self)
        task = self._catching_up
        if task is not None and task is not asyncio.current_task():
            task.cancel()
