"""Subscribers that get the same events: one execution serves them all."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from graph.kit.errors import Unavailable
from graph.live.access import credential_key
from graph.live.operation import Event, LiveOperation
from graph.live.subscriber import SlowConsumer, Subscriber
from models.database.driver_errors import is_timeout, is_unreachable

if TYPE_CHECKING:
    from graph.live.feed import Feed

#: Changes that wait to be executed. A group that is slower than its writers for so long ends.
MAX_WAITING = 2_000
#: Events that are sent before other tasks get their turn.
SLICE = 20
#: Seconds for which an execution is tried again while the database does not answer.
PATIENCE = 10.0
#: Seconds between two such attempts.
PAUSE = 0.5


class Group:
    """The subscribers of one operation, as viewers who see the same."""

    def __init__(self, feed: "Feed", operation: LiveOperation) -> None:
        self.feed = feed
        self.operation = operation
        #: In the order in which they came.
        self.members: dict[Subscriber, None] = {}
        self._waiting: deque[Any] = deque()
        self._is_working = False

    def add(self, changes: Sequence[Any]) -> None:
        """Send changes to the members, after those that wait already."""
        self._waiting.extend(changes)
        if len(self._waiting) > MAX_WAITING:
            self._waiting.clear()
            for member in list(self.members):
                member.end(SlowConsumer(member.position))
        elif not self._is_working:
            self._is_working = True
            self.feed.spawn(self._work())

    async def _work(self) -> None:
        try:
            while self._waiting and self.members:
                batch = list(islice(self._waiting, self.operation.batch))
                for _ in batch:
                    self._waiting.popleft()
                async with self.feed.hub.turns:
                    await self._process(batch)
        except Exception as error:  # noqa: BLE001 - told to the clients, and logged if unexpected
            for member in list(self.members):
                member.end(error)
        finally:
            self._is_working = False
            if self._waiting and self.members:
                self.add(())

    async def _process(self, changes: Sequence[Any]) -> None:
        last = changes[-1].sequence
        matching = [change for change in changes if self.operation.source.matches(change)]
        if not matching:
            for member in self.members:
                member.position = max(member.position, last)
            return
        # Those that join later have seen these changes.
        members = list(self.members)
        events = await self._execute(matching, members)
        place = 0
        for member in members:
            if member.group is not self:
                continue
            await member.deliver(events, last)
            place += 1
            if place % SLICE == 0:
                await asyncio.sleep(0)

    async def _execute(
        self, changes: Sequence[Any], members: Sequence[Subscriber]
    ) -> Sequence[Event]:
        """Return the events for those members that are still in the group.

        The access of the members is confirmed after everything was read: what they get was
        committed while they had access. Those without access leave.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return await self._attempt(changes, members)
            except Exception as error:
                if not (is_unreachable(error) or is_timeout(error)):
                    raise
                if time.monotonic() > deadline:
                    raise Unavailable(
                        "The database does not answer. Subscribe again later with `after`: the "
                        "number of the last change that you have received."
                    ) from error
            await asyncio.sleep(PAUSE)

    async def _attempt(
        self, changes: Sequence[Any], members: Sequence[Subscriber]
    ) -> Sequence[Event]:
        first = next((member for member in members if member.group is self), None)
        if first is None:
            return []
        context = first.make_context(first.identity)
        try:
            events = await self.operation.execute(context, changes)
        finally:
            await context.close()
        current = await self.feed.access.current([member.identity for member in members])
        for member in members:
            if member.group is self:
                self.feed.renew(member, current.get(credential_key(member.identity)))
        time_share = context.unpaid_time(sum(event.cost for event in events)) / len(members)
        if time_share:
            for member in members:
                member.budgets.owe(member.caller, time_share)
        return events
