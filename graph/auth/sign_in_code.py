"""One-time codes, with which a link signs a browser in."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from graph.auth.session import new_session
from models import SignInCode, User
from models.base import now
from models.columns.digest import digest
from models.credential import CODE_LIFETIME, new_secret
from models.database import Database


async def create_sign_in_code(database: Database, user_id: UUID) -> str:
    code = new_secret()
    async with database.writes.begin() as session:
        session.add(
            SignInCode(digest=digest(code), user_id=user_id, expires_at=now() + CODE_LIFETIME)
        )
    return code


async def redeem_sign_in_code(
    database: Database, code: str, user_agent: str | None = None
) -> str | None:
    """Begin a session and return its secret; None if the code is unknown, used or expired."""
    if not await _exists(database, code):
        # Without opening a transaction for writing, which would let anybody block writers.
        return None
    async with database.writes.begin() as session:
        # scope: the viewer is not known yet; the code authorizes the query.
        query = select(SignInCode).where(
            SignInCode.digest == digest(code),
            SignInCode.expires_at > now(),
            SignInCode.user.has(User.disabled_at.is_(None)),
        )
        sign_in_code = await session.scalar(query)
        if sign_in_code is None:
            return None
        deleted = await session.execute(delete(SignInCode).where(SignInCode.id == sign_in_code.id))
        if cast("CursorResult[Any]", deleted).rowcount != 1:
            # A concurrent request has used it since.
            return None
        secret, new = new_session(sign_in_code.user_id, user_agent)
        session.add(new)
    return secret


async def _exists(database: Database, code: str) -> bool:
    # scope: the viewer is not known yet; the code authorizes the query.
    query = select(SignInCode.id).where(SignInCode.digest == digest(code))

    async def read(session: AsyncSession) -> bool:
        return await session.scalar(query) is not None

    return await database.read(read)
