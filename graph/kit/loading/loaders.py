"""Loaders: many resolvers ask for one row each, one statement answers them all.

A batch says what is loaded: an immutable value with a function from keys to results. The
loader of a batch is found by the batch itself; equal batches share a loader and its cache,
which live for one operation.
"""

import asyncio
from collections.abc import Hashable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from aiodataloader import DataLoader, dispatch_queue_batch, failed_dispatch, get_chunks
from aiodataloader import Loader as QueuedKey
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.loading.read_sessions import SessionSource
from models.base import now
from models.database import Database
from models.viewer import Viewer

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
KeyT = TypeVar("KeyT", bound=Hashable, contravariant=True)
ValueT = TypeVar("ValueT", covariant=True)

#: The most keys of one statement; more are loaded in several, one after another.
MAX_KEYS = 2000
#: How many turns of the event loop it takes a loaded row to reach the resolvers of its fields.
LOOP_TURNS = 5


class Batch(Protocol[KeyT, ValueT]):
    """What is loaded. Hashable: equal batches are one."""

    #: Whether rows that other batches are loading now could ask this one for more keys, so
    #: that it is worth waiting for them.
    @property
    def waits_for_others(self) -> bool: ...

    async def load(
        self, session: AsyncSession, source: "ReadScope", keys: Sequence[KeyT]
    ) -> Sequence[ValueT]:
        """The results for `keys`, one for each and in their order, in one statement."""


class ReadScope:
    """What a batch reads from, and for whom."""

    def __init__(self, database: Database, viewer: Viewer) -> None:
        self.database = database
        self.viewer = viewer
        #: One now for the whole operation.
        self.now = now()


class Loaders:
    """All loaders of one operation."""

    def __init__(self, source: ReadScope, reads: SessionSource) -> None:
        self.source = source
        self.reads = reads
        self._loaders: dict[Any, Loader[Any, Any]] = {}
        self._running: dict[asyncio.Task[None], bool] = {}

    def of(self, batch: Batch[K, V]) -> "Loader[K, V]":
        """The loader of a batch."""
        loader = self._loaders.get(batch)
        if loader is None:
            loader = self._loaders[batch] = Loader(self, batch)
        return loader

    async def finish(self) -> None:
        """Waits for what is still being loaded."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def close(self) -> None:
        """Ends what is still being loaded, and gives its connections back."""
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def start(self, loader: "Loader[Any, Any]") -> None:
        """Dispatches a loader's queue in a task of its own."""
        task = asyncio.ensure_future(loader.dispatch())
        self._running[task] = loader.batch_to_load.waits_for_others
        task.add_done_callback(self._running.pop)

    def others(self) -> list[asyncio.Task[None]]:
        """The dispatches under way whose rows could ask for more keys."""
        return [task for task, waits_for_others in self._running.items() if not waits_for_others]


class Loader(DataLoader[K, V], Generic[K, V]):
    """A `DataLoader` that survives the cancellation of those who wait for it.

    graphql-core cancels the siblings of a field that failed. Each caller therefore waits on a
    future of its own: the one in the cache is shared with fields that go on.
    """

    def __init__(self, loaders: Loaders, batch: Batch[K, V]) -> None:
        self.batch_to_load = batch
        self._loaders_of = loaders
        super().__init__()

    async def batch_load_fn(self, keys: list[K]) -> list[V]:
        """Runs the batch's statement in a session of its own."""
        source = self._loaders_of.source

        async def load(session: AsyncSession) -> list[V]:
            return list(await self.batch_to_load.load(session, source, keys))

        return await self._loaders_of.reads.read(load)

    def load(self, key: K) -> "asyncio.Future[V]":
        """A future of the caller's own for the result of a key."""
        return asyncio.shield(super().load(key))

    def do_resolve_reject(self, key: K, future: "asyncio.Future[V]") -> None:
        """Queues a key; the first one of a queue starts its dispatch."""
        future.add_done_callback(_mark_retrieved)
        self._queue.append(QueuedKey(key=key, future=future))
        if len(self._queue) == 1:
            self._loaders_of.start(self)

    async def dispatch(self) -> None:
        """Collects keys, loads them in as few statements as may be, and answers the callers."""
        queue: list[QueuedKey] = []
        try:
            await self._collect()
            async with self._loaders_of.reads.slots:
                # Taken only now: while it waited for a place, more keys have come.
                queue, self._queue = self._queue, []
                for chunk in get_chunks(queue, getattr(self.batch_to_load, "max_keys", MAX_KEYS)):
                    await dispatch_queue_batch(self, chunk)
        except asyncio.CancelledError:
            # aiodataloader would leave them waiting for ever.
            failed_dispatch(self, queue + self._queue, LoadCancelled())
            raise

    async def _collect(self) -> None:
        """Lets all resolvers that are ready ask for their keys."""
        await _run_loop_turns(LOOP_TURNS)
        if self.batch_to_load.waits_for_others and (others := self._loaders_of.others()):
            await asyncio.wait(others)
            await _run_loop_turns(LOOP_TURNS)


class LoadCancelled(Exception):
    """The operation ended before this was loaded."""


def _mark_retrieved(future: "asyncio.Future[Any]") -> None:
    """Counts an error as heard: whoever asked for the key may have been cancelled since."""
    if not future.cancelled():
        future.exception()


async def _run_loop_turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
