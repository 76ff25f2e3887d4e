"""Authentication of requests by token, session cookie, or OpenID Connect."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Executable,
    LargeBinary,
    String,
    Text,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from graph.auth.identity import ANONYMOUS_IDENTITY, INVALID_TOKEN, Identity, StoredCredential
from graph.auth.last_used import LastUsedTracker
from graph.auth.oidc import CLOCK_SKEW, OpenIDIssuer, expiry_of, link_or_create_user
from graph.auth.session import SESSION_COOKIE
from graph.kit.errors import Unauthenticated
from graph.settings import Settings
from models import (
    AccessToken,
    ExternalIdentity,
    Membership,
    Role,
    Scope,
    Session,
    User,
    Viewer,
)
from models.base import now
from models.columns.digest import digest
from models.credential import SESSION_PREFIX, TOKEN_PREFIX
from models.database import Database


class Authenticator:
    def __init__(self, database: Database, settings: Settings, last_used: LastUsedTracker) -> None:
        self.database = database
        self.settings = settings
        self.issuer = OpenIDIssuer(settings) if settings.oidc_issuer else None
        self.last_used = last_used

    async def authenticate(self, request: HTTPConnection) -> Identity:
        """Identify the sender by bearer token, else by session cookie, else as anonymous.

        Raise `Unauthenticated` for an invalid token. An invalid cookie is ignored: it belongs to a
        browser whose session has ended.
        """
        authorization = request.headers.get("authorization")
        if authorization is None:
            secret = request.cookies.get(SESSION_COOKIE)
            if not secret:
                return ANONYMOUS_IDENTITY
            identity = await self.identify_by_secret(Session, secret, by_cookie=True)
            return identity or ANONYMOUS_IDENTITY
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Authorization: send a token as `Authorization: Bearer tsk_…`.")
        identity = await self._identify_by_token(token)
        if identity is None:
            raise Unauthenticated(INVALID_TOKEN)
        return identity

    async def identify_by_secret(
        self, model: type[AccessToken] | type[Session], secret: str, *, by_cookie: bool = False
    ) -> Identity | None:
        """Return the identity of a token or a session; None if it is unknown or invalid."""
        key = {"digest": digest(secret)}

        async def find() -> Identity | None:
            return await self._find(model, key, find, by_cookie=by_cookie)

        identity = await find()
        if identity is not None and isinstance(identity.credential, (AccessToken, Session)):
            self.last_used.record(identity.credential)
        return identity

    async def _identify_by_token(self, token: str) -> Identity | None:
        if token.startswith(TOKEN_PREFIX):
            return await self.identify_by_secret(AccessToken, token)
        if token.startswith(SESSION_PREFIX):
            return await self.identify_by_secret(Session, token)
        if self.issuer is not None:
            return await self._identify_by_issuer(self.issuer, token)
        return None

    async def _identify_by_issuer(self, issuer: OpenIDIssuer, token: str) -> Identity | None:
        claims = await issuer.verified_claims(token)
        key = {"issuer": claims["iss"], "subject": claims["sub"]}
        expires_at, leeway = expiry_of(claims), timedelta(seconds=CLOCK_SKEW)

        async def find() -> Identity | None:
            found = await self._find(ExternalIdentity, key, find)
            identity = found and replace(found, expires_at=expires_at, leeway=leeway)
            return None if identity is None or identity.has_expired(now()) else identity

        identity = await find()
        if identity is None:
            creates = self.settings.oidc_create_users
            await link_or_create_user(self.database, claims, creates=creates)
            identity = await find()
        return identity

    async def _find(
        self,
        model: type[StoredCredential],
        key: dict[str, Any],
        renew: Callable[[], Awaitable[Identity | None]],
        *,
        by_cookie: bool = False,
    ) -> Identity | None:
        """Read a credential with its user and their roles, in one statement."""
        parameters = key if model is ExternalIdentity else {**key, "now": now()}
        query = _identity_query(model, self.database.kind)

        async def read(session: AsyncSession) -> Any:
            return (await session.execute(query, parameters)).one_or_none()

        found = await self.database.read(read)
        if found is None:
            return None
        credential, user, roles = found
        is_token = isinstance(credential, AccessToken)
        viewer = Viewer(
            user_id=user.id,
            roles=dict(map(_parse_role, orjson.loads(roles or "[]"))),
            scope=credential.scope if is_token else Scope.WRITE,
            only_workspace_id=credential.workspace_id if is_token else None,
        )
        return Identity(
            viewer=viewer,
            user=user,
            credential=credential,
            expires_at=None if isinstance(credential, ExternalIdentity) else credential.expires_at,
            by_cookie=by_cookie,
            renew=renew,
        )


# Cached, because every request executes it.
@cache
def _identity_query(model: type[StoredCredential], kind: str) -> Executable:
    """Select valid credentials of enabled users, each with the user's roles as a JSON array.

    One row for each role would repeat the credential and the user.
    """
    in_reach = Membership.user_id == User.id
    if issubclass(model, ExternalIdentity):
        is_named = and_(model.issuer == bindparam("issuer"), model.subject == bindparam("subject"))
    else:
        is_named = model.digest == bindparam("digest")
    if issubclass(model, AccessToken):
        only = AccessToken.workspace_id
        in_reach = and_(in_reach, or_(only.is_(None), only == Membership.workspace_id))
    # scope: the viewer is not known before this query; the credential's secret authorizes it.
    roles = select(_collect(_role_text(kind), kind)).where(in_reach).correlate(model, User)
    # scope: as above.
    return (
        select(model, User, roles.scalar_subquery())
        .join(User, User.id == model.user_id)
        .where(is_named, model.is_valid_at(bindparam("now")), User.disabled_at.is_(None))
    )


def _role_text(kind: str) -> ColumnElement[str]:
    """The ID of a membership's workspace and its role, such as `0198c6b2f7d4…:ADMIN`."""
    workspace = Membership.workspace_id
    digits: ColumnElement[str] = (
        cast(workspace, String(36))
        if kind == "postgresql"
        else func.hex(type_coerce(workspace, LargeBinary), type_=String)
    )
    return digits + ":" + type_coerce(Membership.role, String)


def _collect(text: ColumnElement[str], kind: str) -> ColumnElement[str]:
    """Aggregate texts into a JSON array, as text."""
    if kind == "postgresql":
        return cast(func.json_agg(text), Text)
    name = "json_group_array" if kind == "sqlite" else "json_arrayagg"
    collected: ColumnElement[str] = getattr(func, name)(text, type_=Text)
    return collected


def _parse_role(text: str) -> tuple[UUID, Role]:
    digits, _, role = text.partition(":")
    return UUID(hex=digits), Role[role]
