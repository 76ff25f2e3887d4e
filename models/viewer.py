"""Who is asking, and which workspaces they reach."""

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


@dataclass(frozen=True)
class Viewer:
    """Whoever sends a request: a user with a role in each workspace they reach, or nobody."""

    user_id: UUID | None = None
    roles: Mapping[UUID, Role] = field(default_factory=dict)
    scope: Scope = Scope.READ

    def reaches(self, workspace_id: Any) -> ColumnElement[bool]:
        """The condition that the column `workspace_id` names one of the viewer's workspaces."""
        ids = list(self.roles)
        if not ids:
            return false()
        # The usual case as an equation: it lets an index on (workspace_id, …) keep its order.
        condition: ColumnElement[bool] = (
            workspace_id == ids[0] if len(ids) == 1 else workspace_id.in_(ids)
        )
        return condition

    def comments(self, workspace_id: UUID) -> bool:
        """Whether the viewer may comment in a workspace."""
        return self.scope is Scope.WRITE and workspace_id in self.roles

    def writes(self, workspace_id: UUID) -> bool:
        """Whether the viewer may make and change tasks and projects of a workspace."""
        return self.comments(workspace_id) and self.roles[workspace_id] is not Role.GUEST

    def administers(self) -> frozenset[UUID]:
        """The workspaces that the viewer administers."""
        return frozenset(
            workspace for workspace, role in self.roles.items() if role in (Role.OWNER, Role.ADMIN)
        )


ANONYMOUS = Viewer()
