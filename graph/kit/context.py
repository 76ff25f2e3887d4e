"""What the machinery needs of a request."""

from collections.abc import Awaitable, Iterable
from contextlib import AsyncExitStack
from typing import Any, Protocol, TypeVar

import strawberry

from graph.kit.loading.loaders import Batch, Loaders, ReadScope
from graph.kit.loading.read_sessions import TransactionReads
from models.viewer import Viewer

K = TypeVar("K")
V = TypeVar("V")


class KitContext(Protocol):
    """The part of the context that the machinery uses."""

    @property
    def viewer(self) -> Viewer: ...

    @property
    def source(self) -> ReadScope: ...

    @property
    def loaders(self) -> Loaders: ...

    def reset_loaders(self, viewer: Viewer, known: Iterable[Any] = ()) -> None:
        """Forgets what was loaded: something may have been written. Some rows are known."""
        ...

    async def current_viewer(self) -> Viewer:
        """The viewer with the roles they have now, known anew if that is not just known."""
        ...

    async def read_in_transaction(
        self, reads: TransactionReads, viewer: Viewer, known: Iterable[Any], stack: AsyncExitStack
    ) -> None:
        """Reads inside a transaction from here on, until the operation settles."""
        ...

    async def end_dry_run(self) -> None:
        """Undoes what was only tried out."""
        ...

    def load(self, batch: Batch[K, V], key: K) -> Awaitable[V]:
        """One result of a batch."""
        ...


KitInfo = strawberry.Info[KitContext, Any]
