"""A mutation is a function of few lines; here is all that they have in common.

    async def label_delete(write: Write, id: Id) -> Gone:
        …

    label_delete: LabelPayload = mutation(label_delete, needs=Permission.WRITE)

One transaction for each field, committed before the payload is read. What collides with another
writer is done again, whole; what the caller can mend is answered as data; an idempotency key
makes it safe to send again, and a dry run shows what would be.
"""

import asyncio
import inspect
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Annotated, Any, TypeVar

import strawberry
from sqlalchemy.exc import DBAPIError
from strawberry.utils.str_converters import to_camel_case

from graph.kit.context import KitInfo
from graph.kit.errors import Unauthenticated
from graph.kit.loading.read_sessions import Within
from graph.kit.writing.idempotency import Memory, digest_of
from graph.kit.writing.payload import Outcome, Refused, UserError, UserErrorCode, home_of, refusal
from graph.kit.writing.write import INPUT, Write
from models.database.driver_errors import Violation, is_conflict, is_stale, violated
from models.log.recorder import log_of, write_log
from models.viewer import Permission, Scope

Work = Callable[..., Awaitable[Any]]

#: How often a write is begun before it is given up.
ATTEMPTS = 8
#: The longest wait before the second attempt, in seconds; it doubles with each.
FIRST_PAUSE = 0.02

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
CHOSEN_ID = "Chosen by the client, if it wants to: the type's name, _ and 32 hexadecimal digits."
Id = Annotated[strawberry.ID, strawberry.argument(description="The object's id.")]

#: The permission that each mutation needs, by the function that does its work.
DECLARED: dict[Work, Permission] = {}


#: The arguments that all writes have.
_COMMON = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
    for name, default, annotation in (
        ("idempotency_key", None, IdempotencyKey),
        ("dry_run", False, DryRun),
    )
]


def mutation(work: Work, *, needs: Permission) -> Any:
    """The field of a mutation.

    `work` takes a `Write` and the field's arguments. It returns the row it wrote, a `Gone` one,
    or a list of outcomes, and it does not commit. Its docstring describes the field.
    """
    DECLARED[work] = needs

    async def resolve(
        info: KitInfo,
        idempotency_key: str | None = None,
        dry_run: bool | None = False,
        **arguments: Any,
    ) -> Outcome:
        require_user(info)
        attempt = Attempt(info, work, needs, arguments, idempotency_key, bool(dry_run))
        return await persist(attempt)

    return _field(resolve, work, _COMMON)


def action(
    work: Callable[..., Coroutine[Any, Any, Any]],
    *,
    needs: Permission,
    outcome: type[Outcome] = Outcome,
) -> Any:
    """The field of a mutation that is no write of a workspace, such as signing in.

    `work` takes the `info` and the field's arguments, keeps its own transactions, and raises
    `Refused` for what the caller can mend. It has neither key nor dry run: a secret is shown once.
    """
    DECLARED[work] = needs

    async def resolve(info: KitInfo, **arguments: Any) -> Outcome:
        context = info.context
        # What an earlier field only tried out is undone before this one begins.
        await context.settle()
        viewer = await context.present_viewer()
        if not viewer.may(needs):
            require_user(info)
            refused = refusal(UserErrorCode.FORBIDDEN, (), f"You may not {needs.value}.")
            return outcome(errors=refused.errors)
        try:
            done: Outcome = await context.source.database.uninterrupted(work(info, **arguments))
        except Refused as refused:
            return outcome(errors=refused.errors)
        return done

    return _field(resolve, work)


def require_user(info: strawberry.Info[Any, Any]) -> None:
    """Raises `Unauthenticated` where nobody is signed in."""
    if info.context.viewer.user_id is None:
        raise Unauthenticated(f"{info.field_name}: sign in, or send a token.")


async def persist(attempt: "Attempt") -> Outcome:
    """Attempts a write until it no longer collides with others, a few times."""
    database = attempt.info.context.source.database
    begun = time.monotonic()
    for count in range(ATTEMPTS):
        try:
            return await database.uninterrupted(attempt.run())
        except Refused as refused:
            return _refusal(refused)
        except DBAPIError as error:
            violation = violated(error)
            again = is_conflict(error) or attempt.is_taking_key or attempt.was_cut_off(error)
            if not again and violation is not None:
                return Outcome(errors=[_told(violation, attempt)])
            if not again:
                raise
        if time.monotonic() - begun > database.options.statement_timeout:
            # It has waited for the others as long as it may.
            break
        if count < ATTEMPTS - 1:
            await asyncio.sleep(random.uniform(0, FIRST_PAUSE * 2**count))
    message = "Others are writing the same just now. Nothing was written: try again."
    return Outcome(errors=[UserError(code=UserErrorCode.CONFLICT, message=message, path=[])])


class Attempt:
    """One mutation as it was asked for."""

    def __init__(
        self,
        info: KitInfo,
        work: Work,
        needs: Permission,
        arguments: dict[str, Any],
        key: str | None,
        dry: bool,
    ) -> None:
        self.info = info
        self.work = work
        self.needs = needs
        self.arguments = arguments
        self.key = key
        self.dry = dry
        #: Whether somebody else may have the same key just now.
        self.is_taking_key = False
        #: Whether it may have been committed.
        self.is_committing = False

    async def run(self) -> Outcome:
        """Does the write in a transaction of its own, and commits it unless it is a dry run."""
        context = self.info.context
        # What an earlier field only tried out is undone before this one begins.
        await context.settle()
        context.look_again(await context.present_viewer())
        source = context.source
        self.is_taking_key = False
        _refuse_reader(source.viewer.scope)
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(source.database.writes(autoflush=False))
            session.sync_session.info["actor_id"] = source.viewer.user_id
            memory = self._memory(session)
            known = None if memory is None else await memory.recall()
            if known is not None:
                context.look_again(source.viewer, known.beside)
                return known
            if memory is not None:
                self.is_taking_key = True
                await memory.take()
                self.is_taking_key = False
            write = Write(session, source, self.needs)
            log = log_of(session)
            log.at = write.now
            done = await self.work(write, **self.arguments)
            write.check()
            if self.dry:
                # No number is taken: whoever waits for one would wait for the payload.
                await session.flush()
            else:
                await write_log(session)
            outcome = Outcome.of(done)
            # What was written is known, and all members see it: it is not read again.
            rows = [row for row in outcome.rows() if home_of(row) in write.viewer.roles]
            rows += outcome.beside
            if self.dry:
                await context.stay_within(Within(session), write.viewer, rows, stack.pop_all())
                return outcome
            outcome.number(log)
            if memory is not None:
                memory.keep(outcome)
            self.is_committing = True
            await session.commit()
        context.look_again(write.viewer, rows)
        return outcome

    def was_cut_off(self, error: DBAPIError) -> bool:
        """Whether the connection was lost, and doing it all again cannot do it twice."""
        return is_stale(error) and (self.key is not None or not self.is_committing)

    def _memory(self, session: Any) -> Memory | None:
        if self.key is None or self.dry:
            return None
        digest = digest_of(self.info.field_name, self.arguments)
        return Memory(session, self.info.context.viewer, self.key, digest)


def _refuse_reader(scope: Scope) -> None:
    if scope is not Scope.WRITE:
        message = "This token may only read: use one of the scope WRITE."
        raise refusal(UserErrorCode.FORBIDDEN, (), message)


def _refusal(refused: Refused) -> Outcome:
    row: Any = refused.row
    if row is None:
        return Outcome(errors=refused.errors, results=refused.results)
    return Outcome(type(row), row.id, errors=refused.errors)


def _told(violation: Violation, attempt: Attempt) -> UserError:
    """A violated constraint, as an error of the input that violated it."""
    named = to_camel_case(violation.columns[-1]) if violation.columns else ""
    path = [*INPUT, *([named] if named else [])] if "input" in attempt.arguments else []
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
