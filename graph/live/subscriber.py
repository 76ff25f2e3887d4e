"""A subscriber: a client that receives the changes of a workspace, and how far it has got.

It first catches up with the log, in a task of its own. Then it joins a group, which executes its
operation for all subscribers that would get the same events. While it waits it has neither a task
nor a database connection.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from graph.auth.identity import INVALID_TOKEN, Identity
from graph.kit.errors import ApiError, NotFound, Unauthenticated, Unavailable
from graph.live.access import CredentialKey, renewed
from graph.live.failures import with_patience
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

    def put(self, event: bytes) -> None:
        """Send an event, however much is waiting."""
        ...

    async def drained(self) -> None:
        """Wait until the client has taken everything."""
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
        "_task",
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
        #: What sends events at the speed of the client.
        self._task: asyncio.Task[None] | None = None

    def catch_up(self) -> None:
        """Send what the log has after the position; then join a group. At once, if there is none.

        It may be called again after the subscriber has left its group.
        """
        assert self.feed is not None
        self._cancel_task()
        if not self.feed.join(self):
            self._task = self.feed.spawn(self._guarded(self._read_log))

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run what sends events; end the subscription if it fails."""
        task = asyncio.current_task()
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - told to the client, and logged if unexpected
            self.end(error)
        finally:
            if self._task is task:
                self._task = None

    async def _read_log(self) -> None:
        feed = self.feed
        assert feed is not None
        size = self.operation.batch
        while not self.is_ended and not feed.join(self):
            events, last = await with_patience(partial(self._read_page, size))
            sent = 0
            for event in events:
                await self.budgets.charge(self.caller, event.cost)
                if not self.sink.offer(event.body):
                    await self.budgets.refund(self.caller, event.cost)
                    break
                sent += 1
                self.position = event.sequence
            else:
                self.position = max(self.position, last)
            # While the client reads, nothing else is kept for it. The rest is read again, and of
            # texts that are long, fewer at once.
            size = min(self.operation.batch, max(1, 2 * sent))
            events = []
            await self.sink.drained()

    async def _read_page(self, size: int) -> tuple[list[Event], int]:
        """Return the events after the position, and the number up to which the log was read.

        There are none if the viewer has changed meanwhile, or has lost access.
        """
        assert self.feed is not None
        hub, operation, viewer = self.feed.hub, self.operation, self.identity.viewer
        context = self.make_context(self.identity)
        try:
            async with (
                hub.catch_ups.slot(self.caller.name),
                execution_limit(hub.request_timeout),
            ):
                changes, last, _ = await operation.page(context, self.position, size)
                events = await operation.execute(context, changes) if changes else []
        finally:
            await context.close()
        # After everything was read: what is sent was committed while they had access.
        if not await self.feed.confirm(self) or self.identity.viewer != viewer:
            return [], self.position
        if time := context.unpaid_time(sum(event.cost for event in events)):
            self.budgets.owe(self.caller, time)
        return events, last

    async def _send(self, event: Event) -> None:
        """Send an event, and wait until the client has taken it. Raise `RateLimited`."""
        await self.budgets.charge(self.caller, event.cost)
        # Before anything is awaited: a canceled task has sent it.
        self.position = event.sequence
        self.sink.put(event.body)
        await self.sink.drained()

    async def deliver(self, events: Sequence[Event], last: int) -> None:
        """Send the events of the group that are new to this client; it has then seen up to `last`.

        Raise `RateLimited` if its budget is spent. If too much waits for the client to read it, it
        gets the rest of the events at its own speed. Raise `SlowConsumer` if too many groups keep
        events for its user already.
        """
        group = self.group
        for event in events:
            if event.sequence <= self.position:
                continue
            await self.budgets.charge(self.caller, event.cost)
            if self.is_ended or self.is_behind or self.group is not group:
                # It has left the group while the charge was awaited.
                return
            if not self.sink.offer(event.body):
                await self.budgets.refund(self.caller, event.cost)
                self._fall_behind()
                return
            self.position = event.sequence
        self.position = max(self.position, last)

    def _fall_behind(self) -> None:
        """Get the events of the group at the speed of the client."""
        feed, group = self.feed, self.group
        if self.is_ended or self.is_behind or feed is None or group is None:
            return
        name = self.caller.name
        if not feed.hub.kept.enter(name, group):
            raise SlowConsumer(self.position)
        task = self._task = feed.spawn(self._guarded(self._follow_group))
        task.add_done_callback(lambda _: feed.hub.kept.leave(name, group))

    @property
    def is_behind(self) -> bool:
        """Whether it gets the events of its group, or of the log, at its own speed."""
        return self._task is not None

    async def _follow_group(self) -> None:
        """Send recent events of the group as fast as the client reads, until it has all."""
        await self.sink.drained()
        while not self.is_ended and self.group is not None:
            recent = self.group.recent
            if recent.has_lost(self.position):
                raise SlowConsumer(self.position)
            event = recent.after(self.position)
            if event is None:
                self.position = max(self.position, self.group.position)
                return
            await self._send(event)

    def renew(self, roles: Mapping[CredentialKey, str]) -> bool:
        """Take over the roles as they are now; return whether it may still see the workspace.

        If it may not, the subscription ends.
        """
        if self.is_ended:
            return False
        identity = renewed(self.identity, roles)
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
        self._cancel_task()

    def _cancel_task(self) -> None:
        task, self._task = self._task, None
        if task is not None and task is not asyncio.current_task():
            task.cancel()


@asynccontextmanager
async def execution_limit(seconds: float) -> AsyncIterator[None]:
    """Cancel an execution after some seconds. Raise `Unavailable` then."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise Unavailable(
            f"An event took more than {seconds:g} seconds and was canceled. Select less, and "
            "subscribe again with `after`: the number of the last change that you have received."
        ) from None
