"""Memberships: who belongs to a workspace, with which role."""

from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import func, select
from strawberry.utils.str_converters import to_camel_case

import models
from graph.kit.declare import description_of, model_input, use_instead
from graph.kit.errors import BadUserInput
from graph.kit.filtering.comparators import (
    Comparator,
    DateTimeComparator,
    IDComparator,
    operator_field,
    validated_text,
)
from graph.kit.filtering.conditions import AnyOf, Comparison, Condition, RelatedRow
from graph.kit.filtering.filter_input import FilterInput, filter_field, filter_input
from graph.kit.loading.scope import visible
from graph.kit.node import Node
from graph.kit.paging.order_input import register_order
from graph.kit.relations.fields import one
from graph.kit.viewer_can import viewer_can
from graph.kit.writing.expected_version import check_version, expected_version
from graph.kit.writing.mutation import Input, mutation
from graph.kit.writing.payload import (
    DeletedRow,
    InputPath,
    Payload,
    UserErrorCode,
    payload_field,
)
from graph.kit.writing.write import INPUT_PATH, WORKSPACE_ID_PATH, Write, provided
from graph.rules.membership import NOT_A_MEMBER
from graph.rules.workspace_limits import reject_too_many_workspaces
from graph.types import Invitation, User, UserFilter, Workspace

#: The most pending invitations of a workspace.
MAX_INVITATIONS = 500
USER_ID_PATH = (*INPUT_PATH, "userId")


@strawberry.type(description=description_of(models.Membership))
class Membership(Node):
    model = models.Membership

    user: User = one(models.Membership.user)
    workspace: Workspace = one(models.Membership.workspace)
    role: models.Role
    joined_at: datetime
    version: int
    viewer_can_update: bool = viewer_can(
        models.Membership.can_be_updated_by, "change the member's role", "workspace_id", "role"
    )
    viewer_can_delete: bool = viewer_can(
        models.Membership.can_be_deleted_by,
        "remove the member. The last owner cannot be removed",
        "workspace_id",
        "role",
        "user_id",
    )


register_order(models.Membership, "joined_at")


@strawberry.input(description="Compares roles.")
class RoleComparator(Comparator):
    eq: models.Role | None = operator_field("eq")
    neq: models.Role | None = operator_field("neq")
    in_: list[models.Role] | None = operator_field("in")
    nin: list[models.Role] | None = operator_field("nin")


def name_contains(text: str, argument: str) -> Condition:
    """The condition that the handle or the name of a member contains a text."""
    try:
        part = validated_text(text)
    except BadUserInput as error:
        raise BadUserInput(f"{argument}: {error.message}") from None
    names = (Comparison(name, "containsIgnoreCase", part) for name in ("handle", "name"))
    return RelatedRow("user", AnyOf(tuple(names)))


@filter_input(models.Membership, "Filters members.")
class MembershipFilter(FilterInput):
    id: IDComparator
    user: UserFilter
    role: RoleComparator
    joined_at: DateTimeComparator
    search: str = filter_field(
        "The handle or the name contains this text, case-insensitive.", parse=name_contains
    )


@strawberry.input(description="A user to invite.", one_of=True)
class InvitedUser:
    id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="The user's ID, if the user shares another workspace with the viewer."
    )
    handle: strawberry.Maybe[str] = strawberry.field(description="The user's handle.")
    email: strawberry.Maybe[str] = strawberry.field(description="The user's email address.")


@model_input(models.Membership, "A user to invite to a workspace.")
class MemberAddInput:
    workspace_id: strawberry.ID
    user: InvitedUser | None = strawberry.field(default=None, description="The user. Required.")
    role: models.Role = models.Role.MEMBER
    user_id: strawberry.ID | None = strawberry.field(
        default=None, description="The user's ID.", deprecation_reason=use_instead("user")
    )
    handle: str | None = strawberry.field(
        default=None, description="The user's handle.", deprecation_reason=use_instead("user")
    )
    email: str | None = strawberry.field(
        default=None,
        description="The user's email address.",
        deprecation_reason=use_instead("user"),
    )


@model_input(models.Membership, "A member's new role.")
class MemberUpdateInput:
    workspace_id: strawberry.ID
    user_id: strawberry.ID
    role: models.Role
    expected_version: int | None = expected_version()


@model_input(models.Membership, "A member to remove from a workspace.")
class MemberRemoveInput:
    workspace_id: strawberry.ID
    user_id: strawberry.ID


@strawberry.type(description="The payload of a membership mutation.")
class MemberPayload(Payload):
    member: Membership | None = payload_field(
        "The membership. After a removal, the membership that ended. Null for an invitation.",
        models.Membership,
    )
    invitation: Invitation | None = payload_field("The new invitation.", models.Invitation)


async def member_add(write: Write, input: Input[MemberAddInput]) -> models.Invitation:
    """Invites a user to a workspace, who becomes a member by accepting the invitation.

    The answer is the same whether or not a user has the handle or the email address. An address
    may also be that of a future user.
    """
    workspace = await write.get(models.Workspace, input.workspace_id, WORKSPACE_ID_PATH)
    require_owner_for(write, workspace.id, input.role)
    path, named = await invited_name(write, input)
    write.raise_errors()
    [(name, value)] = named.items()
    invitation, column = models.Invitation, getattr(models.User, name)
    is_named = func.lower(column) == value if name == "email" else column == value
    # scope: the user is not visible yet, and nothing of them is shown.
    user_id = await write.session.scalar(select(models.User.id).where(is_named))
    # Looked for in any case: the time that it takes must not reveal whether the user exists.
    membership = models.Membership
    if await write.select_rows(
        membership, membership.workspace_id == workspace.id, membership.user_id == user_id
    ):
        message = "This user is a member of the workspace already."
        write.add_error(UserErrorCode.UNIQUE, path, message)
    in_workspace, has_name = (
        invitation.workspace_id == workspace.id,
        getattr(invitation, name) == value,
    )
    if await write.select_rows(invitation, in_workspace, has_name, lock=None):
        message = f"This {name} is invited to the workspace already."
        write.add_error(UserErrorCode.UNIQUE, path, message)
    pending = visible(invitation, write.scope.viewer, func.count()).where(in_workspace)
    if (await write.session.scalar(pending) or 0) >= MAX_INVITATIONS:
        message = f"A workspace has at most {MAX_INVITATIONS} pending invitations. Cancel others."
        write.add_error(UserErrorCode.TOO_MANY, path, message)
    return write.add(
        invitation(
            workspace_id=workspace.id,
            user_id=user_id,
            role=input.role,
            inviter_id=write.scope.viewer.user_id,
            **named,
        )
    )


async def member_update(write: Write, input: Input[MemberUpdateInput]) -> models.Membership:
    """Changes a member's role. Only owners can make somebody an owner or change an owner's role."""
    membership = await get_membership(write, input.workspace_id, input.user_id)
    await check_version(write, membership, input.expected_version)
    for role in (membership.role, input.role):
        require_owner_for(write, membership.workspace_id, role)
    if input.role is not models.Role.OWNER:
        await reject_last_owner(write, membership)
    elif membership.role is not models.Role.OWNER:
        await reject_too_many_workspaces(
            write, membership.user_id, input.role, USER_ID_PATH, is_new=False
        )
    write.update(membership, {"role": input.role})
    if membership.user_id == write.viewer_after.user_id:
        write.viewer_after = write.viewer_after.with_role(membership.workspace_id, input.role)
    return membership


async def member_remove(write: Write, input: Input[MemberRemoveInput]) -> DeletedRow:
    """Removes a member. Members can remove themselves, except the last owner."""
    membership = await get_membership(write, input.workspace_id, input.user_id)
    if membership.user_id != write.viewer_after.user_id:
        write.require(models.Permission.ADMINISTER, membership.workspace_id, WORKSPACE_ID_PATH)
        require_owner_for(write, membership.workspace_id, membership.role)
    await reject_last_owner(write, membership)
    write.raise_errors()
    # The payload shows both, which may not be visible without the membership.
    user = await write.session.get_one(models.User, membership.user_id)  # scope: a member
    workspace = await write.session.get_one(  # scope: the workspace that the member leaves
        models.Workspace, membership.workspace_id
    )
    if membership.user_id == write.viewer_after.user_id:
        write.viewer_after = write.viewer_after.with_role(membership.workspace_id, None)
    return await write.delete(membership, user, workspace)


def require_owner_for(write: Write, workspace_id: UUID, role: models.Role) -> None:
    """Raise `MutationRejected` unless the viewer may give or take away a role."""
    if role is models.Role.OWNER:
        write.require(models.Permission.OWN, workspace_id, (*INPUT_PATH, "role"))


async def invited_name(write: Write, input: MemberAddInput) -> tuple[InputPath, dict[str, str]]:
    """Return the handle or the address that the input invites, by its column, and its path."""
    flat = provided(input, "user_id", "handle", "email")
    names = flat if input.user is None else provided(input.user, "id", "handle", "email")
    path: InputPath = (*INPUT_PATH, "user")
    if len(names) != 1 or (flat and input.user is not None):
        message = "Provide the user, by one of id, handle and email."
        code = UserErrorCode.INVALID if names else UserErrorCode.REQUIRED
        write.add_error(code, path, message)
        return INPUT_PATH, {}
    [(name, value)] = names.items()
    path = (*(INPUT_PATH if flat else path), to_camel_case(name))
    if name in ("id", "user_id"):
        key = write.parse_id(models.User, value, path)
        users = await write.get_many(models.User, [] if key is None else [key])
        if key is not None and key not in users:
            message = "There is no such user that you can see. Invite them by handle or address."
            write.add_error(UserErrorCode.NOT_FOUND, path, message)
        return path, {"handle": users[key].handle} if key in users else {}
    valid = write.validate(models.Invitation, names, path[:-1])
    if name == "email" and name in valid:
        valid[name] = valid[name].lower()
    if not (valid.get(name) or "-").strip():
        write.add_error(UserErrorCode.REQUIRED, path, "This cannot be empty.")
    elif "@" not in valid.get("email", "@"):
        write.add_error(UserErrorCode.INVALID, path, "This is not an email address.")
    return path, valid


async def get_membership(write: Write, workspace_id: str, user_id: str) -> models.Membership:
    """Return the membership of a user, locked, after the workspace, which is locked too."""
    workspace = await write.get(models.Workspace, workspace_id, WORKSPACE_ID_PATH)
    key = write.parse_id(models.User, user_id, USER_ID_PATH)
    write.raise_errors()
    membership = models.Membership
    memberships = await write.select_rows(
        membership, membership.workspace_id == workspace.id, membership.user_id == key
    )
    if not memberships:
        write.add_error(UserErrorCode.NOT_FOUND, USER_ID_PATH, NOT_A_MEMBER)
        write.raise_errors()
    return memberships[0]


async def reject_last_owner(write: Write, membership: models.Membership) -> None:
    owners = await write.select_rows(
        models.Membership,
        models.Membership.workspace_id == membership.workspace_id,
        models.Membership.role == models.Role.OWNER,
    )
    if [owner.id for owner in owners] == [membership.id]:
        message = "This is the workspace's last owner. Make another member an owner first."
        write.add_error(UserErrorCode.INVALID, USER_ID_PATH, message)


@strawberry.type
class MembershipMutations:
    member_add: MemberPayload = mutation(member_add, permission=models.Permission.ADMINISTER)
    member_update: MemberPayload = mutation(member_update, permission=models.Permission.ADMINISTER)
    # Every member may leave; removing someone else requires more, which the function checks.
    member_remove: MemberPayload = mutation(member_remove, permission=models.Permission.COMMENT)
