"""What is stored, and what is always true of it."""

from models.base import Base
from models.comment import Comment
from models.credential import (
    AccessToken,
    Credential,
    ExternalIdentity,
    Password,
    Session,
    SignInCode,
)
from models.event import Attendance, AttendanceResponse, Event
from models.invitation import Invitation
from models.label import Label
from models.log.change import Change, ChangeKind
from models.milestone import Milestone
from models.project import Project
from models.reaction import Reaction
from models.server.chore import Chore
from models.server.registered_document import RegisteredDocument
from models.server.remembered_write import RememberedWrite
from models.server.token_bucket import TokenBucket
from models.state import DEFAULT_STATES, State, StateCategory
from models.task import Assignment, Labeling, Priority, Task, TaskLink, TaskLinkKind
from models.user import User
from models.viewer import ANONYMOUS, Permission, Role, Scope, Viewer
from models.workspace import Membership, Workspace

__all__ = [
    "ANONYMOUS",
    "DEFAULT_STATES",
    "AccessToken",
    "Assignment",
    "Attendance",
    "AttendanceResponse",
    "Base",
    "Change",
    "ChangeKind",
    "Chore",
    "Comment",
    "Credential",
    "Event",
    "ExternalIdentity",
    "Invitation",
    "Label",
    "Labeling",
    "Membership",
    "Milestone",
    "Password",
    "Permission",
    "Priority",
    "Project",
    "Reaction",
    "RegisteredDocument",
    "RememberedWrite",
    "Role",
    "Scope",
    "Session",
    "SignInCode",
    "State",
    "StateCategory",
    "Task",
    "TaskLink",
    "TaskLinkKind",
    "TokenBucket",
    "User",
    "Viewer",
    "Workspace",
]
