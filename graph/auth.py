"""From a request to a viewer."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Executable, and_, bindparam, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection

from graph.kit.errors import Unauthenticated
from models import (
    ANONYMOUS,
    AccessToken,
    Membership,
    Scope,
    Session,
    SignInCode,
    User,
    Viewer,
    Workspace,
)
from models.base import now
from models.credential import CODE_LIFETIME, SESSION_LIFETIME, digest, new_secret
from models.database import Database

COOKIE = "taskloom_session"
NOT_GOOD = "This token is unknown, expired or revoked. Create another one."


@dataclass(frozen=True)
class Identity:
    """A viewer, and the rows that were read to know them."""

    viewer: Viewer = ANONYMOUS
    user: User | None = None
    workspaces: Sequence[Workspace] = field(default_factory=tuple)
    #: Finds out anew; null where it is not there any more.
    renew: Callable[[], Awaitable["Identity | None"]] | None = None

    async def again(self) -> "Identity":
        """Who it is by now; `Unauthenticated` where the credential is not good any more."""
        found = self if self.renew is None else await self.renew()
        if found is None:
            raise Unauthenticated(NOT_GOOD)
        return found


NOBODY = Identity()


async def identify(database: Database, request: HTTPConnection) -> Identity:
    """Who sends a request: by its bearer token, else by its cookie, else nobody.

    A token that is not good is an `Unauthenticated` error. A cookie that is not good is no
    cookie: its browser has only been signed out.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("Authorization: send a token as `Authorization: Bearer tsk_…`.")
        identity = await _by_credential(database, AccessToken, token.strip())
        if identity is None:
            raise Unauthenticated(NOT_GOOD)
        return identity
    cookie = request.cookies.get(COOKIE)
    if cookie:
        return await _by_credential(database, Session, cookie) or NOBODY
    return NOBODY


async def _by_credential(
    database: Database, kind: type[AccessToken] | type[Session], secret: str
) -> Identity | None:
    """The credential's user with all they reach, in one statement."""
    is_token = kind is AccessToken
    given = {"digest": digest(secret), "now": now()}

    async def read(session: AsyncSession) -> Sequence[Any]:
        return (await session.execute(_holder_of(kind), given)).all()

    found = await database.read(read)
    if not found:
        return None
    credential, user, _, _ = found[0]
    reached = [(workspace, role) for _, _, role, workspace in found if workspace is not None]
    viewer = Viewer(
        user_id=user.id,
        roles={workspace.id: role for workspace, role in reached},
        scope=credential.scope if is_token else Scope.WRITE,
        only=credential.workspace_id if is_token else None,
    )
    renew = partial(_by_credential, database, kind, secret)
    return Identity(viewer, user, [workspace for workspace, _ in reached], renew)


@cache
def _holder_of(kind: type[AccessToken] | type[Session]) -> Executable:
    """The credential of a digest, its user and all they reach. Built once: every request has it."""
    in_reach = Membership.user_id == User.id
    not_expired = or_(kind.expires_at.is_(None), kind.expires_at > bindparam("now"))
    good = [kind.digest == bindparam("digest"), not_expired]
    if kind is AccessToken:
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


async def issue_code(database: Database, user_id: UUID) -> str:
    """A code that signs a browser in as a user, once."""
    code = new_secret()
    async with database.writes.begin() as session:
        session.add(
            SignInCode(digest=digest(code), user_id=user_id, expires_at=now() + CODE_LIFETIME)
        )
    return code


async def redeem(database: Database, code: str) -> str | None:
    """Exchanges a sign-in code for a session's secret; null for one used, unknown or too old."""
    async with database.writes.begin() as session:
        # scope: who holds the code is the user.
        known = select(SignInCode).where(
            SignInCode.digest == digest(code), SignInCode.expires_at > now()
        )
        found = await session.scalar(known)
        if found is None:
            return None
        used = await session.execute(delete(SignInCode).where(SignInCode.id == found.id))
        if cast("CursorResult[Any]", used).rowcount != 1:
            # Somebody else used it in this moment.
            return None
        secret = new_secret()
        expires_at = now() + SESSION_LIFETIME
        session.add(Session(digest=digest(secret), user_id=found.user_id, expires_at=expires_at))
    return secret
