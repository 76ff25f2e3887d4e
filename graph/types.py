"""The API's types by name, for annotations: `from graph.types import Task, User`.

At run time each name is a lazy reference, so that concepts refer to one another without importing
one another. Type checkers see the classes themselves.
"""

from typing import TYPE_CHECKING, Annotated

import strawberry

if TYPE_CHECKING:
    from graph.concepts.comment import Comment
    from graph.concepts.credential import AccessToken, Session
    from graph.concepts.event import Event
    from graph.concepts.label import Label
    from graph.concepts.milestone import Milestone
    from graph.concepts.project import Project
    from graph.concepts.state import State
    from graph.concepts.task import Task
    from graph.concepts.user import User
    from graph.concepts.workspace import Workspace
else:
    AccessToken = Annotated["AccessToken", strawberry.lazy("graph.concepts.credential")]
    Comment = Annotated["Comment", strawberry.lazy("graph.concepts.comment")]
    Event = Annotated["Event", strawberry.lazy("graph.concepts.event")]
    Label = Annotated["Label", strawberry.lazy("graph.concepts.label")]
    Milestone = Annotated["Milestone", strawberry.lazy("graph.concepts.milestone")]
    Project = Annotated["Project", strawberry.lazy("graph.concepts.project")]
    Session = Annotated["Session", strawberry.lazy("graph.concepts.credential")]
    State = Annotated["State", strawberry.lazy("graph.concepts.state")]
    Task = Annotated["Task", strawberry.lazy("graph.concepts.task")]
    User = Annotated["User", strawberry.lazy("graph.concepts.user")]
    Workspace = Annotated["Workspace", strawberry.lazy("graph.concepts.workspace")]

__all__ = [
    "AccessToken",
    "Comment",
    "Event",
    "Label",
    "Milestone",
    "Project",
    "Session",
    "State",
    "Task",
    "User",
    "Workspace",
]
