"""Who is asking, which workspaces they reach, and what they may do there."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false


class Role(enum.Enum):
    """What a member of a workspace may do there."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    MEMBER = "MEMBER"
    GUEST = "GUEST"


class Scope(enum.Enum):
    """What a credential may be used for."""

    READ = "READ"
    WRITE = "WRITE"


class Permission(enum.Enum):
    """What somebody may do; the value says it, after "may not"."""

    #: Needs nobody: anyone may, signed in or not.
    NONE = "do this"
    #: Needs no role: any user may, with a credential that may write and is for all workspaces.
    ACCOUNT = "do this with this token"
    COMMENT = "comment in this workspace"
    WRITE = "change things in this workspace"
    ADMINISTER = "administer this workspace"
    OWN = "do what only its owners may in this workspace"


#: Who may do what in a workspace. All members read.
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.GUEST: frozenset({Permission.COMMENT}),
    Role.MEMBER: frozenset({Permission.COMMENT, Permission.WRITE}),
    Role.ADMIN: frozenset({Permission.COMMENT, Permission.WRITE, Permission.ADMINISTER}),
    Role.OWNER: frozenset(Permission) - {Permission.NONE, Permission.ACCOUNT},
}


@dataclass(frozen=True)
class Viewer:
    """Whoever sends a request: a user with a role in each workspace they reach, or nobody."""

    user_id: UUID | None = None
    roles: Mapping[UUID, Role] = field(default_factory=dict)
    scope: Scope = Scope.READ
    #: The only workspace that the credential is for; null for all of the user's.
    only: UUID | None = None

    def can_reach(self, workspace_id: Any) -> ColumnElement[bool]:
        """The condition that the column `workspace_id` names one of the viewer's workspaces."""
        ids = list(self.roles)
        if not ids:
            return false()
        # The usual case as an equation: it lets an index on (workspace_id, …) keep its order.
        condition: ColumnElement[bool] = (
            workspace_id == ids[0] if len(ids) == 1 else workspace_id.in_(ids)
        )
        return condition

    def can(self, permission: Permission, workspace_id: UUID | None = None) -> bool:
        """Whether the viewer may do something in a workspace, or outside of any."""
        if permission is Permission.NONE:
            return True
        if self.scope is not Scope.WRITE or self.user_id is None:
            return False
        if workspace_id is None:
            return permission is Permission.ACCOUNT and self.only is None
        role = self.roles.get(workspace_id)
        return role is not None and permission in PERMISSIONS[role]

    def administers(self) -> frozenset[UUID]:
        """The workspaces whose administration the viewer sees."""
        return frozenset(
            workspace
            for workspace, role in self.roles.items()
            if Permission.ADMINISTER in PERMISSIONS[role]
        )

    def with_role(self, workspace_id: UUID, role: Role | None) -> "Viewer":
        """The same viewer after a workspace has given them a role, or taken theirs."""
        roles = {**self.roles, workspace_id: role}
        kept = {key: value for key, value in roles.items() if value is not None}
        return Viewer(self.user_id, kept, self.scope, self.only)


ANONYMOUS = Viewer()
