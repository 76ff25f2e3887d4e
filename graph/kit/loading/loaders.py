"""Data loaders: collect the keys that resolvers ask for, and load them in one statement.

A batch says what to load: it is an immutable value with a function from keys to results. Equal
batches share one loader and its cache. Loaders live for one operation.
"""

import asyncio
from collections.abc import Hashable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from aiodataloader import DataLoader, dispatch_queue_batch, failed_dispatch, get_chunks
from aiodataloader import Loader as QueuedKey
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.loading.read_sessions import SessionSource
from graph.kit.loading.texts import MAX_ROWS, LongTexts
from graph.kit.trace import traced
from models.base import now
from models.database import Database
from models.viewer import Viewer

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
KeyT = TypeVar("KeyT", bound=Hashable, contravariant=True)
ValueT = TypeVar("ValueT", covariant=True)

#: The most keys of one statement; more keys are loaded in several statements.
MAX_KEYS = 2000
#: Turns of the event loop until the resolvers of a loaded row's fields have run.
LOOP_TURNS = 5


class Batch(Protocol[KeyT, ValueT]):
    """What to load. Batches are hashable; equal batches are loaded together."""

    #: Whether to wait for batches that are loading now, because their rows may need more keys of
    #: this batch.
    @property
    def waits_for_others(self) -> bool: ...

    # A batch may also have
    #     max_keys: int                                 the most keys of one statement
    #     rows_with_texts(scope: ReadScope) -> int      the most rows of a key that are loaded with
    #                                                   long texts

    async def load(
        self, session: AsyncSession, scope: "ReadScope", keys: Sequence[KeyT]
    ) -> Sequence[ValueT]:
        """Return one result for each key, in their order, from one statement."""


class ReadScope:
    """The database, the viewer and the texts of an operation: what its batches may read."""

    def __init__(self, database: Database, viewer: Viewer, texts: LongTexts | None = None) -> None:
        self.database = database
        self.viewer = viewer
        self.texts = texts or LongTexts()
        #: The time of the whole operation.
        self.now = now()


class Loaders:
    """The loaders of one operation."""

    def __init__(self, scope: ReadScope, reads: SessionSource) -> None:
        self.scope = scope
        self.reads = reads
        self._loaders: dict[Any, Loader[Any, Any]] = {}
        self._running: dict[asyncio.Task[None], bool] = {}

    def of(self, batch: Batch[K, V]) -> "Loader[K, V]":
        loader = self._loaders.get(batch)
        if loader is None:
            loader = self._loaders[batch] = Loader(self, batch)
        return loader

    async def finish(self) -> None:
        """Wait for the loads in progress."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def close(self) -> None:
        """Cancel the loads in progress, and wait until they have returned their connections."""
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def start(self, loader: "Loader[Any, Any]") -> None:
        """Dispatch a loader's queue in a new task."""
        task = asyncio.ensure_future(loader.dispatch())
        self._running[task] = loader.batch_to_load.waits_for_others
        task.add_done_callback(self._running.pop)

    def others(self) -> list[asyncio.Task[None]]:
        """Return the dispatches in progress whose rows may need more keys."""
        return [task for task, waits_for_others in self._running.items() if not waits_for_others]


class Loader(DataLoader[K, V], Generic[K, V]):
    """A `DataLoader` that survives the cancellation of its callers.

    graphql-core cancels the siblings of a failed field. Each caller therefore awaits a private
    future: the cached future is shared with fields that are not canceled.
    """

    def __init__(self, loaders: Loaders, batch: Batch[K, V]) -> None:
        self.batch_to_load = batch
        self._loaders_of = loaders
        #: Callers of keys that are loaded already. They wait for the current batch, too, so that
        #: the fields below all rows of a list load together.
        self._waiting: list[tuple[asyncio.Future[V], asyncio.Future[V]]] = []
        super().__init__()

    async def batch_load_fn(self, keys: list[K]) -> list[V]:
        scope = self._loaders_of.scope
        scope.texts.check()

        async def load(session: AsyncSession) -> list[V]:
            return list(await self.batch_to_load.load(session, scope, keys))

        with traced("load", describe_batch(self.batch_to_load), keys=len(keys)):
            return await self._loaders_of.reads.read(load)

    def load(self, key: K) -> "asyncio.Future[V]":
        """Return a private future for the result of a key."""
        found = super().load(key)
        if not found.done():
            return asyncio.shield(found)
        private: asyncio.Future[V] = self.loop.create_future()
        private.add_done_callback(_mark_retrieved)
        self._waiting.append((private, found))
        self._start_with_first()
        return private

    def do_resolve_reject(self, key: K, future: "asyncio.Future[V]") -> None:
        """Queue a key."""
        future.add_done_callback(_mark_retrieved)
        self._queue.append(QueuedKey(key=key, future=future))
        self._start_with_first()

    def _start_with_first(self) -> None:
        """Start a dispatch with the first key of a batch."""
        if len(self._queue) + len(self._waiting) == 1:
            self._loaders_of.start(self)

    async def dispatch(self) -> None:
        """Collect keys, load them in as few statements as possible, and resolve the futures."""
        queue: list[QueuedKey] = []
        waiting: list[tuple[asyncio.Future[V], asyncio.Future[V]]] = []
        try:
            await self._collect()
            if self._queue:
                async with self._loaders_of.reads.slot():
                    # Only now: keys may have been added while this waited for a slot.
                    queue, self._queue = self._queue, []
                    waiting, self._waiting = self._waiting, []
                    for chunk in get_chunks(queue, self._max_keys):
                        await dispatch_queue_batch(self, chunk)
            else:
                waiting, self._waiting = self._waiting, []
        except BaseException as error:
            # aiodataloader would leave their callers waiting forever.
            cause = error if isinstance(error, Exception) else LoadCancelled()
            failed_dispatch(self, queue + self._queue, cause)
            waiting += self._waiting
            self._queue, self._waiting = [], []
            if not isinstance(error, Exception):
                raise
        finally:
            for private, found in waiting:
                _copy_result(found, private)

    @property
    def _max_keys(self) -> int:
        """The most keys of one statement of this batch."""
        most: int = getattr(self.batch_to_load, "max_keys", MAX_KEYS)
        rows_with_texts = getattr(self.batch_to_load, "rows_with_texts", None)
        rows = rows_with_texts(self._loaders_of.scope) if rows_with_texts else 0
        return min(most, max(1, MAX_ROWS // rows)) if rows else most

    async def _collect(self) -> None:
        """Let all resolvers that can run now request their keys."""
        await _run_loop_turns(LOOP_TURNS)
        if self.batch_to_load.waits_for_others and (others := self._loaders_of.others()):
            await asyncio.wait(others)
            await _run_loop_turns(LOOP_TURNS)


def describe_batch(batch: Any) -> str:
    """Return what a batch loads, for traces."""
    parent, model = getattr(batch, "children", None), getattr(batch, "model", None)
    if parent is not None:
        return f"{type(batch).__name__} of {parent.parent.__name__}.{parent.relation}"
    return type(batch).__name__ + (f" of {model.__name__}" if model is not None else "")


class LoadCancelled(Exception):
    """The operation ended before the load was complete."""


def _copy_result(source: "asyncio.Future[V]", target: "asyncio.Future[V]") -> None:
    """Resolve a future with the result of another one, unless its caller was canceled."""
    if target.done():
        return
    if (error := source.exception()) is not None:
        target.set_exception(error)
    else:
        target.set_result(source.result())


def _mark_retrieved(future: "asyncio.Future[Any]") -> None:
    """Retrieve an error, so that asyncio does not report it when the caller was canceled."""
    if not future.cancelled():
        future.exception()


async def _run_loop_turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)
