"""Mutations: the field of a function that writes, and the transaction that it runs in.

A concept writes a function, and declares the permission that it requires:

    async def label_update(write: Write, input: Input[LabelUpdateInput]) -> models.Label: …

    label_update: LabelPayload = mutation(label_update, permission=Permission.WRITE)

Each field runs in one transaction, which is committed before the payload is read. Conflicts with
other writers are retried, errors that the caller can fix are returned as data, an idempotency key
makes a retry by the caller safe, and a dry run previews the result.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any, TypeVar

import strawberry
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.utils.str_converters import to_camel_case

from graph.kit.context import KitInfo
from graph.kit.errors import Unauthenticated
from graph.kit.loading.read_sessions import (
    DRY_RUN_SECONDS,
    TransactionReads,
    dry_run_timed_out,
)
from graph.kit.writing.idempotency import IdempotencyRecord, digest_of
from graph.kit.writing.payload import (
    MutationRejected,
    MutationResult,
    UserError,
    UserErrorCode,
    rejection,
    workspace_id_of,
)
from graph.kit.writing.write import INPUT_PATH, UNUSABLE_ID, Write
from models.database.driver_errors import (
    Violation,
    constraint_violation,
    is_connection_lost,
    is_unique_violation,
    is_write_conflict,
)
from models.log.recorder import recorder_of
from models.viewer import Permission, Scope

Work = Callable[..., Awaitable[Any]]

#: How often a mutation begins again because the viewer's roles have changed meanwhile.
RENEWALS = 5

IdempotencyKey = Annotated[
    str | None,
    strawberry.argument(
        description="A unique text, such as a random UUID. If the mutation is sent again with the "
        "same key and input within 24 hours, it returns the first result and writes nothing. A "
        "rejected mutation does not use up the key."
    ),
]
DryRun = Annotated[
    bool | None,
    strawberry.argument(description="Preview the result without saving anything."),
]
T = TypeVar("T")
#: The argument of a mutation that holds all of its input.
Input = Annotated[T, strawberry.argument(description="The input.")]
Id = Annotated[strawberry.ID, strawberry.argument(description="The object's ID.")]

#: The permission that each mutation requires, by its function.
REQUIRED_PERMISSIONS: dict[Work, Permission] = {}

#: The arguments that all mutations of workspaces have.
_COMMON = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (
        ("idempotency_key", None, IdempotencyKey),
        ("dry_run", False, DryRun),
    )
]


def mutation(work: Work, *, permission: Permission) -> Any:
    """Return the field of a mutation that writes to a workspace.

    `work` takes a `Write` and the field's arguments. It returns the row that it wrote, a
    `DeletedRow`, or a list of `MutationResult`, and it does not commit. Its docstring describes
    the field.
    """
    REQUIRED_PERMISSIONS[work] = permission

    async def resolve(
        info: KitInfo,
        idempotency_key: str | None = None,
        dry_run: bool | None = False,
        **arguments: Any,
    ) -> MutationResult:
        require_user(info)
        attempt = MutationAttempt(info, work, permission, arguments, idempotency_key, bool(dry_run))
        return await run_mutation(attempt)

    return _field(resolve, work, _COMMON)


def account_mutation(
    work: Callable[..., Coroutine[Any, Any, Any]],
    *,
    permission: Permission,
    outcome: type[MutationResult] = MutationResult,
) -> Any:
    """Return the field of a mutation outside workspaces, such as signing in.

    `work` takes the `info` and the field's arguments, runs its own transactions, and raises
    `MutationRejected` for errors that the caller can fix. It has neither an idempotency key nor a
    dry run, because a secret is shown only once.
    """
    REQUIRED_PERMISSIONS[work] = permission

    async def resolve(info: KitInfo, **arguments: Any) -> MutationResult:
        context = info.context
        # The dry run of an earlier field ends before this one starts.
        await context.end_dry_run()
        viewer = await context.current_viewer()
        if not viewer.can(permission):
            require_user(info)
            rejected = rejection(UserErrorCode.FORBIDDEN, (), f"You may not {permission.value}.")
            return outcome(errors=rejected.errors)
        try:
            result: MutationResult = await context.scope.database.stoppable(work(info, **arguments))
        except MutationRejected as rejected:
            return outcome(errors=rejected.errors)
        return result

    return _field(resolve, work)


def require_user(info: strawberry.Info[Any, Any]) -> None:
    """Raise `Unauthenticated` if the request is anonymous."""
    if info.context.viewer.user_id is None:
        raise Unauthenticated(
            f"{info.field_name}: authentication required. Sign in, or send a token."
        )


async def run_mutation(attempt: "MutationAttempt") -> MutationResult:
    """Run a mutation, retrying write conflicts; return errors that the caller can fix."""
    context = attempt.info.context
    # The dry run of an earlier field ends before this one starts.
    await context.end_dry_run()
    try:
        for _ in range(RENEWALS):
            attempt.deadline = asyncio.timeout(None)
            try:
                async with attempt.deadline:
                    return await context.scope.database.retry(attempt.run, attempt.should_retry)
            except AccessChanged:
                await context.renew_viewer()
            except TimeoutError:
                if not attempt.deadline.expired():
                    raise
                raise dry_run_timed_out() from None
        return MutationResult(errors=[_conflict_error()])
    except MutationRejected as rejected:
        return _rejected_result(rejected)
    except DBAPIError as error:
        if attempt.should_retry(error) and not is_connection_lost(error):
            # The attempts or the time for them ran out.
            return MutationResult(errors=[_conflict_error()])
        violation = constraint_violation(error)
        if violation is None:
            raise
        return MutationResult(errors=[_violation_error(violation, attempt)])


class AccessChanged(Exception):
    """The viewer's credential or roles have changed since the attempt began."""


class MutationAttempt:
    """One mutation with its arguments; `run` attempts it once."""

    def __init__(
        self,
        info: KitInfo,
        work: Work,
        permission: Permission,
        arguments: dict[str, Any],
        key: str | None,
        dry_run: bool,
    ) -> None:
        self.info = info
        self.work = work
        self.permission = permission
        self.arguments = arguments
        self.key = key
        self.dry_run = dry_run
        #: Expires when the transaction of a dry run has lasted too long.
        self.deadline = asyncio.timeout(None)
        #: Whether another request may hold the same idempotency key.
        self.is_reserving_key = False
        #: Whether the transaction may have been committed.
        self.is_committing = False

    async def run(self) -> MutationResult:
        """Run the mutation in a new transaction, and commit it unless it is a dry run."""
        context = self.info.context
        context.reset_loaders(await context.current_viewer())
        scope = context.scope
        self.is_reserving_key = self.is_committing = False
        _require_write_scope(scope.viewer.scope)
        self.deadline.reschedule(None)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(context.write_slot(dry_run=self.dry_run))
            session = await stack.enter_async_context(scope.database.writes(autoflush=False))
            if self.dry_run:
                # The connection has begun its transaction: from now on, others wait for it.
                await session.connection()
                ends_at = asyncio.get_running_loop().time() + DRY_RUN_SECONDS
                self.deadline.reschedule(ends_at)
            record = self._idempotency_record(session)
            if record is not None and (stored := await self._find_or_reserve(record)):
                await stack.aclose()
                return await self._repeat(record, stored)
            write = Write(session, scope, self.permission)
            result = await self._execute(write)
            # The written rows are visible to every member: the payload need not load them again.
            rows = [
                row for row in result.rows() if workspace_id_of(row) in write.viewer_after.roles
            ]
            rows += result.related_rows
            if self.dry_run:
                reads = TransactionReads(scope.database, session, stack.pop_all(), ends_at)
                await context.begin_dry_run(reads, write.viewer_after, rows)
                return result
            await self._commit(write, record, result)
        context.reset_loaders(write.viewer_after, rows)
        return result

    async def _find_or_reserve(self, record: IdempotencyRecord) -> MutationResult | None:
        """Return the stored result of the key, or reserve the key for this mutation."""
        stored = await record.find_result()
        if stored is None:
            self.is_reserving_key = True
            await record.reserve()
            self.is_reserving_key = False
        return stored

    async def _repeat(self, record: IdempotencyRecord, stored: MutationResult) -> MutationResult:
        """Return a stored result, read with the roles that the viewer has now.

        The first request may have changed them after this one was authenticated.
        """
        context = self.info.context
        await context.renew_viewer()
        record.hide_unreachable(stored, context.viewer)
        context.reset_loaders(context.viewer, stored.related_rows)
        return stored

    async def _execute(self, write: Write) -> MutationResult:
        """Call the mutation's function and flush, without committing."""
        recorder_of(write.session).begin(write.scope.viewer.user_id, write.now)
        try:
            written = await self.work(write, **self.arguments)
            write.raise_errors()
        except MutationRejected:
            # The errors may show what the viewer can no longer see.
            await self._require_current_access(write.session)
            raise
        if self.dry_run:
            # No number is taken: others would wait for it until the payload is read.
            await write.session.flush()
            if recorder_of(write.session).changes:
                await self._require_current_access(write.session)
        # Last, when no wait remains before the commit. No mutation can do without it.
        elif not await self.info.context.write_log_with_access(write.session):
            raise AccessChanged
        return MutationResult.of(written)

    async def _require_current_access(self, session: AsyncSession) -> None:
        """Raise `AccessChanged` if the credential or the roles are not what they were."""
        if not await self.info.context.is_access_current(session):
            raise AccessChanged

    async def _commit(
        self, write: Write, record: IdempotencyRecord | None, result: MutationResult
    ) -> None:
        result.set_numbers(recorder_of(write.session))
        if record is not None:
            record.store(result, write.viewer_after)
        self.is_committing = True
        await write.session.commit()

    def should_retry(self, error: DBAPIError) -> bool:
        """Whether an attempt that failed may succeed when it is repeated, and cannot write twice.

        True for write conflicts, and for a lost race for the idempotency key. If the connection
        was lost while committing, only a key keeps the retry from writing again.
        """
        if is_write_conflict(error) or (self.is_reserving_key and is_unique_violation(error)):
            return True
        return is_connection_lost(error) and (self.key is not None or not self.is_committing)

    def _idempotency_record(self, session: Any) -> IdempotencyRecord | None:
        if self.key is None or self.dry_run:
            return None
        digest = digest_of(self.info.field_name, self.arguments)
        return IdempotencyRecord(session, self.info.context.viewer, self.key, digest)


def _require_write_scope(scope: Scope) -> None:
    if scope is not Scope.WRITE:
        message = "This token can only read. Use a token with the scope WRITE."
        raise rejection(UserErrorCode.FORBIDDEN, (), message)


def _rejected_result(rejected: MutationRejected) -> MutationResult:
    row: Any = rejected.row
    if row is None:
        return MutationResult(errors=rejected.errors, results=rejected.results)
    return MutationResult(type(row), row.id, errors=rejected.errors)


def _conflict_error() -> UserError:
    message = "Concurrent writes prevented this one. Nothing was written. Try again."
    return UserError(code=UserErrorCode.CONFLICT, message=message, path=[])


def _violation_error(violation: Violation, attempt: MutationAttempt) -> UserError:
    """Return the error for a violated constraint, at the field of the input."""
    named = to_camel_case(violation.columns[-1]) if violation.columns else ""
    path = [*INPUT_PATH, *([named] if named else [])] if "input" in attempt.arguments else []
    if violation.is_reference:
        code, message = (
            UserErrorCode.NOT_FOUND,
            "The referenced object was deleted in the meantime.",
        )
    elif violation.is_unique:
        if violation.columns == ("id",):
            # A concurrent write took it, maybe for an object that the viewer cannot see.
            return UserError(code=UserErrorCode.INVALID, message=UNUSABLE_ID, path=path)
        code, message = UserErrorCode.UNIQUE, "Another object has this value already."
    else:
        code, message = UserErrorCode.INVALID, "This value cannot be stored."
    return UserError(code=code, message=message, path=path)


def _field(
    resolve: Callable[..., Any], work: Work, common: Sequence[inspect.Parameter] = ()
) -> Any:
    """Return a field with the arguments of its function, and the common ones."""
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in list(inspect.signature(work).parameters.values())[1:]
    ]
    info = inspect.signature(resolve).parameters["info"]
    signature = inspect.Signature([info, *own, *common])
    resolve.__signature__ = signature  # type: ignore[attr-defined]
    return strawberry.mutation(resolver=resolve, description=inspect.getdoc(work))
