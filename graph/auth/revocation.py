"""Revoking tokens.

A transaction that ends a credential locks its user first. One that creates a token shares that lock
when it checks the creator's credential (see `graph.auth.access`), so no new token is missed.
"""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import AccessToken, User
from models.base import now

#: Generations of tokens revoked by one statement. MariaDB allows 1,000 steps of a recursion.
GENERATIONS = 500


async def lock_user(session: AsyncSession, user_id: UUID) -> None:
    # scope: only locks the owner of the credentials that end.
    await session.execute(select(User.id).where(User.id == user_id).with_for_update())


async def revoke_token(session: AsyncSession, token: AccessToken) -> None:
    """Revoke a token, and all tokens that were created with it, or with one of those.

    The transaction must have locked the user.
    """
    is_valid = AccessToken.revoked_at.is_(None)
    revoke = update(AccessToken).where(is_valid).values(revoked_at=now())
    await session.execute(revoke.where(AccessToken.id == token.id))
    is_complete = False
    while not is_complete:
        result = await session.execute(
            revoke.where(AccessToken.id.in_(_descendants(token.user_id)))
        )
        is_complete = cast("CursorResult[Any]", result).rowcount == 0


def _descendants(user_id: UUID) -> Select[Any]:
    """Select a user's valid tokens that descend from revoked ones, up to `GENERATIONS`."""
    # scope: tokens of the same user only.
    start = select(AccessToken.id, literal(0).label("generation")).where(
        AccessToken.user_id == user_id, AccessToken.revoked_at.is_not(None)
    )
    family = start.cte("family", recursive=True, nesting=True)
    # scope: tokens of the same user only.
    children = select(AccessToken.id, family.c.generation + 1).where(
        AccessToken.parent_id == family.c.id,
        AccessToken.revoked_at.is_(None),
        family.c.generation < GENERATIONS,
    )
    # scope: tokens of the same user only.
    return select(family.union_all(children).c.id)
