"""All feeds of a process, and how they learn of new changes.

The log is the truth; everything that says where to look is a hint. Commits of this process say so
at once, those of other processes by PostgreSQL's notifications. A poll finds what was missed, and
who has lost access.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.errors import RateLimited
from graph.live.access import AccessCheck
from graph.live.failures import log_failure
from graph.live.feed import Feed, Waiter
from graph.live.listener import ChangeListener
from graph.live.recent import KeptFor
from graph.live.subscriber import Restarting, Subscriber
from graph.operations.fair_slots import FairSlots
from graph.settings import Settings
from models import Workspace
from models.database import Database

#: Workspaces that one statement looks at.
MAX_WORKSPACES = 1000
#: Pages of the log that are read for single subscribers at once, in all and for one caller.
MAX_CATCH_UPS, CATCH_UPS_PER_CALLER = 8, 2
#: How much more recent events a group keeps than may wait for a single client.
RECENT_RATIO = 8
#: Groups that keep recent events for one user.
MAX_GROUPS_BEHIND = 10
#: What takes a turn for a connection.
CALLER = "live poll"


class LiveHub:
    """The feeds of the workspaces that anybody has subscribed to."""

    def __init__(self, database: Database, reads: FairSlots, settings: Settings) -> None:
        self.database = database
        self.reads = reads
        self.access = AccessCheck(database, reads)
        self.feeds: dict[UUID, Feed] = {}
        self._pace = FairSlots(1, 1)
        #: The turns of subscribers to read a page of the log, and to execute it.
        self.catch_ups = FairSlots(MAX_CATCH_UPS, CATCH_UPS_PER_CALLER)
        self._max_of_user = settings.max_subscriptions_per_user
        self._count_of: Counter[str] = Counter()
        #: Bytes of the recent events of a group.
        self.max_recent_size = settings.max_unsent_size * RECENT_RATIO
        self.kept = KeptFor(MAX_GROUPS_BEHIND)
        #: Seconds that an execution may take.
        self.request_timeout = settings.request_timeout
        self._poll_interval = settings.poll_interval
        listens = database.kind == "postgresql" and (
            not settings.pgbouncer or settings.listen_url is not None
        )
        self._listener: ChangeListener | None = None
        if listens:
            self._listener = ChangeListener(
                database, settings.listen_url, self._hint, self._poll_soon
            )
        self._tasks: set[asyncio.Task[None]] = set()
        self._watchers: list[asyncio.Task[None]] = []
        self._poll_now = asyncio.Event()
        self._is_closed = False

    def subscribe(self, subscriber: Subscriber) -> None:
        """Start a subscription, which sends its events to the subscriber's sink."""
        if self._is_closed:
            subscriber.end(Restarting())
            return
        name = subscriber.caller.name
        if self._count_of[name] >= self._max_of_user:
            subscriber.end(RateLimited(f"At most {self._max_of_user} subscriptions run at once."))
            return
        self._count_of[name] += 1
        source = subscriber.operation.source
        self._feed(source.workspace_id, source.newest).subscribe(subscriber)

    def forget(self, subscriber: Subscriber) -> None:
        """Count a subscriber no longer."""
        name = subscriber.caller.name
        self._count_of[name] -= 1
        if not self._count_of[name]:
            del self._count_of[name]

    @asynccontextmanager
    async def waiter(self, workspace_id: UUID, position: int) -> "AsyncIterator[Waiter]":
        """Wait for changes during an `async with` block, without a subscriber."""
        if self._is_closed:
            raise Restarting
        feed = self._feed(workspace_id, position)
        waiter = Waiter(position)
        feed.waiters.add(waiter)
        try:
            yield waiter
        finally:
            feed.waiters.discard(waiter)
            feed.drop_if_unused()

    def _feed(self, workspace_id: UUID, position: int) -> Feed:
        feed = self.feeds.get(workspace_id)
        if feed is None:
            feed = self.feeds[workspace_id] = Feed(self, workspace_id, position)
            self._watch()
        return feed

    def drop(self, feed: Feed) -> None:
        """Forget a feed without subscribers."""
        if self.feeds.get(feed.workspace_id) is feed:
            del self.feeds[feed.workspace_id]

    async def pace(self, caller: str) -> None:
        """Let the event loop serve others, before work that takes it for a millisecond.

        Of all that wait here, one goes on in each turn of the loop, and callers take turns. Nothing
        else is awaited meanwhile, so that no group waits for the database of another.
        """
        async with self._pace.slot(caller):
            await asyncio.sleep(0)

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Run a coroutine in a task that ends with the hub."""
        # In an empty context: it is not part of the operation that starts it.
        task = asyncio.get_running_loop().create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def subscribers(self) -> list[Subscriber]:
        return [one for feed in self.feeds.values() for one in feed.subscribers]

    def end_all(self) -> None:
        """Tell all subscribers to reconnect, and accept no others."""
        self._is_closed = True
        for subscriber in self.subscribers:
            subscriber.end(Restarting())

    async def close(self) -> None:
        """End all subscriptions, and stop watching."""
        self.end_all()
        if self._watchers:
            self.database.commit_listeners.remove(self._committed)
        tasks = [*self._watchers, *self._tasks]
        self._watchers = []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.access.close()

    def _watch(self) -> None:
        """Start to look for changes, when there is the first subscriber."""
        if self._watchers:
            return
        self.database.commit_listeners.append(self._committed)
        works = [self._poll_forever()]
        if self._listener is not None:
            works.append(self._listener.run())
        loop = asyncio.get_running_loop()
        self._watchers = [loop.create_task(work, context=Context()) for work in works]

    def _committed(self, sequences: Mapping[UUID, int]) -> None:
        for workspace_id, sequence in sequences.items():
            self._hint(workspace_id, sequence)

    def _hint(self, workspace_id: UUID, sequence: int) -> None:
        feed = self.feeds.get(workspace_id)
        if feed is not None:
            feed.hint(sequence)

    def _poll_soon(self) -> None:
        self._poll_now.set()

    async def _poll_forever(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._poll_interval):
                    await self._poll_now.wait()
            except TimeoutError:
                pass
            self._poll_now.clear()
            try:
                await self._poll()
            except Exception as error:  # noqa: BLE001 - logged, and tried again
                log_failure("the poll for changes failed; trying again", error)

    async def _poll(self) -> None:
        """Find changes that no hint has announced, and subscribers that have lost access."""
        if not self.feeds:
            return
        keys = list(self.feeds)
        for start in range(0, len(keys), MAX_WORKSPACES):
            for workspace_id, sequence in await self._sequences(keys[start:][:MAX_WORKSPACES]):
                self._hint(workspace_id, sequence)
        subscribers = self.subscribers
        roles = await self.access.roles([one.identity for one in subscribers])
        for one in subscribers:
            if one.feed is not None:
                one.feed.renew(one, roles)

    async def _sequences(self, keys: list[UUID]) -> list[Any]:
        async def read(session: AsyncSession) -> list[Any]:
            # scope: only the numbers of the newest changes, for the server itself.
            query = select(Workspace.id, Workspace.sequence).where(Workspace.id.in_(keys))
            return list((await session.execute(query)).all())

        async with self.reads.slot(CALLER):
            return await self.database.read(read)
