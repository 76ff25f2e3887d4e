"""The part of a request's context that the kit uses."""

from collections.abc import Awaitable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.loading.loaders import Batch, Loaders, ReadScope
from graph.kit.loading.read_sessions import TransactionReads
from models.viewer import Viewer

K = TypeVar("K")
V = TypeVar("V")


class KitContext(Protocol):
    @property
    def viewer(self) -> Viewer: ...

    @property
    def scope(self) -> ReadScope: ...

    @property
    def loaders(self) -> Loaders: ...

    def reset_loaders(self, viewer: Viewer, known: Iterable[Any] = ()) -> None:
        """Discard what was loaded, because something was written; prime the known rows."""
        ...

    async def current_viewer(self) -> Viewer:
        """Return the viewer with their current roles, read again unless they were just read."""
        ...

    async def renew_viewer(self) -> None:
        """Read the viewer again. Raises `Unauthenticated` if the credential is not valid now."""
        ...

    async def is_access_current(self, session: AsyncSession) -> bool:
        """Whether the viewer may still read what the session has read."""
        ...

    async def write_log_with_access(self, session: AsyncSession) -> bool:
        """Write the session's changes to the log; return whether the viewer may commit them.

        The answer stays true until the commit.
        """
        ...

    def write_slot(self, *, dry_run: bool) -> AbstractAsyncContextManager[None]:
        """Return what to hold during a transaction; entering it waits for the caller's turn."""
        ...

    async def begin_dry_run(
        self, reads: TransactionReads, viewer: Viewer, known: Iterable[Any]
    ) -> None:
        """Read inside the transaction of a dry run until it ends."""
        ...

    async def end_dry_run(self) -> None:
        """Roll back the dry run in progress, if any."""
        ...

    def load(self, batch: Batch[K, V], key: K) -> Awaitable[V]:
        """Load the result of a batch for a key."""
        ...


KitInfo = strawberry.Info[KitContext, Any]
