"""The check that a transaction commits only what its viewer may still write.

The viewer's roles are read before the transaction begins and before it waits for locks. Meanwhile
another transaction may revoke the credential, disable the user or change the roles. Each write
therefore reads them again when its last wait is over.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from graph.auth.identity import Identity, StoredCredential
from models import Membership, User, Viewer
from models.base import now
from models.columns.json_values import encode
from models.log.recorder import recorder_of


async def is_access_current(
    session: AsyncSession, identity: Identity, viewer: Viewer, *, until_commit: bool
) -> bool:
    """Whether the credential is valid and the viewer's roles are as they were assumed.

    With `until_commit`, call it after `session` has written its changes to the log. It then holds
    the locks of the changed workspaces, which every change of a membership waits for, and this
    locks the credential and the user, so that the answer stays true until the commit. Otherwise
    nothing is locked, and the roles in all workspaces are compared: a dry run or a rejection shows
    what was read in any of them.
    """
    recorder = recorder_of(session)
    workspace_ids = {change.workspace_id for change in recorder.changes}
    if not until_commit:
        workspace_ids |= viewer.roles.keys()
    roles = await _current_roles(session, identity, workspace_ids, lock=until_commit)
    if roles is None:
        return False
    # What the transaction itself did to the viewer's memberships does not count.
    before = {
        change.workspace_id: change.fields["role"][0]
        for change in recorder.changes
        if isinstance(change.row, Membership)
        and change.row.user_id == viewer.user_id
        and "role" in change.fields
    }
    return all(
        before.get(workspace_id, encode(roles.get(workspace_id)))
        == encode(viewer.roles.get(workspace_id))
        for workspace_id in workspace_ids
    )


async def is_credential_valid(session: AsyncSession, identity: Identity) -> bool:
    """Whether a credential is valid and its user enabled, until the transaction ends."""
    return await _current_roles(session, identity, (), lock=True) is not None


async def _current_roles(
    session: AsyncSession, identity: Identity, workspace_ids: Collection[UUID], *, lock: bool
) -> Mapping[UUID, Any] | None:
    """Return the user's roles by workspace; None if the credential is no longer valid."""
    if identity.credential is None:
        return None
    statement = _roles(identity.credential, workspace_ids)
    if lock:
        statement = statement.with_for_update(read=True, of=[User, type(identity.credential)])
    rows = (await session.execute(statement)).all()
    # The clock is read after the wait for the locks. Of an issuer's token only `identity` knows
    # when it expires.
    if not rows or identity.has_expired(now()):
        return None
    return {workspace_id: role for workspace_id, role in rows if workspace_id is not None}


def _roles(credential: StoredCredential, workspace_ids: Collection[UUID]) -> Select[Any]:
    model = type(credential)
    in_workspaces = Membership.workspace_id.in_(sorted(workspace_ids))
    columns: list[Any] = [Membership.workspace_id, Membership.role]
    # scope: the viewer's own roles.
    return (
        select(*columns)
        .select_from(model)
        .join(User, User.id == model.user_id)
        .outerjoin(Membership, and_(Membership.user_id == User.id, in_workspaces))
        .where(model.id == credential.id, model.is_valid_at(now()), User.disabled_at.is_(None))
    )
