"""The context of an operation: its viewer, its loaders and its budget."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from graph.auth.access import is_access_current, write_log_with_access
from graph.auth.authenticator import Authenticator
from graph.auth.identity import Identity
from graph.kit.loading.loaders import Batch, Loaders, ReadScope
from graph.kit.loading.read_sessions import PooledReads, SessionSource, TransactionReads
from graph.kit.loading.texts import LongTexts
from graph.kit.relations.batches import RowBatch
from graph.kit.trace import Trace, traced
from graph.live.hub import LiveHub
from graph.operations import budgets
from graph.operations.budgets import Budgets, BudgetStatus, cost_of_time
from graph.operations.fair_slots import FairSlots
from graph.operations.filter_cost import UnindexedConditions
from graph.operations.limits import LimitExceeded, Limits
from graph.operations.operation_cost import REQUEST_COST
from graph.operations.parser_thread import PARSER_THREAD, ComputingThread
from graph.operations.prepared import PreparedOperation
from graph.operations.pricing import NO_PRICE, Price
from graph.operations.usage import Usage
from models import AccessToken, Permission, Session, User, Viewer
from models.base import Base
from models.database import Database

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")

#: Seconds until the viewer's roles are read again within a long request.
ROLES_FRESH_SECONDS = 0.5
#: Operations that are executed at once, in all and of one caller, and how many of a caller wait.
MAX_OPERATIONS, OPERATIONS_PER_CALLER, MOST_WAITING = 10_000, 8, 250


@dataclass(frozen=True)
class Server:
    """The parts of the server that all operations share."""

    database: Database
    authenticator: Authenticator
    budgets: Budgets
    limits: Limits
    connections: "Connections"
    live: LiveHub
    #: The address of the front end; empty if it is not known.
    web_url: str = ""


class Connections:
    """How many connections operations use, in all and for each caller.

    Some connections for reads remain for authentication, so that it does not wait for operations.
    """

    def __init__(self, database: Database, read_concurrency: int) -> None:
        size = database.options.pool_size
        writes = 1 if database.kind == "sqlite" else size
        reads = max(1, size - max(1, size // 5))
        self.reads = FairSlots(reads, min(read_concurrency, max(1, reads - 1)))
        self.writes = FairSlots(writes, max(1, writes // 3))
        #: Operations that are executed.
        self.operations = FairSlots(MAX_OPERATIONS, OPERATIONS_PER_CALLER, MOST_WAITING)
        self.dry_runs = FairSlots(max(1, writes // 2), 1)


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
        self.cost: Price = NO_PRICE
        #: The secret of a session that the operation started.
        self.session_cookie: str | None = None
        #: The new device cookie of a client that has signed in with a password.
        self.device_cookie: str | None = None
        self.is_signed_out = False
        self._identified = time.monotonic()
        self._is_closed = False
        #: The long texts that the operation may read: none until its fields are known.
        self.texts = LongTexts(set(), self.limits.answer_size)
        #: The time that the operation has used.
        self.usage = Usage()
        self._charged_time = 0
        #: Whether the time is charged to several callers, and not by this context.
        self.is_shared = False
        #: What the operation has been charged for its cost, and whether that is an estimate.
        self.charged_cost = 0
        self._is_estimate_charged = False
        #: The trace of the operation, if its request has asked for one and may have it.
        self.trace: Trace | None = None
        #: Held by work that many fields may do at once, and that takes the event loop for long.
        self.one_at_a_time = asyncio.Lock()
        #: The cost and the conditions of lists that IDs name.
        self._late_cost = 0
        self._late_conditions = UnindexedConditions()
        #: The reads inside the open transaction of a dry run, and the viewer before it.
        self._dry_run: tuple[TransactionReads, Viewer] | None = None
        #: The operation, once it is known.
        self.operation: PreparedOperation | None = None
        #: Whether the operation is a mutation.
        self.has_written = False
        self._pooled_reads = PooledReads(self.database, self.read_slot)
        self._scope: ReadScope | None
        self._loaders: Loaders | None
        self._primes_identity: bool
        self._read_by(self._pooled_reads, identity.viewer, of_identity=True)

    @property
    def scope(self) -> ReadScope:
        """What the operation may read now."""
        if self._scope is None:
            self._scope = ReadScope(self.database, self.viewer, self.texts)
        return self._scope

    @property
    def reads(self) -> SessionSource:
        """Where the operation reads now: from the pool, or inside the transaction of a dry run."""
        return self._reads

    @property
    def loaders(self) -> Loaders:
        """The loaders. They are made when they are first used: many operations use none."""
        if self._loaders is None:
            self._loaders = Loaders(self.scope, self._reads)
            if self._primes_identity:
                self._prime_identity(self._loaders)
        return self._loaders

    @property
    def must_be_closed(self) -> bool:
        """Whether there is anything for `close` to return besides the charge for time."""
        is_reading = self._loaders is not None or self._dry_run is not None
        return is_reading or self._is_estimate_charged

    def known_columns(self, model: type[Base]) -> Mapping[str, Any] | None:
        """Return the columns of the viewer's row if it is of this model."""
        record = self.identity.record
        return record.user_columns if record is not None and model is User else None

    @property
    def budget_status(self) -> BudgetStatus:
        return self.server.budgets.budget_status(self.caller)

    async def charge(self, cost: int) -> None:
        """Charge the caller's budget. Raises `RateLimited`."""
        await self.server.budgets.charge(self.caller, cost)

    async def compute(self, job: Callable[[], T], thread: ComputingThread = PARSER_THREAD) -> T:
        """Run a job that keeps a CPU busy in a thread, and charge the caller for its time."""

        def timed() -> tuple[T, float]:
            started = time.thread_time()
            return job(), time.thread_time() - started

        result, seconds = await thread.run(self.caller.name, timed)
        # The work is done, and must not be lost. In a dry run no other connection may be awaited.
        self.server.budgets.owe(self.caller, int(seconds * budgets.THREAD_COST_PER_SECOND))
        return result

    def set_price(self, price: Price) -> None:
        """Note the estimated cost, and the fields that the operation selects."""
        self.cost = price
        self.texts.selected = price.fields

    async def charge_late(self, cost: int, conditions: UnindexedConditions) -> None:
        """Charge for a list that the price of the operation does not contain, with its conditions.

        Raises `RateLimited`, and `LimitExceeded` if the operation as a whole has too many of them
        or costs too much.
        """
        self._late_conditions.add(conditions)
        self._late_conditions.check()
        self._late_cost += cost
        total, limit = self.cost.total + self._late_cost, self.limits.cost
        if total > limit:
            raise LimitExceeded(
                f"With what its IDs name, the operation could cost {total:,}; the limit is "
                f"{limit:,}. Request fewer groups at once.",
                limit,
                total,
            )
        await self.charge(cost)

    async def charge_price(self, cost: int) -> None:
        """Charge the rest of the estimated cost, until `settle`. Raises `RateLimited`."""
        if cost:
            await self.charge(cost)
        self.charged_cost = self.cost.total
        self._is_estimate_charged = True

    async def settle(self, cost: int) -> None:
        """Refund what was charged in excess of the actual cost, or charge what is missing."""
        charged, self.charged_cost = self.charged_cost, cost
        self._is_estimate_charged = False
        if cost < charged:
            await self.refund(charged - cost)
        elif cost > charged:
            self.server.budgets.owe(self.caller, cost - charged)

    async def refund(self, cost: int) -> None:
        await self.server.budgets.refund(self.caller, cost)

    def charge_time(self, cost: int) -> int:
        """Charge the time used beyond what the cost pays for; return what time has been charged."""
        if self.is_shared:
            return 0
        charge = cost_of_time(self.usage.seconds, cost) - self._charged_time
        if charge > 0:
            self._charged_time += charge
            self.server.budgets.owe(self.caller, charge)
        return self._charged_time

    def unpaid_time(self, cost: int) -> int:
        """Return the time used beyond what a cost pays for, to be charged to several callers."""
        return cost_of_time(self.usage.seconds, cost)

    def set_identity(self, identity: Identity) -> None:
        """Continue as another user, who has just signed in or out."""
        self.identity = identity
        self._identified = time.monotonic()
        self._read_by(self._pooled_reads, identity.viewer, of_identity=True)

    @property
    def hides_schema(self) -> bool:
        """Whether error messages must not reveal names of the schema."""
        return self.viewer.user_id is None or not self.limits.introspection

    def reset_loaders(self, viewer: Viewer, known: Iterable[Any] = ()) -> None:
        """Discard what was loaded, because something was written; prime the known rows."""
        self._read_by(self._pooled_reads, viewer, known)

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
        """Whether the viewer may still read what the session has read."""
        return await is_access_current(session, self.identity, self.viewer)

    async def write_log_with_access(self, session: AsyncSession) -> bool:
        """Write the session's changes to the log; return whether the viewer may commit them.

        The answer stays true until the commit.
        """
        return await write_log_with_access(session, self.identity, self.viewer)

    @asynccontextmanager
    async def read_slot(self) -> AsyncIterator[None]:
        """Hold a connection's place for a read, after waiting for the caller's turn."""
        slots, caller = self.server.connections.reads, self.caller.name
        if self.trace is None:
            await slots.take(caller)
        else:
            with traced("wait", "a connection for reads"):
                await slots.take(caller)
        try:
            with self.usage.measure_database():
                yield
        finally:
            slots.release(caller)

    @asynccontextmanager
    async def write_slot(self, *, dry_run: bool) -> AsyncIterator[None]:
        """Hold a connection's place for a transaction, after waiting for the caller's turn."""
        connections, caller = self.server.connections, self.caller.name
        async with AsyncExitStack() as slots:
            if dry_run:
                await slots.enter_async_context(connections.dry_runs.slot(caller))
            await slots.enter_async_context(connections.writes.slot(caller))
            if self.database.kind == "sqlite":
                with self.usage.measure_database():
                    yield
            else:
                # The time is not charged: it may be spent waiting for the locks of others.
                yield

    async def write(self, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
        """Run `work` in a transaction of its own; see `Database.write`."""
        async with self.write_slot(dry_run=False):
            return await self.database.write(work)

    async def begin_dry_run(
        self, reads: TransactionReads, viewer: Viewer, known: Iterable[Any]
    ) -> None:
        """Read inside the transaction of a dry run until it ends.

        Meanwhile the operation awaits no other connection.
        """
        if self._is_closed:
            await reads.close()
            return
        self._dry_run = (reads, self.viewer)
        self._read_by(reads, viewer, known)

    async def end_dry_run(self) -> None:
        """Roll back the dry run in progress, if any."""
        if self._dry_run is None:
            return
        reads, viewer = self._dry_run
        # Reads in the transaction finish first, because its connection is reused.
        await self.loaders.finish()
        await reads.close()
        self._dry_run = None
        self._read_by(self._pooled_reads, viewer)

    def _read_by(
        self,
        reads: SessionSource,
        viewer: Viewer,
        known: Iterable[Any] = (),
        *,
        of_identity: bool = False,
    ) -> None:
        """Read with new loaders, primed with the known rows or with those of the identity."""
        self.viewer = viewer
        self._reads = reads
        self._scope = None
        self._loaders = None
        self._primes_identity = of_identity
        for row in known:
            self.loaders.of(RowBatch(type(row))).prime(row.id, row)

    def load(self, batch: Batch[K, V], key: K) -> Awaitable[V]:
        """Load the result of a batch for a key, together with other requested keys."""
        return self.loaders.of(batch).load(key)

    async def close(self) -> None:
        """End the operation: roll back a dry run, cancel loads and return all connections.

        If the operation was canceled, refund the objects that it did not return.
        """
        self._is_closed = True
        if self._loaders is not None:
            await self._loaders.close()
        await self.end_dry_run()
        if self._is_estimate_charged:
            await self.settle(max(REQUEST_COST, self.cost.nonrefundable))
        # Also if the operation was canceled.
        self.charge_time(self.charged_cost)

    def _prime_identity(self, loaders: Loaders) -> None:
        """Prime the loaders with the rows that authentication has read."""
        identity = self.identity
        user, credential = identity.user, identity.credential
        if user is not None:
            loaders.of(RowBatch(User)).prime(user.id, user)
        if isinstance(credential, (AccessToken, Session)) and identity.viewer.can(
            Permission.ACCOUNT
        ):
            loaders.of(RowBatch(type(credential))).prime(credential.id, credential)


Info = strawberry.Info[Context, None]
