"""Invitations: how users become members of a workspace, with their consent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

import models
from graph.context import Info
from graph.engine.declarations import Resolved
from graph.kit.declare import description_of, resolver_field
from graph.kit.loading.loaders import ReadScope
from graph.kit.node import Node
from graph.kit.paging.order_input import register_order
from graph.kit.relations.fields import one
from graph.kit.relations.keys import column_in
from graph.kit.viewer_can import viewer_can
from graph.kit.writing.locks import FOR_DELETION, FOR_UPDATE
from graph.kit.writing.mutation import Id, mutation
from graph.kit.writing.payload import DeletedRow, InputPath, Payload, UserErrorCode, payload_field
from graph.kit.writing.write import Write
from graph.rules.workspace_limits import reject_too_many_workspaces
from graph.types import Membership, User, Workspace
from models.log.recorder import recorder_of
from models.viewer import PERMISSIONS

ID: InputPath = ("id",)


@dataclass(frozen=True)
class WorkspaceNameBatch:
    """The names of workspaces, for users who are invited and not members. Keys are workspaces."""

    waits_for_others: bool = False

    async def load(
        self, session: AsyncSession, scope: ReadScope, keys: Sequence[UUID]
    ) -> list[str]:
        workspace = models.Workspace
        # scope: the viewer sees an invitation to each of them.
        names = select(workspace.id, workspace.name)
        found = await session.execute(names.where(column_in(workspace.id, keys, scope.database)))
        by_id = {row[0]: row[1] for row in found}
        return [by_id[key] for key in keys]


async def workspace_name(root: models.Invitation, info: Info) -> str:
    """The name of the workspace, which the invited user can see too."""
    return await info.context.load(WorkspaceNameBatch(), root.workspace_id)


@strawberry.type(description=description_of(models.Invitation))
class Invitation(Node):
    model = models.Invitation

    handle: str | None
    email: str | None
    role: models.Role
    workspace: Workspace | None = one(models.Invitation.workspace)
    workspace_name: str = resolver_field(workspace_name, plan=Resolved(("workspace_id",)))
    inviter: User | None = one(models.Invitation.inviter)
    created_at: datetime
    viewer_can_accept: bool = viewer_can(
        models.Invitation.can_be_accepted_by, "accept the invitation", "user_id"
    )
    viewer_can_delete: bool = viewer_can(
        models.Invitation.can_be_deleted_by,
        "cancel or decline the invitation",
        "workspace_id",
        "user_id",
    )


register_order(models.Invitation, "created_at")


@strawberry.type(description="The payload of a mutation of an invitation.")
class InvitationPayload(Payload):
    invitation: Invitation | None = payload_field(
        "The invitation that was declined or canceled.", models.Invitation
    )
    member: Membership | None = payload_field(
        "The new membership, if the invitation was accepted.", models.Membership
    )


async def invitation_accept(write: Write, id: Id) -> models.Membership:
    """Accepts one of the viewer's own invitations. The viewer becomes a member."""
    invitation = await own_invitation(write, id)
    user_id, workspace_id = invitation.user_id, invitation.workspace_id
    if workspace_id in write.scope.viewer.roles:
        message = "You are a member of the workspace already."
        write.add_error(UserErrorCode.UNIQUE, ID, message)
    await reject_without_inviter(write, invitation)
    await reject_too_many_workspaces(write, user_id, invitation.role, ID)
    write.raise_errors()
    # The user may have been invited by handle and by address.
    others = await write.select_rows(
        models.Invitation,
        models.Invitation.workspace_id == workspace_id,
        models.Invitation.user_id == user_id,
        lock=FOR_DELETION,
    )
    for other in others:
        await write.delete(other)
    write.viewer_after = write.viewer_after.with_role(workspace_id, invitation.role)
    return write.add(
        models.Membership(workspace_id=workspace_id, user_id=user_id, role=invitation.role)
    )


async def invitation_decline(write: Write, id: Id) -> DeletedRow:
    """Declines one of the viewer's own invitations, which is deleted."""
    invitation = await own_invitation(write, id)
    # The log does not name the user: nobody learns whose address was invited.
    recorder_of(write.session).begin(None, write.now)
    return await write.delete(invitation)


async def invitation_cancel(write: Write, id: Id) -> DeletedRow:
    """Cancels an invitation, which is deleted."""
    return await write.delete(await write.lock_for_deletion(models.Invitation, id, ID))


async def own_invitation(write: Write, id: str) -> models.Invitation:
    """Return an invitation of the viewer, locked. Raises `MutationRejected`."""
    write.require(models.Permission.ACCOUNT, None, ())
    key = write.parse_id(models.Invitation, id, ID)
    write.raise_errors()
    invitation = models.Invitation
    found = await write.select_rows(
        invitation,
        invitation.id == key,
        invitation.is_addressed_to(write.scope.viewer),
        lock=FOR_DELETION,
    )
    if not found:
        write.add_error(UserErrorCode.NOT_FOUND, ID, "There is no such invitation.")
        write.raise_errors()
    return found[0]


async def reject_without_inviter(write: Write, invitation: models.Invitation) -> None:
    """Add an error unless the inviter may still add members with the invitation's role.

    The workspace is locked, so that the inviter keeps their role until the commit.
    """
    workspace, membership = models.Workspace, models.Membership
    # scope: the viewer is not a member yet; the invitation names the workspace.
    locked = select(workspace.id).where(workspace.id == invitation.workspace_id)
    await write.session.execute(FOR_UPDATE.apply(locked, workspace))
    # scope: as above.
    of_inviter = (
        select(membership.role)
        .join(models.User, models.User.id == membership.user_id)
        .where(
            membership.workspace_id == invitation.workspace_id,
            membership.user_id == invitation.inviter_id,
            models.User.disabled_at.is_(None),
        )
    )
    role = await write.session.scalar(of_inviter)
    is_owner = invitation.role is models.Role.OWNER
    needed = models.Permission.OWN if is_owner else models.Permission.ADMINISTER
    if role is None or needed not in PERMISSIONS[role]:
        message = "The user who invited you may no longer add members. Ask for a new invitation."
        write.add_error(UserErrorCode.INVALID, ID, message)


@strawberry.type
class InvitationMutations:
    # The invited user has no role in the workspace yet; the functions check who is invited.
    invitation_accept: InvitationPayload = mutation(
        invitation_accept, permission=models.Permission.ACCOUNT
    )
    invitation_decline: InvitationPayload = mutation(
        invitation_decline, permission=models.Permission.ACCOUNT
    )
    invitation_cancel: InvitationPayload = mutation(
        invitation_cancel, permission=models.Permission.ADMINISTER
    )
