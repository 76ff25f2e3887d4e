"""Subscribers that get the same events: one execution serves them all."""

from collections import deque
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

from graph.live.failures import with_patience
from graph.live.operation import Event, LiveOperation
from graph.live.recent import RecentEvents
from graph.live.subscriber import SlowConsumer, Subscriber, execution_limit

if TYPE_CHECKING:
    from graph.live.feed import Feed

#: Changes that wait to be executed. A group that is slower reads further ones from the log.
MAX_WAITING = 200
#: The most members of a group whose budgets are checked before anything is executed for them.
FEW_MEMBERS = 20
#: Events that are sent before other tasks get their turn.
SLICE = 20


class Group:
    """The subscribers of one operation, as viewers who see the same."""

    def __init__(
        self, feed: "Feed", key: Hashable, operation: LiveOperation, position: int
    ) -> None:
        self.feed = feed
        self.key = key
        self.operation = operation
        #: The long texts of changes that the operation shows.
        self.texts = operation.texts
        #: In the order in which they came.
        self.members: dict[Subscriber, None] = {}
        #: The number up to which changes have been delivered.
        self.position = position
        self.recent = RecentEvents(feed.hub.max_recent_size)
        self._waiting: deque[Any] = deque()
        #: Whether there are changes after those that wait, which have to be read from the log.
        self._must_read = False
        self._is_working = False

    def add(self, changes: Sequence[Any]) -> None:
        """Send changes to the members, after those that wait already."""
        if self._must_read or len(self._waiting) + len(changes) > MAX_WAITING:
            self._must_read = True
        else:
            self._waiting.extend(changes)
        self._start()

    def _start(self) -> None:
        if not self._is_working:
            self._is_working = True
            self.feed.spawn(self._work())

    @property
    def _has_work(self) -> bool:
        return bool(self.members) and (bool(self._waiting) or self._must_read)

    async def _work(self) -> None:
        try:
            while self._has_work:
                if not self._waiting:
                    await self._read_on()
                batch = [self._waiting.popleft() for _ in range(self._batch_size)]
                if batch:
                    await self._process(batch)
        except Exception as error:  # noqa: BLE001 - told to the clients, and logged if unexpected
            for member in list(self.members):
                member.end(error)
        finally:
            self._is_working = False
            if self._has_work:
                self._start()

    @property
    def _batch_size(self) -> int:
        return min(len(self._waiting), self.operation.batch)

    async def _read_on(self) -> None:
        """Read the changes after the position from the log, until the feed is caught up with."""
        changes = await with_patience(lambda: self.feed.page(self.position, self.texts))
        last = changes[-1].sequence if changes else self.position
        # Nothing is awaited from here on: what the feed reads next, it adds.
        if last >= self.feed.position:
            self._must_read = False
        self._waiting.extend(changes)

    async def _process(self, changes: Sequence[Any]) -> None:
        # The feed may read again what the group has read itself.
        changes = [change for change in changes if change.sequence > self.position]
        if not changes:
            return
        last = changes[-1].sequence
        matching = [change for change in changes if self.operation.source.matches(change)]
        if not matching:
            self.position = last
            for member in self.members:
                if not member.is_behind:
                    member.position = max(member.position, last)
            return
        # Those that join later have seen these changes.
        members = list(self.members)
        if not members:
            return
        if len(members) <= FEW_MEMBERS:
            members = [one for one in members if await self._can_pay(one, len(matching))]
            if not members:
                return
        # Where there are more, all of them pay for what costs the server little.
        caller = members[0].caller.name
        await self.feed.hub.pace(caller)
        events = await with_patience(lambda: self._execute(matching, members))
        self.recent.add(list(events))
        self.position = last
        for place, member in enumerate(members, start=1):
            if member.group is self:
                await self._deliver(member, events, last)
            if place % SLICE == 0:
                await self.feed.hub.pace(caller)
        if not any(member.is_behind for member in self.members):
            self.recent.clear()

    async def _can_pay(self, member: Subscriber, count: int) -> bool:
        """Whether a member's budget covers so many events. It ends if not."""
        cost = count * self.operation.price
        try:
            await member.budgets.charge(member.caller, cost)
        except Exception as error:  # noqa: BLE001 - told to the client, and logged if unexpected
            member.end(error)
            return False
        # What the events have really cost is charged when they are delivered.
        await member.budgets.refund(member.caller, cost)
        return True

    async def _deliver(self, member: Subscriber, events: Sequence[Event], last: int) -> None:
        if member.is_behind:
            # It reads at its own speed, unless it is too far behind.
            if self.recent.has_lost(member.position):
                member.end(SlowConsumer(member.position))
            return
        try:
            await member.deliver(events, last)
        except Exception as error:  # noqa: BLE001 - told to the client, and logged if unexpected
            member.end(error)

    async def _execute(
        self, changes: Sequence[Any], members: Sequence[Subscriber]
    ) -> Sequence[Event]:
        """Return the events for those members that are still in the group.

        The access of the members is confirmed after everything was read: what they get was
        committed while they had access. Those without access leave.
        """
        first = next((member for member in members if member.group is self), None)
        if first is None:
            return []
        context = first.make_context(first.identity)
        try:
            async with execution_limit(self.feed.hub.request_timeout):
                events = await self.operation.execute(context, changes)
        finally:
            await context.close()
        roles = await self.feed.access.roles([member.identity for member in members])
        for member in members:
            if member.group is self:
                self.feed.renew(member, roles)
        remaining = [member for member in members if member.group is self]
        time = context.unpaid_time(sum(event.cost for event in events))
        for member in remaining if time else ():
            member.budgets.owe(member.caller, time / len(remaining))
        return events
