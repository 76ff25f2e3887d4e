"""Credentials: signing in, sessions, personal tokens."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Optional, TypeVar

import strawberry
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

import models
from graph.auth.access import is_credential_valid
from graph.auth.devices import known_device_cookie
from graph.auth.identity import ANONYMOUS_IDENTITY, INVALID_TOKEN, Identity
from graph.auth.passwords import TooManyAttempts, is_current_account, verify_password
from graph.auth.revocation import lock_user, revoke_token
from graph.auth.session import new_session
from graph.context import Context, Info
from graph.kit.declare import computed, description_of, model_input, resolver_field, use_instead
from graph.kit.errors import Unauthenticated
from graph.kit.node import Node, encode_id
from graph.kit.paging.order_input import register_order
from graph.kit.relations.batches import RowBatch
from graph.kit.relations.fields import one
from graph.kit.scalars import format_time
from graph.kit.writing.mutation import Id, Input, account_mutation, require_user
from graph.kit.writing.payload import (
    InputPath,
    MutationResult,
    Payload,
    UserErrorCode,
    UserErrors,
    payload_field,
    rejection,
)
from graph.kit.writing.write import (
    INPUT_PATH,
    WORKSPACE_ID_PATH,
    parse_id,
    provided,
    validate_columns,
)
from graph.types import User, Workspace
from models.base import now
from models.columns.digest import digest
from models.credential import TOKEN_PREFIX, TOKEN_PREFIX_LENGTH, new_secret

M = TypeVar("M", models.AccessToken, models.Session)

ID_PATH: InputPath = ("id",)
#: The cost of hashing a password, charged to the caller's budget.
HASHING_COST = 500


@strawberry.type(description=description_of(models.AccessToken))
class AccessToken(Node):
    model = models.AccessToken

    name: str
    prefix: str | None
    scope: models.Scope
    workspace: Workspace | None = one(models.AccessToken.workspace)
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    parent: Optional["AccessToken"] = one(models.AccessToken.parent)


def is_current(root: models.Session, context: Context) -> bool:
    """Whether this request was sent with the session."""
    credential = context.identity.credential
    return isinstance(credential, models.Session) and credential.id == root.id


@strawberry.type(description=description_of(models.Session))
class Session(Node):
    model = models.Session

    user_agent: str | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    is_current: bool = computed(is_current, "id")


register_order(models.AccessToken, "created_at")
register_order(models.Session, "created_at")


@strawberry.input(description="The name that a user signs in with.", one_of=True)
class SignInName:
    handle: strawberry.Maybe[str] = strawberry.field(description="The user's handle.")
    email: strawberry.Maybe[str] = strawberry.field(description="The user's email address.")


@strawberry.input(description="A user and their password.")
class SignInInput:
    user: SignInName | None = strawberry.field(default=None, description="The user. Required.")
    password: str = strawberry.field(description="The user's password.")
    handle: str | None = strawberry.field(
        default=None, description="The user's handle.", deprecation_reason=use_instead("user")
    )
    email: str | None = strawberry.field(
        default=None,
        description="The user's email address.",
        deprecation_reason=use_instead("user"),
    )


@model_input(models.AccessToken, "A personal token to create.")
class TokenCreateInput:
    name: str
    scope: models.Scope = models.Scope.READ
    workspace_id: strawberry.ID | None = None
    expires_at: datetime | None = strawberry.field(
        default=None,
        description="When it expires. A session may omit this: the token then never expires. A "
        "token created with a token expires no later than that one, and with it if this is "
        "omitted.",
    )


@dataclass
class IssuedCredential(MutationResult):
    """The result of creating a credential, with its secret."""

    token: str | None = None


async def signed_in_user(root: IssuedCredential, info: Info) -> models.User | None:
    """The user who signed in."""
    session = root.row
    if session is None:
        return None
    return await info.context.load(RowBatch(models.User), session.user_id)


TOKEN = "The token for `Authorization: Bearer …`. It is shown only once."


@strawberry.type(description="The payload of `signIn`.")
class SignInPayload(Payload):
    user: User | None = resolver_field(signed_in_user)
    session: Session | None = payload_field("The new session.")
    token: str | None = strawberry.field(
        description=f"{TOKEN} Browsers also get it as an HttpOnly cookie."
    )


@strawberry.type(description="The payload of `signOut`.")
class SignOutPayload(Payload):
    session: Session | None = payload_field("The session that ended; null if there was none.")


@strawberry.type(description="The payload of `sessionRevoke`.")
class SessionPayload(Payload):
    session: Session | None = payload_field("The session that ended.")


@strawberry.type(description="The payload of `tokenCreate`.")
class TokenCreatePayload(Payload):
    access_token: AccessToken | None = payload_field("The new token, without its secret.")
    token: str | None = strawberry.field(description=TOKEN)


@strawberry.type(description="The payload of `tokenRevoke`.")
class TokenRevokePayload(Payload):
    access_token: AccessToken | None = payload_field("The revoked token.")


async def sign_in(info: Info, input: Input[SignInInput]) -> IssuedCredential:
    """Signs in with a password and starts a session.

    After too many failed attempts, an address is slowed down, and so is an account for clients
    that have not signed in to it before. The answer to a wrong password does not reveal whether
    the user exists.
    """
    context = info.context
    given = [input] if input.user is None else [input, input.user]
    logins = [login for names in given for login in provided(names, "handle", "email").values()]
    if len(logins) != 1:
        message = "Provide the user, by one of handle and email."
        code = UserErrorCode.INVALID if logins else UserErrorCode.REQUIRED
        raise rejection(code, (*INPUT_PATH, "user"), message)
    database = context.database
    await context.charge(HASHING_COST)
    sender = context.sender
    try:
        account = await verify_password(
            database, logins[0], input.password, sender.address, sender.device_cookie
        )
    except TooManyAttempts as failures:
        wait = math.ceil(failures.wait)
        message = f"Too many failed attempts. Try again in {wait} seconds."
        raise rejection(UserErrorCode.TOO_MANY, INPUT_PATH, message) from None
    wrong = rejection(UserErrorCode.INVALID, INPUT_PATH, "The user name or the password is wrong.")
    if account is None:
        raise wrong
    secret, session = new_session(account.user_id, sender.user_agent)

    async def save(writer: AsyncSession) -> None:
        if not await is_current_account(writer, account):
            raise wrong
        writer.add(session)

    await context.write(save)
    identity = await context.server.authenticator.identify_by_secret(models.Session, secret)
    if identity is not None:
        context.set_identity(identity)
        context.session_cookie, context.is_signed_out = secret, False
        cookie = context.device_cookie or sender.device_cookie
        context.device_cookie = known_device_cookie(cookie, account.password_hash)
    return IssuedCredential(models.Session, session.id, row=session, token=secret)


async def sign_out(info: Info) -> MutationResult:
    """Ends the current session. Does nothing if nobody is signed in."""
    context = info.context
    credential = context.identity.credential
    if credential is not None and not isinstance(credential, models.Session):
        message = "A token has no session. Revoke it with tokenRevoke, or at its issuer."
        raise rejection(UserErrorCode.INVALID, (), message)
    context.session_cookie, context.is_signed_out = None, True
    if not isinstance(credential, models.Session):
        return MutationResult()
    await _end(info, credential)
    return MutationResult(models.Session, credential.id, deleted_row=credential)


async def session_revoke(info: Info, id: Id) -> MutationResult:
    """Ends one of the viewer's sessions."""
    session = await _own_credential(info, models.Session, id, "session")
    await _end(info, session)
    return MutationResult(models.Session, session.id, deleted_row=session)


async def _end(info: Info, session: models.Session) -> None:
    """Delete a session. If it is the current one, the rest of the operation is anonymous."""
    context = info.context

    async def end(writer: AsyncSession) -> None:
        # scope: the viewer's own, or the current one.
        await writer.execute(delete(models.Session).where(models.Session.id == session.id))

    await _end_credential(info, session, end)
    credential = context.identity.credential
    if isinstance(credential, models.Session) and credential.id == session.id:
        context.set_identity(ANONYMOUS_IDENTITY)
    else:
        context.reset_loaders(context.viewer)


async def token_create(info: Info, input: Input[TokenCreateInput]) -> IssuedCredential:
    """Creates a personal token. A token created with another token cannot outlive it.

    It expires no later than the other token, and is revoked with it.
    """
    context = info.context
    user_errors = UserErrors()
    columns = {"name": input.name, "expires_at": input.expires_at}
    values = validate_columns(models.AccessToken, columns, INPUT_PATH, user_errors)
    workspace_id = None
    if input.workspace_id is not None:
        workspace_id = parse_id(
            models.Workspace, input.workspace_id, WORKSPACE_ID_PATH, user_errors
        )
        if workspace_id is not None and workspace_id not in context.viewer.roles:
            message = "There is no such workspace."
            user_errors.add(UserErrorCode.NOT_FOUND, WORKSPACE_ID_PATH, message)
    expires_at = _expiry(values.get("expires_at"), context.identity, user_errors)
    user_errors.raise_errors()
    creator = context.identity.credential
    secret = new_secret(TOKEN_PREFIX)
    token = models.AccessToken(
        user_id=context.viewer.user_id,
        digest=digest(secret),
        prefix=secret[:TOKEN_PREFIX_LENGTH],
        name=values["name"],
        scope=input.scope,
        workspace_id=workspace_id,
        expires_at=expires_at,
        parent_id=creator.id if isinstance(creator, models.AccessToken) else None,
    )

    async def save(session: AsyncSession) -> None:
        await _require_valid_credential(info, session)
        session.add(token)

    await context.write(save)
    context.reset_loaders(context.viewer, [token])
    return IssuedCredential(models.AccessToken, token.id, row=token, token=secret)


def _expiry(
    requested: datetime | None, identity: Identity, user_errors: UserErrors
) -> datetime | None:
    """When a new token expires: at the requested time, else as late as its creator may allow."""
    latest = identity.latest_token_expiry
    expires_at = latest if requested is None else requested
    if expires_at is None:
        return None
    message = None
    if latest is not None and expires_at > latest:
        message = (
            "A token cannot create one that expires later than itself. The latest time allowed is "
            f"{format_time(latest)}."
        )
    elif expires_at <= now():
        message = "This time is in the past."
        if requested is None:
            message = "The token of this request is about to expire. Use a new one."
    if message is not None:
        user_errors.add(UserErrorCode.INVALID, (*INPUT_PATH, "expiresAt"), message)
    return expires_at


async def token_revoke(info: Info, id: Id) -> MutationResult:
    """Revokes one of the viewer's personal tokens, and all tokens that were created with it.

    Any token can revoke itself.
    """
    context = info.context
    current = context.identity.credential
    if isinstance(current, models.AccessToken) and encode_id(models.AccessToken, current.id) == id:
        token = current
    else:
        token = await _own_credential(info, models.AccessToken, id, "token")

    async def revoke(session: AsyncSession) -> None:
        await revoke_token(session, token)

    await _end_credential(info, token, revoke)
    if token is current:
        token.revoked_at = now()
        context.set_identity(ANONYMOUS_IDENTITY)
        return MutationResult(models.AccessToken, token.id, deleted_row=token)
    context.reset_loaders(context.viewer)
    return MutationResult(models.AccessToken, token.id)


async def _end_credential(
    info: Info, row: M, end: Callable[[AsyncSession], Awaitable[None]]
) -> None:
    """Run `end` in a transaction. Only ending the current credential needs no check of it."""

    async def work(session: AsyncSession) -> None:
        await lock_user(session, row.user_id)
        if row is not info.context.identity.credential:
            await _require_valid_credential(info, session)
        await end(session)

    await info.context.write(work)


async def _require_valid_credential(info: Info, session: AsyncSession) -> None:
    """Raise `Unauthenticated` if the viewer's credential has ended since it was read."""
    if not await is_credential_valid(session, info.context.identity):
        raise Unauthenticated(INVALID_TOKEN)


async def _own_credential(info: Info, model: type[M], id: str, label: str) -> M:
    """Return one of the viewer's credentials by its id. Raises `MutationRejected`."""
    require_user(info)
    user_errors = UserErrors()
    key = parse_id(model, id, ID_PATH, user_errors)
    user_errors.raise_errors()
    found = None if key is None else await info.context.load(RowBatch(model), key)
    if found is None:
        message = f"You have no such {label}, or this token cannot see it."
        raise rejection(UserErrorCode.NOT_FOUND, ID_PATH, message)
    return found


@strawberry.type
class CredentialMutations:
    sign_in: SignInPayload = account_mutation(
        sign_in, permission=models.Permission.NONE, outcome=IssuedCredential
    )
    sign_out: SignOutPayload = account_mutation(sign_out, permission=models.Permission.NONE)
    session_revoke: SessionPayload = account_mutation(
        session_revoke, permission=models.Permission.ACCOUNT
    )
    token_create: TokenCreatePayload = account_mutation(
        token_create, permission=models.Permission.ACCOUNT, outcome=IssuedCredential
    )
    token_revoke: TokenRevokePayload = account_mutation(
        token_revoke, permission=models.Permission.NONE
    )
