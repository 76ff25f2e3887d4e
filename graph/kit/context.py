"""What the machinery needs of a request."""

from collections.abc import Awaitable, Iterable
from contextlib import AsyncExitStack
from typing import Any, Protocol, TypeVar

import strawberry

from graph.kit.loading.loaders import Batch, Loaders, Source
from graph.kit.loading.read_sessions import Within
from models.viewer import Viewer

K = TypeVar("K")
V = TypeVar("V")


class KitContext(Protocol):
    """The part of the context that the machinery uses."""

    @property
    def viewer(self) -> Viewer: ...

    @property
    def source(self) -> Source: ...

    @property
    def loaders(self) -> Loaders: ...

    def look_again(self, viewer: Viewer, known: Iterable[Any] = ()) -> None:
        """Forgets what was loaded: something may have been written. Some rows are known."""
        ...

    async def present_viewer(self) -> Viewer:
        """The viewer with the roles they have now, known anew if that is not just known."""
        ...

    async def stay_within(
        self, reads: Within, viewer: Viewer, known: Iterable[Any], stack: AsyncExitStack
    ) -> None:
        """Reads inside a transaction from here on, until the operation settles."""
        ...

    async def settle(self) -> None:
        """Undoes what was only tried out."""
        ...

    def load(self, batch: Batch[K, V], key: K) -> Awaitable[V]:
        """One result of a batch."""
        ...


KitInfo = strawberry.Info[KitContext, Any]
