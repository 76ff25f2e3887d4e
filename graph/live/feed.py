"""The feed of a workspace: the only reader of its log in a process, for all its subscribers."""

import asyncio
from collections.abc import Coroutine, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from graph.live.access import AccessCheck, CredentialKey
from graph.live.failures import log_failure
from graph.live.group import Group
from graph.live.subscriber import Subscriber
from models import Change
from models.base import long_texts

if TYPE_CHECKING:
    from graph.live.hub import LiveHub

#: Changes that are read by one statement.
PAGE = 100
#: Seconds until the log is read again after the database did not answer. The pause doubles.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0


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
        self.waiters: set[Waiter] = set()
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
            group = self.groups[key] = Group(self, key, subscriber.operation, self.position)
        group.members[subscriber] = None
        # Equal but for the start: thousands of subscribers share one.
        subscriber.group, subscriber.operation = group, group.operation
        self._read_if_behind()
        return True

    def leave(self, subscriber: Subscriber) -> None:
        """Remove a subscriber that has ended."""
        self._leave_group(subscriber)
        del self.subscribers[subscriber]
        self.hub.forget(subscriber)
        self.drop_if_unused()

    def drop_if_unused(self) -> None:
        if not self.subscribers and not self.waiters:
            self.hub.drop(self)

    def _leave_group(self, subscriber: Subscriber) -> None:
        group, subscriber.group = subscriber.group, None
        if group is None:
            return
        group.members.pop(subscriber, None)
        if not group.members:
            del self.groups[group.key]

    def renew(self, subscriber: Subscriber, roles: Mapping[CredentialKey, str]) -> None:
        """Take over the roles of a subscriber as they are now. It may end, or change its group."""
        before = subscriber.identity.viewer
        is_other = subscriber.renew(roles) and subscriber.identity.viewer != before
        if is_other and subscriber.group is not None:
            self._leave_group(subscriber)
            subscriber.catch_up()

    async def confirm(self, subscriber: Subscriber) -> bool:
        """Whether a subscriber that is catching up has access; it ends if not."""
        return subscriber.renew(await self.access.roles([subscriber.identity]))

    def hint(self, sequence: int) -> None:
        """Note that the log has a change with this number."""
        for waiter in self.waiters:
            waiter.note(sequence)
        if sequence > self.position:
            self._is_behind = True
            self._read_if_behind()

    def _read_if_behind(self) -> None:
        if self.groups and self._is_behind and not self._is_reading:
            self._is_reading = True
            self.spawn(self._read())

    async def _read(self) -> None:
        pause = FIRST_PAUSE
        try:
            while self.groups and self._is_behind:
                # Before reading: a hint that comes meanwhile may be of a change that is not read.
                self._is_behind = False
                texts = self._texts()
                try:
                    changes = await self.page(self.position, texts)
                except Exception as error:  # noqa: BLE001 - logged, and tried again
                    self._is_behind = True
                    log_failure("the log could not be read; trying again", error)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
                    continue
                pause = FIRST_PAUSE
                if len(changes) == PAGE:
                    self._is_behind = True
                if not self._texts() <= texts:
                    # A group has come that needs more of them.
                    self._is_behind = True
                elif changes:
                    # Before the groups get them: who joins from now on has seen these changes.
                    self.position = changes[-1].sequence
                    for group in list(self.groups.values()):
                        group.add(changes)
        finally:
            self._is_reading = False
            self._read_if_behind()

    def _texts(self) -> frozenset[str]:
        """The long texts of changes that any group shows."""
        return frozenset().union(*(group.texts for group in self.groups.values()))

    async def page(self, after: int, texts: frozenset[str]) -> Sequence[Change]:
        """Read the changes after a number, with some of their long texts."""
        unread = [name for name in long_texts(Change) if name not in texts]
        options = [defer(getattr(Change, name), raiseload=True) for name in unread]

        async def read(session: AsyncSession) -> Sequence[Change]:
            # scope: the changes of a workspace are visible to its members, which all subscribers
            # are, and are asked to be again before they get them.
            page = select(Change).where(
                Change.workspace_id == self.workspace_id, Change.sequence > after
            )
            page = page.order_by(Change.sequence).limit(PAGE).options(*options)
            return (await session.scalars(page)).all()

        async with self.hub.reads.slot(f"live {self.workspace_id}"):
            return await self.hub.database.read(read)


class Waiter:
    """Waits for changes of a workspace."""

    def __init__(self, position: int) -> None:
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
