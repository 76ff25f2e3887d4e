"""Who belongs to a workspace, as other concepts ask it."""

from collections.abc import Iterable
from uuid import UUID

import models
from graph.kit.relations.batches import among
from graph.kit.writing.payload import Path, UserErrorCode
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
    here = among(membership.workspace_id, sorted(set(workspace_ids)), write.source)
    among_them = among(membership.user_id, users, write.source)
    found = await write.where(membership, here, among_them, lock=FOR_REFERENCE)
    return {(one.workspace_id, one.user_id) for one in found}


async def member(write: Write, workspace_id: UUID, given: str | None, path: Path) -> UUID | None:
    """The user of an id, who must belong to the workspace."""
    key = None if given is None else write.key(models.User, given, path)
    if key is not None and not await members_of(write, [workspace_id], [key]):
        write.refuse(UserErrorCode.NOT_FOUND, path, NOT_A_MEMBER)
    return key
