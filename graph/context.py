"""The context of an operation: its viewer, its loaders and its budget."""

import time
from collections.abc import Awaitable, Hashable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from graph.auth.access import is_access_current
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


#: Seconds until the viewer's roles are read again within a long request.
ROLES_FRESH_SECONDS = 0.5


@dataclass(frozen=True)
class Server:
    """The parts of the server that all operations share."""

    database: Database
    authenticator: Authenticator
    budgets: Budgets
    limits: Limits
    read_concurrency: int


@dataclass(frozen=True)
class Sender:
    """The network address, the user agent and the device cookie of a request's sender."""

    address: str = ""
    user_agent: str | None = None
    device_cookie: str = ""


class Context:
    """The context of one operation."""

    def __init__(self, server: Server, identity: Identity, sender: Sender) -> None:
        self.server = server
        self.database = server.database
        self.limits = server.limits
        self.identity = identity
        self.sender = sender
        self.caller = server.budgets.caller(identity.viewer.user_id, sender.address)
        #: The estimated cost, once it is computed.
        self.cost = OperationCost()
        #: The secret of a session that the operation started.
        self.session_cookie: str | None = None
        #: The new device cookie of a client that has signed in with a password.
        self.device_cookie: str | None = None
        self.is_signed_out = False
        self._identified = time.monotonic()
        self._is_closed = False
        self._reads = PooledReads(self.database, server.read_concurrency)
        #: The open transaction of a dry run, and the viewer before it.
        self._dry_run: tuple[AsyncExitStack, Viewer] | None = None
        self._read_by(self._reads, identity.viewer)
        self._prime_identity()

    @property
    def viewer(self) -> Viewer:
        return self.scope.viewer

    @property
    def budget_status(self) -> BudgetStatus:
        return self.server.budgets.budget_status(self.caller)

    async def charge(self, cost: int) -> None:
        """Charge the caller's budget. Raises `RateLimited`."""
        await self.server.budgets.charge(self.caller, cost)

    async def refund(self, cost: int) -> None:
        """Refund a part of what was charged."""
        await self.server.budgets.refund(self.caller, cost)

    def set_identity(self, identity: Identity) -> None:
        """Continue as another user, who has just signed in or out."""
        self.identity = identity
        self._identified = time.monotonic()
        self._read_by(self._reads, identity.viewer)
        self._prime_identity()

    @property
    def hides_schema(self) -> bool:
        """Whether error messages must not reveal names of the schema."""
        return self.viewer.user_id is None or not self.limits.introspection

    def reset_loaders(self, viewer: Viewer, known: Iterable[Any] = ()) -> None:
        """Discard what was loaded, because something was written; prime the known rows."""
        self._read_by(self._reads, viewer, known)

    async def current_viewer(self) -> Viewer:
        """Return the viewer with their current roles, read again unless they were just read."""
        if time.monotonic() - self._identified > ROLES_FRESH_SECONDS:
            self._identified = time.monotonic()
            self.identity = await self.identity.refreshed()
            return self.identity.viewer
        return self.viewer

    async def renew_viewer(self) -> None:
        """Read the viewer again. Raises `Unauthenticated` if the credential is not valid now."""
        self.set_identity(await self.identity.refreshed())

    async def is_access_current(self, session: AsyncSession) -> bool:
        """Whether the viewer may still write what the session has written, until its commit."""
        return await is_access_current(session, self.identity, self.viewer)

    async def read_in_transaction(
        self, reads: TransactionReads, viewer: Viewer, known: Iterable[Any], stack: AsyncExitStack
    ) -> None:
        """Read inside a transaction until the dry run ends; `stack` then rolls it back.

        Meanwhile the operation awaits no other connection.
        """
        if self._is_closed:
            await stack.aclose()
            return
        self._dry_run = (stack, self.viewer)
        self._read_by(reads, viewer, known)

    async def end_dry_run(self) -> None:
        """Roll back the dry run in progress, if any."""
        if self._dry_run is None:
            return
        (stack, viewer), self._dry_run = self._dry_run, None
        # Reads in the transaction finish first, because its connection is reused.
        await self.loaders.finish()
        await stack.aclose()
        self._read_by(self._reads, viewer)

    def _read_by(self, reads: SessionSource, viewer: Viewer, known: Iterable[Any] = ()) -> None:
        self.scope = ReadScope(self.database, viewer)
        self.loaders = Loaders(self.scope, reads)
        for row in known:
            self.loaders.of(RowBatch(type(row))).prime(row.id, row)

    def load(self, batch: Batch[K, V], key: K) -> Awaitable[V]:
        """Load the result of a batch for a key, together with other requested keys."""
        return self.loaders.of(batch).load(key)

    async def close(self) -> None:
        """End the operation: roll back a dry run, cancel loads and return all connections."""
        self._is_closed = True
        await self.end_dry_run()
        await self.loaders.close()

    def _prime_identity(self) -> None:
        """Prime the loaders with the rows that authentication has read."""
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
