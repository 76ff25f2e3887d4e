"""Calendar events and their attendances."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import select

import models
from graph.kit.declare import client_generated_id, description_of, model_input, use_instead
from graph.kit.node import Node
from graph.kit.paging.order_input import register_order
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many, one
from graph.kit.viewer_can import viewer_can
from graph.kit.writing.expected_version import expected_version, get_to_update
from graph.kit.writing.id_set import IdSet
from graph.kit.writing.locks import FOR_REFERENCE
from graph.kit.writing.mutation import Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, UserErrorCode, payload_field
from graph.kit.writing.write import INPUT_PATH, WORKSPACE_ID_PATH, Write, provided
from graph.rules.membership import NOT_A_MEMBER, members_of
from graph.types import Project, User, Workspace
from graph.views.rendered_text import html_field
from models.log.deletion import delete_rows

COLUMNS = ("title", "description", "location", "starts_at", "ends_at")


@strawberry.type(description=description_of(models.Attendance))
class Attendance(Node):
    model = models.Attendance

    user: User = one(models.Attendance.user)
    event: "Event" = one(models.Attendance.event)
    response: models.AttendanceResponse
    version: int
    viewer_can_update: bool = viewer_can(
        models.Attendance.can_be_updated_by,
        "answer the invitation with `eventRespond`",
        "workspace_id",
        "user_id",
    )


@strawberry.type(description=description_of(models.Event))
class Event(Node):
    model = models.Event

    title: str
    description: str
    description_html: str = html_field(models.Event, "description")
    location: str | None
    starts_at: datetime
    ends_at: datetime
    workspace: Workspace = one(models.Event.workspace)
    related_project: Project | None = one(models.Event.project)
    project: Project | None = one(models.Event.project, deprecation=use_instead("relatedProject"))
    organizer: User | None = one(models.Event.organizer)
    attendees: Connection[Attendance] | None = many(
        models.Event.attendances, "The invitations, in the order of invitation."
    )
    version: int
    viewer_can_update: bool = viewer_can(models.Event.can_be_updated_by, "update the event")
    viewer_can_delete: bool = viewer_can(models.Event.can_be_deleted_by, "delete the event")


register_order(models.Event, "starts_at")
register_order(models.Attendance, "created_at")


@model_input(models.Event, "A calendar event to create. The viewer becomes its organizer.")
class EventCreateInput:
    workspace_id: strawberry.ID
    title: str
    starts_at: datetime
    ends_at: datetime
    description: str | None = None
    location: str | None = None
    project_id: strawberry.ID | None = None
    attendee_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The users to invite, who must be members of the workspace."
    )
    id: strawberry.ID | None = client_generated_id()


@model_input(
    models.Event,
    "Changes to an event. Omitted fields are unchanged; null clears the location and the project.",
)
class EventUpdateInput:
    id: strawberry.ID
    expected_version: int | None = expected_version()
    title: strawberry.Maybe[str | None]
    starts_at: strawberry.Maybe[datetime | None]
    ends_at: strawberry.Maybe[datetime | None]
    description: strawberry.Maybe[str | None]
    location: strawberry.Maybe[str | None]
    project_id: strawberry.Maybe[strawberry.ID | None]
    attendee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="All users to invite. Replaces the current invitations; users who stay "
        "invited keep their answers."
    )
    added_attendee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Users to invite in addition."
    )
    removed_attendee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Users to remove from the invitations."
    )


@model_input(models.Attendance, "An answer to an invitation.")
class EventRespondInput:
    event_id: strawberry.ID
    response: models.AttendanceResponse


@strawberry.type(description="The payload of an event mutation.")
class EventPayload(Payload):
    event: Event | None = payload_field("The event. After a deletion, the deleted event.")


async def event_create(write: Write, input: Input[EventCreateInput]) -> models.Event:
    """Creates a calendar event and invites users to it."""
    values = write.validate(models.Event, provided(input, *COLUMNS))
    reject_reversed_times(write, input.starts_at, input.ends_at)
    key = await write.new_id(models.Event, input.id)
    attendees = IdSet.parse(write, models.User, input, "attendee_ids")
    workspace = await write.get(models.Workspace, input.workspace_id, WORKSPACE_ID_PATH, lock=None)
    project = await project_of(write, workspace.id, input.project_id)
    await reject_non_members(write, workspace.id, attendees)
    event = write.add(
        models.Event(
            id=key,
            workspace_id=workspace.id,
            project_id=project and project.id,
            organizer_id=write.scope.viewer.user_id,
            **values,
        )
    )
    invite(write, event, attendees.applied_to(()))
    return event


async def event_update(write: Write, input: Input[EventUpdateInput]) -> models.Event:
    """Updates a calendar event and its invitations."""
    values = write.validate(models.Event, provided(input, *COLUMNS))
    attendees = IdSet.parse(write, models.User, input, "attendee_ids")
    event = await get_to_update(write, models.Event, input)
    starts_at = values.get("starts_at", event.starts_at)
    reject_reversed_times(write, starts_at, values.get("ends_at", event.ends_at))
    references = provided(input, "project_id")
    if "project_id" in references:
        project = await project_of(write, event.workspace_id, references["project_id"])
        values["project_id"] = project and project.id
    await reject_non_members(write, event.workspace_id, attendees)
    write.update(event, values)
    if attendees:
        current = {one.user_id: one for one in await attendances_of(write, event)}
        wanted = attendees.applied_to(current)
        invite(write, event, wanted - set(current))
        removed = [current[user_id] for user_id in sorted(set(current) - wanted)]
        await delete_rows(write.session, removed)
    return event


async def event_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes a calendar event with its invitations."""
    return await write.delete(await write.lock_for_deletion(models.Event, id, ("id",)))


async def event_respond(write: Write, input: Input[EventRespondInput]) -> models.Event:
    """Answers the viewer's own invitation to an event."""
    path = (*INPUT_PATH, "eventId")
    event = await write.get(models.Event, input.event_id, path, lock=FOR_REFERENCE)
    attendance = models.Attendance
    own = attendance.user_id == write.scope.viewer.user_id
    invitations = await write.select_rows(attendance, attendance.event_id == event.id, own)
    if not invitations:
        write.add_error(UserErrorCode.FORBIDDEN, path, "You are not invited to this event.")
    for invitation in invitations:
        write.update(invitation, {"response": input.response})
    return event


def reject_reversed_times(write: Write, starts_at: datetime, ends_at: datetime) -> None:
    if ends_at < starts_at:
        path = (*INPUT_PATH, "endsAt")
        write.add_error(UserErrorCode.INVALID, path, "The event ends before it starts.")


async def project_of(write: Write, workspace_id: UUID, id: str | None) -> models.Project | None:
    """Return the project of an id, which must be in the workspace."""
    in_workspace = models.Project.workspace_id == workspace_id
    return await write.get_reference(models.Project, id, (*INPUT_PATH, "projectId"), in_workspace)


async def reject_non_members(write: Write, workspace_id: UUID, attendees: IdSet) -> None:
    members = await members_of(write, [workspace_id], attendees.required_ids)
    attendees.reject_unknown({user_id for _, user_id in members}, NOT_A_MEMBER)


async def attendances_of(write: Write, event: models.Event) -> Sequence[models.Attendance]:
    """Return all attendances of an event, locked; also those of users who left the workspace."""
    # scope: hidden attendances are not shown, but they must not be created twice.
    attendances = select(models.Attendance).where(models.Attendance.event_id == event.id)
    locked = attendances.order_by(models.Attendance.id).with_for_update()
    return (await write.session.scalars(locked)).all()


def invite(write: Write, event: models.Event, user_ids: Iterable[UUID]) -> None:
    references = {"workspace_id": event.workspace_id, "event_id": event.id, "event": event}
    write.session.add_all(
        models.Attendance(user_id=user_id, **references) for user_id in sorted(user_ids)
    )


@strawberry.type
class EventMutations:
    event_create: EventPayload = mutation(event_create, permission=models.Permission.WRITE)
    event_update: EventPayload = mutation(event_update, permission=models.Permission.WRITE)
    event_delete: EventPayload = mutation(event_delete, permission=models.Permission.WRITE)
    event_respond: EventPayload = mutation(event_respond, permission=models.Permission.COMMENT)
