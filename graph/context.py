"""What a resolver has at hand: the viewer, and a way to rows."""

from collections.abc import Awaitable, Hashable
from typing import TypeVar

import strawberry

from graph.auth import Identity
from graph.kit.batches import ByColumn
from graph.kit.loaders import Batch, Loaders, Source
from graph.kit.session import Reads
from models import User, Viewer, Workspace
from models.database import Database

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Context:
    """One operation: who asks, and what was loaded for them so far."""

    def __init__(self, database: Database, identity: Identity, read_concurrency: int) -> None:
        self.database = database
        self.identity = identity
        self.source = Source(database, identity.viewer)
        self.loaders = Loaders(self.source, Reads(database, read_concurrency))
        self._remember_identity()

    @property
    def viewer(self) -> Viewer:
        """Who asks."""
        return self.identity.viewer

    def load(self, batch: Batch[K, V], key: K) -> Awaitable[V]:
        """One result of a batch, loaded together with those that others ask for."""
        return self.loaders.of(batch).load(key)

    async def close(self) -> None:
        """Ends the operation: nothing it began goes on, and it holds no connection."""
        await self.loaders.close()

    def _remember_identity(self) -> None:
        """Keeps the rows that told who asks from being loaded again."""
        identity = self.identity
        if identity.user is not None:
            self.loaders.of(ByColumn(User)).prime(identity.user.id, identity.user)
        for workspace in identity.workspaces:
            self.loaders.of(ByColumn(Workspace)).prime(workspace.id, workspace)
            self.loaders.of(ByColumn(Workspace, "slug")).prime(workspace.slug, workspace)


Info = strawberry.Info[Context, None]
