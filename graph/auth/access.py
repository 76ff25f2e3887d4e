"""The check that a transaction commits only what its viewer may still write.

The viewer's roles are read before the transaction begins and before it waits for locks. Meanwhile
another transaction may revoke the credential, disable the user or change the roles. Each write
therefore reads them again when its last wait is over.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from graph.auth.identity import Identity, StoredCredential
from models import Membership, User, Viewer
from models.base import now
from models.columns.json_values import encode
from models.database.list_parameters import is_any
from models.log.insertion import Confirmation
from models.log.recorder import recorder_of, write_changes


async def write_log_with_access(session: AsyncSession, identity: Identity, viewer: Viewer) -> bool:
    """Write the changes of `session` to the log; return whether the viewer may commit them.

    The roles are read once the transaction holds the locks of the changed workspaces, which every
    change of a membership waits for. The credential and the user are locked. So the answer stays
    true until the commit.
    """
    recorder = recorder_of(session)
    if identity.credential is None:
        await write_changes(session)
        return not recorder.changes
    query = _roles_query(type(identity.credential), _kind(session), locked=True)
    confirmation = Confirmation(query, lambda: _parameters(identity, recorder.workspace_ids))
    rows = await write_changes(session, confirmation)
    if not recorder.changes:
        # A mutation that changes nothing shows nothing new either.
        return True
    return _are_roles_current(session, _parse(identity, rows), viewer, recorder.workspace_ids)


async def is_access_current(session: AsyncSession, identity: Identity, viewer: Viewer) -> bool:
    """Whether the credential is valid and the viewer's roles are as they were assumed.

    Nothing is locked, and the roles in all workspaces are compared: a dry run or a rejection shows
    what was read in any of them.
    """
    workspace_ids = recorder_of(session).workspace_ids | viewer.roles.keys()
    roles = await _current_roles(session, identity, workspace_ids, locked=False)
    return _are_roles_current(session, roles, viewer, workspace_ids)


async def is_credential_valid(session: AsyncSession, identity: Identity) -> bool:
    """Whether a credential is valid and its user enabled, until the transaction ends."""
    return await _current_roles(session, identity, (), locked=True) is not None


def _are_roles_current(
    session: AsyncSession,
    roles: Mapping[UUID, Any] | None,
    viewer: Viewer,
    workspace_ids: Iterable[UUID],
) -> bool:
    if roles is None:
        return False
    # What the transaction itself did to the viewer's memberships does not count.
    before = {
        change.workspace_id: change.fields["role"][0]
        for change in recorder_of(session).changes
        if isinstance(change.row, Membership)
        and change.row.user_id == viewer.user_id
        and "role" in change.fields
    }
    return all(
        before.get(workspace_id, encode(roles.get(workspace_id)))
        == encode(viewer.roles.get(workspace_id))
        for workspace_id in workspace_ids
    )


async def _current_roles(
    session: AsyncSession, identity: Identity, workspace_ids: Iterable[UUID], *, locked: bool
) -> Mapping[UUID, Any] | None:
    """Return the user's roles by workspace; None if the credential is no longer valid."""
    if identity.credential is None:
        return None
    query = _roles_query(type(identity.credential), _kind(session), locked=locked)
    found = await session.execute(query, _parameters(identity, workspace_ids))
    return _parse(identity, found.all())


def _parse(identity: Identity, rows: Sequence[Row[Any]]) -> Mapping[UUID, Any] | None:
    # The clock is read after the wait for the locks. Of an issuer's token only `identity` knows
    # when it expires.
    if not rows or identity.has_expired(now()):
        return None
    return {row.workspace_id: row.role for row in rows if row.workspace_id is not None}


def _parameters(identity: Identity, workspace_ids: Iterable[UUID]) -> Mapping[str, Any]:
    assert identity.credential is not None
    key = {"credential": identity.credential.id, "workspaces": sorted(workspace_ids)}
    return key if not _expires(type(identity.credential)) else {**key, "now": now()}


def _expires(model: type[StoredCredential]) -> bool:
    return hasattr(model, "expires_at")


# Cached, because every mutation executes it.
@cache
def _roles_query(model: type[StoredCredential], kind: str, *, locked: bool) -> Select[Any]:
    """Select the roles in some workspaces of the user of a valid credential.

    The query returns a row without a role if the user has none there, and no row if the credential
    is not valid.
    """
    in_workspaces = is_any(Membership.workspace_id, "workspaces", kind)
    columns: list[Any] = [Membership.workspace_id, Membership.role]
    # scope: the viewer's own roles.
    query = (
        select(*columns)
        .select_from(model)
        .join(User, User.id == model.user_id)
        .outerjoin(Membership, and_(Membership.user_id == User.id, in_workspaces))
        .where(
            model.id == bindparam("credential"),
            model.is_valid_at(bindparam("now")),
            User.disabled_at.is_(None),
        )
    )
    return query.with_for_update(read=True, of=[User, model]) if locked else query


def _kind(session: AsyncSession) -> str:
    return session.get_bind().dialect.name
