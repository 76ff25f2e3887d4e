"""Membership checks for references to users."""

from collections.abc import Iterable
from uuid import UUID

import models
from graph.kit.relations.keys import column_in
from graph.kit.writing.locks import FOR_REFERENCE
from graph.kit.writing.payload import InputPath, UserErrorCode
from graph.kit.writing.write import Write

NOT_A_MEMBER = "There is no such member in the workspace."


async def members_of(
    write: Write, workspace_ids: Iterable[UUID], user_ids: Iterable[UUID]
) -> set[tuple[UUID, UUID]]:
    """Return the pairs of workspace and user that are memberships.

    The memberships are locked, so that none of them ends before the commit.
    """
    users = sorted(set(user_ids))
    if not users:
        return set()
    membership = models.Membership
    database = write.scope.database
    in_workspaces = column_in(membership.workspace_id, sorted(set(workspace_ids)), database)
    of_users = column_in(membership.user_id, users, database)
    rows = await write.select_rows(membership, in_workspaces, of_users, lock=FOR_REFERENCE)
    return {(row.workspace_id, row.user_id) for row in rows}


async def member_id_of(
    write: Write, workspace_id: UUID, id: str | None, path: InputPath
) -> UUID | None:
    """Return the key of a user's id; adds an error if the user is not a member."""
    key = None if id is None else write.parse_id(models.User, id, path)
    if key is not None and not await members_of(write, [workspace_id], [key]):
        write.add_error(UserErrorCode.NOT_FOUND, path, NOT_A_MEMBER)
    return key
