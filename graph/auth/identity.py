"""From a request to a viewer."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias, cast
from uuid import UUID

from sqlalchemy import CursorResult, Executable, and_, bindparam, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from graph.auth.last_used import LastUsedTracker
from graph.auth.oidc import LEEWAY, OpenIDIssuer, link_or_create_user
from graph.kit.errors import Unauthenticated
from graph.settings import Settings
from models import (
    ANONYMOUS,
    AccessToken,
    ExternalIdentity,
    Membership,
    Scope,
    Session,
    SignInCode,
    User,
    Viewer,
    Workspace,
)
from models.base import now
from models.columns.digest import digest
from models.credential import (
    CODE_LIFETIME,
    SESSION_LIFETIME,
    SESSION_PREFIX,
    TOKEN_PREFIX,
    new_secret,
)
from models.database import Database

COOKIE = "taskloom_session"
INVALID_TOKEN = "This token is unknown, expired or revoked. Create another one."

#: What stands for a user, as it is stored.
StoredCredential: TypeAlias = AccessToken | Session | ExternalIdentity


@dataclass(frozen=True)
class Identity:
    """A viewer, and the rows that were read to know them."""

    viewer: Viewer = ANONYMOUS
    user: User | None = None
    workspaces: Sequence[Workspace] = field(default_factory=tuple)
    #: What was shown for it.
    credential: StoredCredential | None = None
    #: Whether a browser sent it by itself.
    by_cookie: bool = False
    #: Finds out anew; null where it is not there any more.
    renew: Callable[[], Awaitable["Identity | None"]] | None = None

    async def refreshed(self) -> "Identity":
        """Who it is by now; `Unauthenticated` where the credential is not good any more."""
        found = self if self.renew is None else await self.renew()
        if found is None:
            raise Unauthenticated(INVALID_TOKEN)
        return found


UNAUTHENTICATED = Identity()


class Authenticator:
    """Who knows the senders of requests: the database, and the issuer of the settings."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.issuer = OpenIDIssuer(settings) if settings.oidc_issuer else None
        self.usage = LastUsedTracker()

    async def authenticate(self, request: HTTPConnection) -> Identity:
        """Who sends a request: by its bearer token, else by its cookie, else nobody.

        A token that is not good is an `Unauthenticated` error. A cookie that is not good is no
        cookie: its browser has only been signed out.
        """
        authorization = request.headers.get("authorization")
        if authorization is None:
            cookie = request.cookies.get(COOKIE)
            held = (
                await self.identify_by_secret(Session, cookie, by_cookie=True) if cookie else None
            )
            return held or UNAUTHENTICATED
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Authorization: send a token as `Authorization: Bearer tsk_…`.")
        identity: Identity | None = None
        if token.startswith(TOKEN_PREFIX):
            identity = await self.identify_by_secret(AccessToken, token)
        elif token.startswith(SESSION_PREFIX):
            identity = await self.identify_by_secret(Session, token)
        elif self.issuer is not None:
            identity = await self._by_issuer(self.issuer, token)
        if identity is None:
            raise Unauthenticated(INVALID_TOKEN)
        return identity

    async def identify_by_secret(
        self, kind: type[AccessToken] | type[Session], secret: str, *, by_cookie: bool = False
    ) -> Identity | None:
        """The identity that a secret stands for."""
        given = {"digest": digest(secret)}

        async def find() -> Identity | None:
            return await self._holder(kind, given, find, by_cookie=by_cookie)

        identity = await find()
        if identity is not None and isinstance(identity.credential, (AccessToken, Session)):
            self.usage.note(identity.credential)
        return identity

    async def _by_issuer(self, issuer: OpenIDIssuer, token: str) -> Identity | None:
        claims = await issuer.verified_claims(token)
        given = {"issuer": claims["iss"], "subject": claims["sub"]}

        async def find() -> Identity | None:
            if time.time() > claims["exp"] + LEEWAY:
                return None
            return await self._holder(ExternalIdentity, given, find)

        identity = await find()
        if identity is None:
            creates = self.settings.oidc_create_users
            await link_or_create_user(self.database, claims, creates=creates)
            identity = await find()
        return identity

    async def _holder(
        self,
        kind: type[StoredCredential],
        given: dict[str, Any],
        renew: Callable[[], Awaitable[Identity | None]],
        *,
        by_cookie: bool = False,
    ) -> Identity | None:
        """A credential's user with all they reach, in one statement."""
        values = given if kind is ExternalIdentity else {**given, "now": now()}

        async def read(session: AsyncSession) -> Sequence[Any]:
            return (await session.execute(_holder_of(kind), values)).all()

        found = await self.database.read(read)
        if not found:
            return None
        credential, user, _, _ = found[0]
        reached = [(workspace, role) for _, _, role, workspace in found if workspace is not None]
        is_token = isinstance(credential, AccessToken)
        viewer = Viewer(
            user_id=user.id,
            roles={workspace.id: role for workspace, role in reached},
            scope=credential.scope if is_token else Scope.WRITE,
            only_workspace_id=credential.workspace_id if is_token else None,
        )
        workspaces = [workspace for workspace, _ in reached]
        return Identity(viewer, user, workspaces, credential, by_cookie, renew)


@cache
def _holder_of(kind: type[StoredCredential]) -> Executable:
    """A credential, its user and all they reach. Built once: every request has it."""
    in_reach = Membership.user_id == User.id
    if issubclass(kind, ExternalIdentity):
        good = [kind.issuer == bindparam("issuer"), kind.subject == bindparam("subject")]
    else:
        not_expired = or_(kind.expires_at.is_(None), kind.expires_at > bindparam("now"))
        good = [kind.digest == bindparam("digest"), not_expired]
    if issubclass(kind, AccessToken):
        good.append(AccessToken.revoked_at.is_(None))
        only = AccessToken.workspace_id
        in_reach = and_(in_reach, or_(only.is_(None), only == Membership.workspace_id))
    # scope: who holds the secret is the user; this is how the viewer is known.
    return (
        select(kind, User, Membership.role, Workspace)
        .join(User, User.id == kind.user_id)
        .outerjoin(Membership, in_reach)
        .outerjoin(Workspace, Workspace.id == Membership.workspace_id)
        .where(*good, User.disabled_at.is_(None))
    )


def new_session(user_id: UUID, user_agent: str | None) -> tuple[str, Session]:
    """A session, and the secret that it is known by."""
    secret = new_secret(SESSION_PREFIX)
    agent = None if user_agent is None else user_agent[:200]
    expires_at = now() + SESSION_LIFETIME
    return secret, Session(
        digest=digest(secret), user_id=user_id, expires_at=expires_at, user_agent=agent
    )


async def create_sign_in_code(database: Database, user_id: UUID) -> str:
    """A code that signs a browser in as a user, once."""
    code = new_secret()
    async with database.writes.begin() as session:
        session.add(
            SignInCode(digest=digest(code), user_id=user_id, expires_at=now() + CODE_LIFETIME)
        )
    return code


async def _is_code(database: Database, code: str) -> bool:
    # scope: who holds the code is the user.
    known = select(SignInCode.id).where(SignInCode.digest == digest(code))

    async def read(session: AsyncSession) -> bool:
        return await session.scalar(known) is not None

    return await database.read(read)


async def redeem_sign_in_code(
    database: Database, code: str, user_agent: str | None = None
) -> str | None:
    """Exchanges a sign-in code for a session's secret; null for one used, unknown or too old."""
    if not await _is_code(database, code):
        # Nothing is to be written.
        return None
    async with database.writes.begin() as session:
        # scope: who holds the code is the user.
        known = select(SignInCode).where(
            SignInCode.digest == digest(code),
            SignInCode.expires_at > now(),
            SignInCode.user.has(User.disabled_at.is_(None)),
        )
        found = await session.scalar(known)
        if found is None:
            return None
        used = await session.execute(delete(SignInCode).where(SignInCode.id == found.id))
        if cast("CursorResult[Any]", used).rowcount != 1:
            # Somebody else used it in this moment.
            return None
        secret, made = new_session(found.user_id, user_agent)
        session.add(made)
    return secret
