"""What a resolver has at hand: the viewer, and a way to rows."""

import time
from collections.abc import Awaitable, Hashable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry

from graph.auth.authenticator import Authenticator
from graph.auth.identity import Identity
from graph.kit.loading.loaders import Batch, Loaders, ReadScope
from graph.kit.loading.read_sessions import PooledReads, SessionSource, TransactionReads
from graph.kit.relations.batches import RowBatch
from graph.operations.budgets import Budgets, BudgetStatus
from graph.operations.cost import OperationCost
from graph.operations.limits import Limits
from models import AccessToken, Permission, Session, User, Viewer, Workspace
from models.database import Database

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


#: Seconds for which it is known what a viewer may do: within a long request it is asked again.
ROLES_FRESH_SECONDS = 0.5


@dataclass(frozen=True)
class Server:
    """What all operations share."""

    database: Database
    authenticator: Authenticator
    budgets: Budgets
    limits: Limits
    read_concurrency: int


@dataclass(frozen=True)
class Sender:
    """What a request says of whoever sends it."""

    address: str = ""
    user_agent: str | None = None


class Context:
    """One operation: who asks, and what was loaded for them so far."""

    def __init__(self, server: Server, identity: Identity, sender: Sender) -> None:
        self.server = server
        self.database = server.database
        self.limits = server.limits
        self.identity = identity
        self.sender = sender
        self.caller = server.budgets.caller(identity.viewer.user_id, sender.address)
        #: The estimated cost of the operation, once it has been parsed and validated.
        self.cost = OperationCost()
        #: The secret of a session that was begun, or none where it was ended.
        self.session_cookie: str | None = None
        self.is_signed_out = False
        self._identified = time.monotonic()
        self._is_closed = False
        self._reads = PooledReads(self.database, server.read_concurrency)
        #: What holds the transaction of a dry run open, and the viewer as they were before.
        self._dry_run: tuple[AsyncExitStack, Viewer] | None = None
        self._read_by(self._reads, identity.viewer)
        self._remember_identity()

    @property
    def viewer(self) -> Viewer:
        """Who asks."""
        return self.source.viewer

    @property
    def budget_status(self) -> BudgetStatus:
        """The budget of the caller."""
        return self.server.budgets.budget_status(self.caller)

    async def charge(self, cost: int) -> None:
        """Charge the caller's budget; raise `RateLimited` if too little is left."""
        await self.server.budgets.charge(self.caller, cost)

    async def refund(self, cost: int) -> None:
        """Return what was charged and not needed to the caller's budget."""
        await self.server.budgets.refund(self.caller, cost)

    def set_identity(self, identity: Identity) -> None:
        """Goes on as somebody else, who has just signed in or out."""
        self.identity = identity
        self._identified = time.monotonic()
        self._read_by(self._reads, identity.viewer)
        self._remember_identity()

    @property
    def hides_schema(self) -> bool:
        """Whether errors may not tell what the caller did not say."""
        return self.viewer.user_id is None or not self.limits.introspection

    def reset_loaders(self, viewer: Viewer, known: Iterable[Any] = ()) -> None:
        """Forgets what was loaded: something may have been written. Some rows are known."""
        self._read_by(self._reads, viewer, known)

    async def current_viewer(self) -> Viewer:
        """The viewer with the roles they have now, known anew if that is not just known."""
        if time.monotonic() - self._identified > ROLES_FRESH_SECONDS:
            self._identified = time.monotonic()
            self.identity = await self.identity.refreshed()
            return self.identity.viewer
        return self.viewer

    async def read_in_transaction(
        self, reads: TransactionReads, viewer: Viewer, known: Iterable[Any], stack: AsyncExitStack
    ) -> None:
        """Reads inside a transaction from here on, until the operation settles.

        Meanwhile nothing but that transaction's own connection is awaited.
        """
        if self._is_closed:
            await stack.aclose()
            return
        self._dry_run = (stack, self.viewer)
        self._read_by(reads, viewer, known)

    async def end_dry_run(self) -> None:
        """Undoes what was only tried out."""
        if self._dry_run is None:
            return
        (stack, viewer), self._dry_run = self._dry_run, None
        # Nothing that reads in the transaction is cut short: its connection is used again.
        await self.loaders.finish()
        await stack.aclose()
        self._read_by(self._reads, viewer)

    def _read_by(self, reads: SessionSource, viewer: Viewer, known: Iterable[Any] = ()) -> None:
        self.source = ReadScope(self.database, viewer)
        self.loaders = Loaders(self.source, reads)
        for row in known:
            self.loaders.of(RowBatch(type(row))).prime(row.id, row)

    def load(self, batch: Batch[K, V], key: K) -> Awaitable[V]:
        """One result of a batch, loaded together with those that others ask for."""
        return self.loaders.of(batch).load(key)

    async def close(self) -> None:
        """Ends the operation: nothing it began goes on, and it holds no connection."""
        self._is_closed = True
        await self.end_dry_run()
        await self.loaders.close()

    def _remember_identity(self) -> None:
        """Keeps the rows that told who asks from being loaded again."""
        identity = self.identity
        if identity.user is not None:
            self.loaders.of(RowBatch(User)).prime(identity.user.id, identity.user)
        credential = identity.credential
        if isinstance(credential, (AccessToken, Session)) and identity.viewer.can(
            Permission.ACCOUNT
        ):
            self.loaders.of(RowBatch(type(credential))).prime(credential.id, credential)
        for workspace in identity.workspaces:
            self.loaders.of(RowBatch(Workspace)).prime(workspace.id, workspace)
            self.loaders.of(RowBatch(Workspace, "slug")).prime(workspace.slug, workspace)


Info = strawberry.Info[Context, None]
