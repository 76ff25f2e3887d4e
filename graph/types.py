"""The API's types by name, for annotations: `from graph.types import Task, User`.

At run time each name is a lazy reference, so that concepts can refer to one another without
importing one another. Type checkers see the classes themselves.
"""

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry

if TYPE_CHECKING:
    from graph.concepts.comment import Comment
    from graph.concepts.credential import AccessToken, Session
    from graph.concepts.event import Event
    from graph.concepts.invitation import Invitation
    from graph.concepts.label import Label
    from graph.concepts.membership import Membership
    from graph.concepts.milestone import Milestone, MilestoneFilter
    from graph.concepts.project import Project, ProjectFilter
    from graph.concepts.reaction import Reaction
    from graph.concepts.state import State, StateFilter
    from graph.concepts.task import Task, TaskFilter
    from graph.concepts.user import User, UserFilter
    from graph.concepts.workspace import Workspace

    # The kit generates these classes.
    CommentCollectionFilter: TypeAlias = Any
    LabelCollectionFilter: TypeAlias = Any
    ReactionCollectionFilter: TypeAlias = Any
    UserCollectionFilter: TypeAlias = Any
else:

    def _lazy(concept: str, name: str) -> Any:
        return Annotated[name, strawberry.lazy(f"graph.concepts.{concept}")]

    AccessToken = _lazy("credential", "AccessToken")
    Comment = _lazy("comment", "Comment")
    CommentCollectionFilter = _lazy("comment", "CommentCollectionFilter")
    Event = _lazy("event", "Event")
    Invitation = _lazy("invitation", "Invitation")
    Label = _lazy("label", "Label")
    LabelCollectionFilter = _lazy("label", "LabelCollectionFilter")
    Membership = _lazy("membership", "Membership")
    Milestone = _lazy("milestone", "Milestone")
    MilestoneFilter = _lazy("milestone", "MilestoneFilter")
    Project = _lazy("project", "Project")
    ProjectFilter = _lazy("project", "ProjectFilter")
    Reaction = _lazy("reaction", "Reaction")
    ReactionCollectionFilter = _lazy("reaction", "ReactionCollectionFilter")
    Session = _lazy("credential", "Session")
    State = _lazy("state", "State")
    StateFilter = _lazy("state", "StateFilter")
    Task = _lazy("task", "Task")
    TaskFilter = _lazy("task", "TaskFilter")
    User = _lazy("user", "User")
    UserCollectionFilter = _lazy("user", "UserCollectionFilter")
    UserFilter = _lazy("user", "UserFilter")
    Workspace = _lazy("workspace", "Workspace")

__all__ = [
    "AccessToken",
    "Comment",
    "CommentCollectionFilter",
    "Event",
    "Invitation",
    "Label",
    "LabelCollectionFilter",
    "Membership",
    "Milestone",
    "MilestoneFilter",
    "Project",
    "ProjectFilter",
    "Reaction",
    "ReactionCollectionFilter",
    "Session",
    "State",
    "StateFilter",
    "Task",
    "TaskFilter",
    "User",
    "UserCollectionFilter",
    "UserFilter",
    "Workspace",
]
