"""What the machinery needs of a request."""

from collections.abc import Awaitable
from typing import Any, Protocol, TypeVar

import strawberry

from graph.kit.loaders import Batch, Loaders, Source
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

    def load(self, batch: Batch[K, V], key: K) -> Awaitable[V]:
        """One result of a batch."""
        ...


KitInfo = strawberry.Info[KitContext, Any]
