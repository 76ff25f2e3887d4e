"""How many workspaces a user may own and belong to."""

from uuid import UUID

from sqlalchemy import func, select

import models
from graph.kit.writing.payload import InputPath, UserErrorCode
from graph.kit.writing.write import Write
from models.limits import LIMITS


async def reject_too_many_workspaces(
    write: Write, user_id: UUID | None, role: models.Role, path: InputPath, *, is_new: bool = True
) -> None:
    """Add an error if the user can own no other workspace, or with `is_new` belong to no other.

    The user is locked, so that concurrent writes count one another. Lock the workspace before.
    """
    if user_id is None:
        return
    await write.lock_rows(models.User, [user_id])
    membership = models.Membership
    # scope: only the numbers are used. They count workspaces that the caller cannot see.
    counts = select(membership.role, func.count()).where(membership.user_id == user_id)
    found = await write.session.execute(counts.group_by(membership.role))
    by_role = {row[0]: row[1] for row in found}
    if role is models.Role.OWNER and by_role.get(role, 0) >= LIMITS.owned_workspaces:
        message = f"A user can own at most {LIMITS.owned_workspaces} workspaces."
        write.add_error(UserErrorCode.TOO_MANY, path, message)
    elif is_new and sum(by_role.values()) >= LIMITS.joined_workspaces:
        message = f"A user can belong to at most {LIMITS.joined_workspaces} workspaces."
        write.add_error(UserErrorCode.TOO_MANY, path, message)
