"""Calendar events, and who comes."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

import models
from graph.kit.connection import Connection
from graph.kit.keyset import Order
from graph.kit.node import Node
from graph.kit.relations import many, one

if TYPE_CHECKING:
    from graph.project import Project
    from graph.user import User
    from graph.workspace import Workspace


@strawberry.type(description="That a user is invited to an event, and what they answered.")
class Attendance(Node):
    model = models.Attendance

    user: Annotated["User", strawberry.lazy("graph.user")] = one(
        models.Attendance.user, "Who is invited."
    )
    event: Annotated["Event", strawberry.lazy("graph.event")] = one(
        models.Attendance.event, "What they are invited to."
    )
    response: models.AttendanceResponse = strawberry.field(description="What they answered.")


@strawberry.type(description="Something that takes place at a time.")
class Event(Node):
    model = models.Event

    title: str = strawberry.field(description="What it is called.")
    description: str = strawberry.field(description="What it is about. Markdown.")
    location: str | None = strawberry.field(description="Where: a room, an address, a link.")
    starts_at: datetime = strawberry.field(description="When it begins.")
    ends_at: datetime = strawberry.field(description="When it ends, not before it begins.")
    workspace: Annotated["Workspace", strawberry.lazy("graph.workspace")] = one(
        models.Event.workspace, "The workspace it belongs to."
    )
    project: Annotated["Project", strawberry.lazy("graph.project")] | None = one(
        models.Event.project, "The project it is about."
    )
    organizer: Annotated["User", strawberry.lazy("graph.user")] | None = one(
        models.Event.organizer, "Who invites; null where the account is gone."
    )
    attendees: Connection[Attendance] = many(
        models.Event.attendances,
        "Who is invited, in the order of invitation.",
        order=Order.by(models.Attendance, "created_at"),
    )
