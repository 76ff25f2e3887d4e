"""The user that an operation runs as, with their workspaces and permissions."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, column, false, select, table

from models.columns.documented_enum import DocumentedEnum
from models.columns.types import uuid_type


class Role(DocumentedEnum):
    """A member's role in a workspace."""

    OWNER = "OWNER", "Full control, including other owners."
    ADMIN = "ADMIN", "Also manages members, workflow states and the workspace."
    MEMBER = "MEMBER", "Reads and writes."
    GUEST = "GUEST", "Reads and comments."


class Scope(DocumentedEnum):
    """The access that a credential grants."""

    READ = "READ", "Read what the user can see."
    WRITE = "WRITE", "Also write what the user may write."


class Permission(enum.Enum):
    """A permission that a mutation requires."""

    # The values complete the error message "You may not …."

    #: Everyone has it, signed in or not.
    NONE = "do this"
    #: Every user has it, with a credential that may write and is not limited to one workspace.
    ACCOUNT = "do this with this token"
    COMMENT = "comment in this workspace"
    WRITE = "make changes in this workspace"
    ADMINISTER = "administer this workspace"
    OWN = "do this: only owners of this workspace can"


#: The permissions of each role in its workspace. Every member can read.
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.GUEST: frozenset({Permission.COMMENT}),
    Role.MEMBER: frozenset({Permission.COMMENT, Permission.WRITE}),
    Role.ADMIN: frozenset({Permission.COMMENT, Permission.WRITE, Permission.ADMINISTER}),
    Role.OWNER: frozenset(Permission) - {Permission.NONE, Permission.ACCOUNT},
}


#: If a viewer has more, the database looks them up instead of getting their IDs.
MANY_WORKSPACES = 50
_MEMBERSHIPS = table(
    "memberships", column("workspace_id", uuid_type()), column("user_id", uuid_type())
)


@dataclass(frozen=True)
class Viewer:
    """The user that sends a request, with their role in each workspace that they can reach.

    A request without a valid credential has no user and no roles.
    """

    user_id: UUID | None = None
    roles: Mapping[UUID, Role] = field(default_factory=dict)
    scope: Scope = Scope.READ
    #: The workspace that the credential is limited to; None if it is not limited.
    only_workspace_id: UUID | None = None

    def __hash__(self) -> int:
        roles = frozenset(self.roles.items())
        return hash((self.user_id, roles, self.scope, self.only_workspace_id))

    def can_reach(self, workspace_id: Any) -> ColumnElement[bool]:
        """Return the condition that a column holds the ID of one of the viewer's workspaces."""
        ids = list(self.roles)
        if not ids:
            return false()
        if len(ids) > MANY_WORKSPACES:
            return self.has_membership(workspace_id)
        # An equality lets an index on (workspace_id, …) sort the rows; IN does not.
        condition: ColumnElement[bool] = (
            workspace_id == ids[0] if len(ids) == 1 else workspace_id.in_(ids)
        )
        return condition

    def has_membership(self, workspace_id: Any) -> ColumnElement[bool]:
        """Return the condition of `can_reach`, looked up by the database."""
        of_viewer = select(_MEMBERSHIPS.c.workspace_id)
        of_viewer = of_viewer.where(_MEMBERSHIPS.c.user_id == self.user_id)
        condition: ColumnElement[bool] = workspace_id.in_(of_viewer)
        return condition

    def can(self, permission: Permission, workspace_id: UUID | None = None) -> bool:
        """Whether the viewer has a permission in a workspace, or outside all workspaces."""
        if permission is Permission.NONE:
            return True
        if self.scope is not Scope.WRITE or self.user_id is None:
            return False
        if workspace_id is None:
            return permission is Permission.ACCOUNT and self.only_workspace_id is None
        role = self.roles.get(workspace_id)
        return role is not None and permission in PERMISSIONS[role]

    def administers(self, workspace_id: Any) -> ColumnElement[bool]:
        """Return the condition that a column holds the ID of a workspace that they administer."""
        condition: ColumnElement[bool] = workspace_id.in_(sorted(self.administered))
        return condition

    @property
    def administered(self) -> frozenset[UUID]:
        """The IDs of the workspaces that the viewer administers."""
        return frozenset(
            workspace_id
            for workspace_id, role in self.roles.items()
            if Permission.ADMINISTER in PERMISSIONS[role]
        )

    def with_role(self, workspace_id: UUID, role: Role | None) -> "Viewer":
        """Return the viewer with another role in a workspace, or without one if it is None."""
        changed = {**self.roles, workspace_id: role}
        roles = {key: value for key, value in changed.items() if value is not None}
        return replace(self, roles=roles)


ANONYMOUS = Viewer()
