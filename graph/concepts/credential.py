"""Signing in and out, sessions, and personal tokens."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import strawberry
from sqlalchemy import Executable, delete, update
from sqlalchemy.ext.asyncio import AsyncSession

import models
from graph.auth.identity import UNAUTHENTICATED
from graph.auth.passwords import TooManyAttempts, verify_password
from graph.auth.session import new_session
from graph.context import Info
from graph.kit.node import Node, encode_id
from graph.kit.relations.batches import RowBatch
from graph.kit.relations.fields import one, resolver_field
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
from graph.kit.writing.write import INPUT_PATH, WORKSPACE_ID_PATH, parse_id, validate_columns
from graph.types import User, Workspace
from models.base import now
from models.columns.digest import digest
from models.credential import TOKEN_PREFIX, TOKEN_PREFIX_LENGTH, new_secret
from models.database import Database

M = TypeVar("M", models.AccessToken, models.Session)

ID_PATH: InputPath = ("id",)
#: What it costs to check a password.
HASHING_COST = 500
LAST_USED = "When it was last used, to the minute; null if never."


@strawberry.type(description="A personal token, for programs: `Authorization: Bearer tsk_…`.")
class AccessToken(Node):
    model = models.AccessToken

    name: str = strawberry.field(description="What it is for.")
    prefix: str | None = strawberry.field(
        description="How the token begins, to tell it by; null for one made long ago."
    )
    scope: models.Scope = strawberry.field(description="What it may be used for.")
    workspace: Workspace | None = one(
        models.AccessToken.workspace, "The only workspace it reaches; null for all of its user's."
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(
        description="From when on it is not good any more; null for never."
    )
    last_used_at: datetime | None = strawberry.field(description=LAST_USED)
    revoked_at: datetime | None = strawberry.field(
        description="When it was revoked; null for one that is good, if it has not expired."
    )


def is_current(root: models.Session, info: Info) -> bool:
    """Whether a session is the one that asks."""
    credential = info.context.identity.credential
    return isinstance(credential, models.Session) and credential.id == root.id


@strawberry.type(description="A browser, or another client, in which the viewer is signed in.")
class Session(Node):
    model = models.Session

    user_agent: str | None = strawberry.field(
        description="What the client called itself when it signed in."
    )
    created_at: datetime = strawberry.field(description="When it signed in.")
    expires_at: datetime | None = strawberry.field(description="When it will be signed out.")
    last_used_at: datetime | None = strawberry.field(description=LAST_USED)
    is_current: bool = strawberry.field(
        resolver=is_current, description="Whether this request is one of the session's."
    )


@strawberry.input(description="Who signs in: give the handle or the e-mail address, not both.")
class SignInInput:
    handle: str | None = strawberry.field(default=None, description="The user's handle.")
    email: str | None = strawberry.field(default=None, description="The user's e-mail address.")
    password: str = strawberry.field(description="The user's password.")


@strawberry.input(description="A personal token to be made.")
class TokenCreateInput:
    name: str = strawberry.field(description="What it is for, in up to 100 characters.")
    scope: models.Scope = strawberry.field(
        default=models.Scope.READ, description="What it may be used for."
    )
    workspace_id: strawberry.ID | None = strawberry.field(
        default=None, description="The only workspace that it is to reach. Left out, all."
    )
    expires_at: datetime | None = strawberry.field(
        default=None,
        description="From when on it is not good any more. Left out, it does not expire, unless "
        "the personal token that makes it does: then with that.",
    )


@dataclass
class IssuedCredential(MutationResult):
    """A credential that was made, and its secret."""

    token: str | None = None


async def signed_in(root: IssuedCredential, info: Info) -> models.User | None:
    """The user whose session was begun."""
    session = root.row
    if session is None:
        return None
    return await info.context.load(RowBatch(models.User), session.user_id)


TOKEN = "The token itself, for `Authorization: Bearer …`. It is shown this once: keep it."


@strawberry.type(description="What signing in answers.")
class SignInPayload(Payload):
    user: User | None = resolver_field(signed_in, "Who is signed in now.")
    session: Session | None = payload_field("The session.")
    token: str | None = strawberry.field(
        description=f"{TOKEN} Browsers get it as a cookie that no script sees."
    )


@strawberry.type(description="What signing out answers.")
class SignOutPayload(Payload):
    session: Session | None = payload_field(
        "The session that was ended; null if nobody was signed in."
    )


@strawberry.type(description="What revoking a session answers.")
class SessionPayload(Payload):
    session: Session | None = payload_field("The session that was ended.")


@strawberry.type(description="What making a personal token answers.")
class TokenCreatePayload(Payload):
    access_token: AccessToken | None = payload_field("What is known of the token.")
    token: str | None = strawberry.field(description=TOKEN)


@strawberry.type(description="What revoking a personal token answers.")
class TokenRevokePayload(Payload):
    access_token: AccessToken | None = payload_field("The token, which is not good any more.")


async def sign_in(info: Info, input: Input[SignInInput]) -> IssuedCredential:
    """Begins a session. The answer is the same, and as slow, whether the user is there or not.

    Who fails too often must wait: an account, and an address, have so many attempts.
    """
    context = info.context
    given = [one for one in (input.handle, input.email) if one is not None]
    if len(given) != 1:
        message = "Give the handle or the email: one of them."
        raise rejection(UserErrorCode.INVALID, INPUT_PATH, message)
    database = context.database
    # Checking a password takes as long as reading so many rows.
    await context.charge(HASHING_COST)
    try:
        user_id = await verify_password(database, given[0], input.password, context.sender.address)
    except TooManyAttempts as failures:
        wait = math.ceil(failures.wait)
        message = f"Too many attempts have failed. Try again in {wait} seconds."
        raise rejection(UserErrorCode.TOO_MANY, INPUT_PATH, message) from None
    if user_id is None:
        message = "There is no user with this name and password."
        raise rejection(UserErrorCode.INVALID, INPUT_PATH, message)
    secret, session = new_session(user_id, context.sender.user_agent)
    await _save(database, session)
    identity = await context.server.authenticator.identify_by_secret(models.Session, secret)
    if identity is not None:
        context.set_identity(identity)
        context.session_cookie, context.is_signed_out = secret, False
    return IssuedCredential(models.Session, session.id, row=session, token=secret)


async def sign_out(info: Info) -> MutationResult:
    """Ends the session that asks. Nobody being signed in, nothing is done."""
    context = info.context
    credential = context.identity.credential
    if credential is not None and not isinstance(credential, models.Session):
        message = "A token has no session: revoke it with tokenRevoke, or where it was issued."
        raise rejection(UserErrorCode.INVALID, (), message)
    context.session_cookie, context.is_signed_out = None, True
    if not isinstance(credential, models.Session):
        return MutationResult()
    await _end(info, credential)
    return MutationResult(models.Session, credential.id, gone=credential)


async def session_revoke(info: Info, id: Id) -> MutationResult:
    """Ends one of the viewer's sessions, wherever it is."""
    session = await _own_credential(info, models.Session, id, "session")
    await _end(info, session)
    return MutationResult(models.Session, session.id, gone=session)


async def _end(info: Info, session: models.Session) -> None:
    """Deletes a session; who asks by it is nobody from here on."""
    context = info.context
    # scope: the viewer's own, or the one that asks.
    await _execute(context.database, delete(models.Session).where(models.Session.id == session.id))
    credential = context.identity.credential
    if isinstance(credential, models.Session) and credential.id == session.id:
        context.set_identity(UNAUTHENTICATED)
    else:
        context.reset_loaders(context.viewer)


async def token_create(info: Info, input: Input[TokenCreateInput]) -> IssuedCredential:
    """Makes a personal token. It may do no more than its user, nor live longer than its maker."""
    context = info.context
    user_errors = UserErrors()
    given = {"name": input.name, "expires_at": input.expires_at}
    values = validate_columns(models.AccessToken, given, INPUT_PATH, user_errors)
    workspace_id = None
    if input.workspace_id is not None:
        workspace_id = parse_id(
            models.Workspace, input.workspace_id, WORKSPACE_ID_PATH, user_errors
        )
        if workspace_id is not None and workspace_id not in context.viewer.roles:
            message = "There is no such workspace."
            user_errors.add(UserErrorCode.NOT_FOUND, WORKSPACE_ID_PATH, message)
    expires_at = values.get("expires_at")
    if expires_at is not None and expires_at <= now():
        message = "It would have expired already."
        user_errors.add(UserErrorCode.INVALID, (*INPUT_PATH, "expiresAt"), message)
    maker = context.identity.credential
    if isinstance(maker, models.AccessToken) and maker.expires_at is not None:
        if expires_at is not None and expires_at > maker.expires_at:
            message = "A token makes none that lives longer than itself."
            user_errors.add(UserErrorCode.INVALID, (*INPUT_PATH, "expiresAt"), message)
        expires_at = expires_at or maker.expires_at
    user_errors.raise_errors()
    secret = new_secret(TOKEN_PREFIX)
    token = models.AccessToken(
        user_id=context.viewer.user_id,
        digest=digest(secret),
        prefix=secret[:TOKEN_PREFIX_LENGTH],
        name=values["name"],
        scope=input.scope,
        workspace_id=workspace_id,
        expires_at=expires_at,
    )
    await _save(context.database, token)
    context.reset_loaders(context.viewer, [token])
    return IssuedCredential(models.AccessToken, token.id, row=token, token=secret)


async def token_revoke(info: Info, id: Id) -> MutationResult:
    """Revokes one of the viewer's personal tokens, for good; any token may revoke itself."""
    context = info.context
    asking = context.identity.credential
    if isinstance(asking, models.AccessToken) and encode_id(models.AccessToken, asking.id) == id:
        token = asking
    else:
        token = await _own_credential(info, models.AccessToken, id, "token")
    # scope: the viewer's own, or the one that asks.
    good = update(models.AccessToken).where(
        models.AccessToken.id == token.id, models.AccessToken.revoked_at.is_(None)
    )
    await _execute(context.database, good.values(revoked_at=now()))
    if token is asking:
        token.revoked_at = now()
        context.set_identity(UNAUTHENTICATED)
        return MutationResult(models.AccessToken, token.id, gone=token)
    context.reset_loaders(context.viewer)
    return MutationResult(models.AccessToken, token.id)


async def _save(database: Database, row: models.Credential) -> None:
    async def work(session: AsyncSession) -> None:
        session.add(row)

    await database.write(work)


async def _execute(database: Database, statement: Executable) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(statement)

    await database.write(work)


async def _own_credential(info: Info, model: type[M], given: str, said: str) -> M:
    """A credential of the viewer's by its id."""
    require_user(info)
    user_errors = UserErrors()
    key = parse_id(model, given, ID_PATH, user_errors)
    user_errors.raise_errors()
    found = None if key is None else await info.context.load(RowBatch(model), key)
    if found is None:
        message = f"There is no such {said} of yours that you may see with this token."
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
