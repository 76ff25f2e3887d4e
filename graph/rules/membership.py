"""Who belongs to a workspace, as other concepts ask it."""

from collections.abc import Iterable
from uuid import UUID

import models
from graph.kit.relations.batches import any_of
from graph.kit.writing.payload import InputPath, UserErrorCode
from graph.kit.writing.write import FOR_REFERENCE, Write

NOT_A_MEMBER = "No such user belongs to the workspace."


async def members_of(
    write: Write, workspace_ids: Iterable[UUID], user_ids: Iterable[UUID]
) -> set[tuple[UUID, UUID]]:
    """Which of the users belong to which of the workspaces, kept there while the write lasts."""
    users = sorted(set(user_ids))
    if not users:
        return set()
    membership = models.Membership
    here = any_of(membership.workspace_id, sorted(set(workspace_ids)), write.source)
    among_them = any_of(membership.user_id, users, write.source)
    found = await write.select_rows(membership, here, among_them, lock=FOR_REFERENCE)
    return {(one.workspace_id, one.user_id) for one in found}


async def member_id_of(
    write: Write, workspace_id: UUID, given: str | None, path: InputPath
) -> UUID | None:
    """The user of an id, who must belong to the workspace."""
    key = None if given is None else write.parse_id(models.User, given, path)
    if key is not None and not await members_of(write, [workspace_id], [key]):
        write.add_error(UserErrorCode.NOT_FOUND, path, NOT_A_MEMBER)
    return key
