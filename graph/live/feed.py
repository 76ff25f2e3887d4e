"""The feed of a workspace: the only reader of its log in a process, for all its subscribers."""

import asyncio
from collections.abc import Coroutine, Hashable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from graph.auth.identity import Identity
from graph.kit.loading.texts import LongTexts
from graph.live.access import AccessCheck, credential_key
from graph.live.failures import log_failure
from graph.live.group import Group
from graph.live.subscriber import Subscriber
from models import Change

if TYPE_CHECKING:
    from graph.live.hub import LiveHub

#: Changes that are read by one statement.
PAGE = 100
#: Seconds until the log is read again after the database did not answer.
PAUSE = 0.5


class Feed:
    """Reads the changes of one workspace once, and hands them to the groups of subscribers."""

    def __init__(self, hub: "LiveHub", workspace_id: UUID, position: int) -> None:
        self.hub = hub
        self.workspace_id = workspace_id
        self.access: AccessCheck = hub.access
        #: The number up to which changes have been handed to the groups.
        self.position = position
        #: Whether the log may have changes after the position, as far as is known.
        self._is_behind = True
        self.groups: dict[Hashable, Group] = {}
        #: All subscribers, also those that are catching up.
        self.subscribers: dict[Subscriber, None] = {}
        #: Those who wait for changes, and read the log themselves.
        self.listeners: set[Waiter] = set()
        self._is_reading = False

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return self.hub.spawn(work)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Start a subscription."""
        self.subscribers[subscriber] = None
        subscriber.feed = self
        subscriber.catch_up()

    def join(self, subscriber: Subscriber) -> bool:
        """Add a subscriber to its group if it has seen as much as the group; return whether.

        Nothing is awaited between the comparison and the addition, so that no change is missed.
        """
        if subscriber.is_ended:
            return True
        if not self.groups and not self._is_reading:
            # Nobody else needs what is between the two.
            self.position = max(self.position, subscriber.position)
        if subscriber.position < self.position:
            return False
        key = subscriber.operation.group_key(subscriber.identity)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(self, subscriber.operation)
        group.members[subscriber] = None
        # Equal but for the start: thousands of subscribers share one.
        subscriber.group, subscriber.operation = group, group.operation
        self._read_if_behind()
        return True

    def leave(self, subscriber: Subscriber) -> None:
        """Remove a subscriber that has ended."""
        self._leave_group(subscriber)
        self.subscribers.pop(subscriber, None)
        self.drop_if_unused()

    def drop_if_unused(self) -> None:
        if not self.subscribers and not self.listeners:
            self.hub.drop(self)

    def _leave_group(self, subscriber: Subscriber) -> None:
        group, subscriber.group = subscriber.group, None
        if group is None:
            return
        group.members.pop(subscriber, None)
        if not group.members:
            self.groups = {key: one for key, one in self.groups.items() if one is not group}

    def renew(self, subscriber: Subscriber, identity: Identity | None) -> None:
        """Take over the identity of a subscriber as it is now. It may end, or change its group."""
        before = subscriber.identity.viewer
        is_other = subscriber.renew(identity) and subscriber.identity.viewer != before
        if is_other and subscriber.group is not None:
            self._leave_group(subscriber)
            subscriber.catch_up()

    async def confirm(self, subscriber: Subscriber) -> bool:
        """Whether a subscriber that is catching up has access; it ends if not."""
        found = await self.access.current([subscriber.identity])
        return subscriber.renew(found[credential_key(subscriber.identity)])

    def hint(self, sequence: int) -> None:
        """Note that the log has a change with this number."""
        for listener in self.listeners:
            listener.note(sequence)
        if sequence > self.position:
            self._is_behind = True
            self._read_if_behind()

    def _read_if_behind(self) -> None:
        if self.groups and self._is_behind and not self._is_reading:
            self._is_reading = True
            self.spawn(self._read())

    async def _read(self) -> None:
        try:
            while self.groups and self._is_behind:
                # Before reading: a hint that comes meanwhile may be of a change that is not read.
                self._is_behind = False
                try:
                    changes = await self._page()
                except Exception as error:  # noqa: BLE001 - logged, and tried again
                    self._is_behind = True
                    log_failure("the log could not be read; trying again", error)
                    await asyncio.sleep(PAUSE)
                    continue
                if len(changes) == PAGE:
                    self._is_behind = True
                if changes:
                    # Before the groups get them: who joins from now on has seen these changes.
                    self.position = changes[-1].sequence
                    for group in list(self.groups.values()):
                        group.add(changes)
        finally:
            self._is_reading = False
            self._read_if_behind()

    async def _page(self) -> Sequence[Change]:
        """Read the changes after the position, with the texts that any subscriber selects."""
        selected: set[tuple[str, str]] = set()
        for group in self.groups.values():
            selected |= group.operation.selected
        options = LongTexts(selected).options(Change)

        async def read(session: AsyncSession) -> Sequence[Change]:
            # scope: the changes of a workspace are visible to its members, which all subscribers
            # are, and are asked to be again before they get them.
            page = select(Change).where(
                Change.workspace_id == self.workspace_id, Change.sequence > self.position
            )
            page = page.order_by(Change.sequence).limit(PAGE).options(*options)
            return (await session.scalars(page)).all()

        async with self.hub.reads.slot(f"live {self.workspace_id}"):
            return await self.hub.database.read(read)


class Waiter:
    """Waits for changes of a workspace."""

    def __init__(self, feed: Feed, position: int) -> None:
        self._feed = feed
        self._newest = position
        self._noted = asyncio.Event()

    def note(self, sequence: int) -> None:
        if sequence > self._newest:
            self._newest = sequence
            self._noted.set()

    async def wait_beyond(self, position: int) -> None:
        """Wait until the log has changes after a number."""
        while self._newest <= position:
            self._noted.clear()
            await self._noted.wait()
