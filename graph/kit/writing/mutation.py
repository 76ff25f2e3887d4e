"""A mutation is a function of few lines; here is all that they have in common.

    async def label_delete(write: Write, id: Id) -> Gone:
        …

    label_delete: LabelPayload = mutation(label_delete, needs=Permission.WRITE)

One transaction for each field, committed before the payload is read. What collides with another
writer is done again, whole; what the caller can mend is answered as data; an idempotency key
makes it safe to send again, and a dry run shows what would be.
"""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any, TypeVar

import strawberry
from sqlalchemy.exc import DBAPIError
from strawberry.utils.str_converters import to_camel_case

from graph.kit.context import KitInfo
from graph.kit.errors import Unauthenticated
from graph.kit.loading.read_sessions import TransactionReads
from graph.kit.writing.idempotency import IdempotencyRecord, digest_of
from graph.kit.writing.payload import (
    MutationRejected,
    MutationResult,
    UserError,
    UserErrorCode,
    rejection,
    workspace_id_of,
)
from graph.kit.writing.write import INPUT_PATH, Write
from models.database.driver_errors import (
    Violation,
    constraint_violation,
    is_connection_lost,
    is_write_conflict,
)
from models.log.recorder import recorder_of, write_changes
from models.viewer import Permission, Scope

Work = Callable[..., Awaitable[Any]]

IdempotencyKey = Annotated[
    str | None,
    strawberry.argument(
        description="Any text of yours, such as a random UUID. Sent again with the same input "
        "within 24 hours, the mutation answers with its first result and writes nothing. What is "
        "refused does not use the key up."
    ),
]
DryRun = Annotated[
    bool | None,
    strawberry.argument(description="Whether to answer with what would be, and write nothing."),
]
T = TypeVar("T")
#: The argument of a mutation that holds all of its input.
Input = Annotated[T, strawberry.argument(description="What to write.")]
CLIENT_ID = "Chosen by the client, if it wants to: the type's name, _ and 32 hexadecimal digits."
Id = Annotated[strawberry.ID, strawberry.argument(description="The object's id.")]

#: The permission that each mutation needs, by the function that does its work.
REQUIRED_PERMISSIONS: dict[Work, Permission] = {}


#: The arguments that all writes have.
_COMMON = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (
        ("idempotency_key", None, IdempotencyKey),
        ("dry_run", False, DryRun),
    )
]


def mutation(work: Work, *, permission: Permission) -> Any:
    """The field of a mutation.

    `work` takes a `Write` and the field's arguments. It returns the row it wrote, a `Gone` one,
    or a list of outcomes, and it does not commit. Its docstring describes the field.
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
    """The field of a mutation that is no write of a workspace, such as signing in.

    `work` takes the `info` and the field's arguments, runs its own transactions, and raises
    `MutationRejected` for errors that the caller can fix. It has neither an idempotency key nor a
    dry run, because a secret is shown only once.
    """
    REQUIRED_PERMISSIONS[work] = permission

    async def resolve(info: KitInfo, **arguments: Any) -> MutationResult:
        context = info.context
        # What an earlier field only tried out is undone before this one begins.
        await context.end_dry_run()
        viewer = await context.current_viewer()
        if not viewer.can(permission):
            require_user(info)
            refused = rejection(UserErrorCode.FORBIDDEN, (), f"You may not {permission.value}.")
            return outcome(errors=refused.errors)
        try:
            done: MutationResult = await context.source.database.uninterrupted(
                work(info, **arguments)
            )
        except MutationRejected as refused:
            return outcome(errors=refused.errors)
        return done

    return _field(resolve, work)


def require_user(info: strawberry.Info[Any, Any]) -> None:
    """Raises `Unauthenticated` where nobody is signed in."""
    if info.context.viewer.user_id is None:
        raise Unauthenticated(f"{info.field_name}: sign in, or send a token.")


async def run_mutation(attempt: "MutationAttempt") -> MutationResult:
    """Run a mutation, again after conflicts; errors that the caller can fix are in its result."""
    database = attempt.info.context.source.database
    try:
        return await database.retry(attempt.run, attempt.should_retry)
    except MutationRejected as refused:
        return _refusal(refused)
    except DBAPIError as error:
        if attempt.should_retry(error):
            # The attempts or the time for them ran out.
            return MutationResult(errors=[_conflict_error()])
        violation = constraint_violation(error)
        if violation is None:
            raise
        return MutationResult(errors=[_violation_error(violation, attempt)])


class MutationAttempt:
    """One mutation as it was asked for."""

    def __init__(
        self,
        info: KitInfo,
        work: Work,
        permission: Permission,
        arguments: dict[str, Any],
        key: str | None,
        dry: bool,
    ) -> None:
        self.info = info
        self.work = work
        self.permission = permission
        self.arguments = arguments
        self.key = key
        self.dry = dry
        #: Whether somebody else may have the same key just now.
        self.is_taking_key = False
        #: Whether it may have been committed.
        self.is_committing = False

    async def run(self) -> MutationResult:
        """Does the write in a transaction of its own, and commits it unless it is a dry run."""
        context = self.info.context
        # What an earlier field only tried out is undone before this one begins.
        await context.end_dry_run()
        context.reset_loaders(await context.current_viewer())
        source = context.source
        self.is_taking_key = False
        _refuse_reader(source.viewer.scope)
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(source.database.writes(autoflush=False))
            memory = self._memory(session)
            known = None if memory is None else await memory.find_result()
            if known is not None:
                context.reset_loaders(source.viewer, known.related_rows)
                return known
            if memory is not None:
                self.is_taking_key = True
                await memory.reserve()
                self.is_taking_key = False
            write = Write(session, source, self.permission)
            recorder = recorder_of(session)
            recorder.begin(source.viewer.user_id, write.now)
            done = await self.work(write, **self.arguments)
            write.raise_errors()
            if self.dry:
                # No number is taken: whoever waits for one would wait for the payload.
                await session.flush()
            else:
                await write_changes(session)
            outcome = MutationResult.of(done)
            # What was written is known, and all members see it: it is not read again.
            rows = [row for row in outcome.rows() if workspace_id_of(row) in write.viewer.roles]
            rows += outcome.related_rows
            if self.dry:
                await context.read_in_transaction(
                    TransactionReads(session), write.viewer, rows, stack.pop_all()
                )
                return outcome
            outcome.set_numbers(recorder)
            if memory is not None:
                memory.store(outcome)
            self.is_committing = True
            await session.commit()
        context.reset_loaders(write.viewer, rows)
        return outcome

    def should_retry(self, error: DBAPIError) -> bool:
        """Whether an attempt that failed may succeed when it is repeated, and cannot write twice.

        True for write conflicts, and for any error in a race for the idempotency key. If the
        connection was lost while committing, only a key keeps the retry from writing again.
        """
        if is_write_conflict(error) or self.is_taking_key:
            return True
        return is_connection_lost(error) and (self.key is not None or not self.is_committing)

    def _memory(self, session: Any) -> IdempotencyRecord | None:
        if self.key is None or self.dry:
            return None
        digest = digest_of(self.info.field_name, self.arguments)
        return IdempotencyRecord(session, self.info.context.viewer, self.key, digest)


def _refuse_reader(scope: Scope) -> None:
    if scope is not Scope.WRITE:
        message = "This token may only read: use one of the scope WRITE."
        raise rejection(UserErrorCode.FORBIDDEN, (), message)


def _refusal(refused: MutationRejected) -> MutationResult:
    row: Any = refused.row
    if row is None:
        return MutationResult(errors=refused.errors, results=refused.results)
    return MutationResult(type(row), row.id, errors=refused.errors)


def _conflict_error() -> UserError:
    message = "Others are writing the same just now. Nothing was written: try again."
    return UserError(code=UserErrorCode.CONFLICT, message=message, path=[])


def _violation_error(violation: Violation, attempt: MutationAttempt) -> UserError:
    """A violated constraint, as an error of the input that violated it."""
    named = to_camel_case(violation.columns[-1]) if violation.columns else ""
    path = [*INPUT_PATH, *([named] if named else [])] if "input" in attempt.arguments else []
    if violation.is_reference:
        code, message = UserErrorCode.NOT_FOUND, "What this points at was deleted meanwhile."
    elif violation.is_unique:
        code, message = UserErrorCode.UNIQUE, "There is another one with this value already."
    else:
        code, message = UserErrorCode.INVALID, "This value cannot be stored."
    return UserError(code=code, message=message, path=path)


def _field(
    resolve: Callable[..., Any], work: Work, common: Sequence[inspect.Parameter] = ()
) -> Any:
    """The field whose arguments are those of its work, and some that all have."""
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in list(inspect.signature(work).parameters.values())[1:]
    ]
    info = inspect.signature(resolve).parameters["info"]
    signature = inspect.Signature([info, *own, *common])
    resolve.__signature__ = signature  # type: ignore[attr-defined]
    return strawberry.mutation(resolver=resolve, description=inspect.getdoc(work))
