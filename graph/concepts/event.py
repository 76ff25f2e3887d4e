"""Calendar events, and who comes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import strawberry
from sqlalchemy import select

import models
from graph.kit.node import Node
from graph.kit.paging.keyset import Order
from graph.kit.relations.connection import Connection
from graph.kit.relations.fields import many, one
from graph.kit.writing.id_set import IdSet
from graph.kit.writing.mutation import CLIENT_ID, Id, Input, mutation
from graph.kit.writing.payload import DeletedRow, Payload, UserErrorCode, payload_field
from graph.kit.writing.write import (
    FOR_DELETION,
    FOR_REFERENCE,
    ID_PATH,
    INPUT_PATH,
    WORKSPACE_ID_PATH,
    Write,
    provided,
)
from graph.rules.membership import NOT_A_MEMBER, members_of
from graph.types import Project, User, Workspace
from models.log.recorder import delete_rows


@strawberry.type(description="That a user is invited to an event, and what they answered.")
class Attendance(Node):
    model = models.Attendance

    user: User = one(models.Attendance.user, "Who is invited.")
    event: "Event" = one(models.Attendance.event, "What they are invited to.")
    response: models.AttendanceResponse = strawberry.field(description="What they answered.")


@strawberry.type(description="Something that takes place at a time.")
class Event(Node):
    model = models.Event

    title: str = strawberry.field(description="What it is called.")
    description: str = strawberry.field(description="What it is about. Markdown.")
    location: str | None = strawberry.field(description="Where: a room, an address, a link.")
    starts_at: datetime = strawberry.field(description="When it begins.")
    ends_at: datetime = strawberry.field(description="When it ends, not before it begins.")
    workspace: Workspace = one(models.Event.workspace, "The workspace it belongs to.")
    project: Project | None = one(models.Event.project, "The project it is about.")
    organizer: User | None = one(
        models.Event.organizer, "Who invites; null where the account is gone."
    )
    attendees: Connection[Attendance] = many(
        models.Event.attendances,
        "Who is invited, in the order of invitation.",
        order=Order.by(models.Attendance, "created_at"),
    )


@strawberry.input(description="A calendar event to be made; the viewer organizes it.")
class EventCreateInput:
    workspace_id: strawberry.ID = strawberry.field(description="The workspace it is for.")
    title: str = strawberry.field(description="What it is called.")
    starts_at: datetime = strawberry.field(description="When it begins.")
    ends_at: datetime = strawberry.field(description="When it ends, not before it begins.")
    description: str | None = strawberry.field(
        default=None, description="What it is about. Markdown."
    )
    location: str | None = strawberry.field(
        default=None, description="Where: a room, an address, a link."
    )
    project_id: strawberry.ID | None = strawberry.field(
        default=None, description="The project it is about."
    )
    attendee_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="The users who are invited, members of the workspace."
    )
    id: strawberry.ID | None = strawberry.field(default=None, description=CLIENT_ID)


@strawberry.input(description="What to change of an event. A field left out stays as it is.")
class EventUpdateInput:
    id: strawberry.ID = strawberry.field(description="The event.")
    title: strawberry.Maybe[str | None] = strawberry.field(description="What it is called.")
    starts_at: strawberry.Maybe[datetime | None] = strawberry.field(description="When it begins.")
    ends_at: strawberry.Maybe[datetime | None] = strawberry.field(
        description="When it ends, not before it begins."
    )
    description: strawberry.Maybe[str | None] = strawberry.field(
        description="What it is about. Markdown."
    )
    location: strawberry.Maybe[str | None] = strawberry.field(
        description="Where: a room, an address, a link. A null empties it."
    )
    project_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="The project it is about. A null empties it."
    )
    attendee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="All who are invited, instead of those who are; who stays keeps their answer."
    )
    added_attendee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Those to invite besides."
    )
    removed_attendee_ids: strawberry.Maybe[list[strawberry.ID] | None] = strawberry.field(
        description="Those to invite no longer."
    )


@strawberry.input(description="An answer to an invitation.")
class EventRespondInput:
    event_id: strawberry.ID = strawberry.field(description="The event the viewer is invited to.")
    response: models.AttendanceResponse = strawberry.field(description="The answer.")


@strawberry.type(description="What a mutation of an event answers.")
class EventPayload(Payload):
    event: Event | None = payload_field("The event; as it was, where it was deleted.")


COLUMNS = ("title", "description", "location", "starts_at", "ends_at")


async def event_create(write: Write, input: Input[EventCreateInput]) -> models.Event:
    """Makes an event, and invites to it."""
    values = write.validate(models.Event, provided(input, *COLUMNS))
    reject_reversed_times(write, input.starts_at, input.ends_at)
    key = await write.new_id(models.Event, input.id)
    guests = IdSet.read(write, models.User, input, "attendee_ids")
    workspace = await write.get(models.Workspace, input.workspace_id, WORKSPACE_ID_PATH, lock=None)
    project = await project_of(write, workspace.id, input.project_id)
    await reject_non_members(write, workspace.id, guests)
    event = write.add(
        models.Event(
            id=key,
            workspace_id=workspace.id,
            project_id=project and project.id,
            organizer_id=write.source.viewer.user_id,
            **values,
        )
    )
    invite(write, event, guests.of(()))
    return event


async def event_update(write: Write, input: Input[EventUpdateInput]) -> models.Event:
    """Changes an event, and who is invited."""
    values = write.validate(models.Event, provided(input, *COLUMNS))
    guests = IdSet.read(write, models.User, input, "attendee_ids")
    event = await write.get(models.Event, input.id, ID_PATH)
    starts_at = values.get("starts_at", event.starts_at)
    reject_reversed_times(write, starts_at, values.get("ends_at", event.ends_at))
    given = provided(input, "project_id")
    if "project_id" in given:
        project = await project_of(write, event.workspace_id, given["project_id"])
        values["project_id"] = project and project.id
    await reject_non_members(write, event.workspace_id, guests)
    write.update(event, values)
    if guests:
        invited = {one.user_id: one for one in await all_invited(write, event)}
        wanted = guests.of(invited)
        invite(write, event, wanted - set(invited))
        await delete_rows(write.session, [invited[key] for key in sorted(set(invited) - wanted)])
    return event


async def event_delete(write: Write, id: Id) -> DeletedRow:
    """Deletes an event, and the answers to it."""
    event = await write.get(models.Event, id, ("id",), lock=FOR_DELETION)
    await delete_rows(write.session, await all_invited(write, event))
    return await write.delete(event)


async def event_respond(write: Write, input: Input[EventRespondInput]) -> models.Event:
    """Answers an invitation of one's own."""
    path = (*INPUT_PATH, "eventId")
    event = await write.get(models.Event, input.event_id, path, lock=FOR_REFERENCE)
    own = models.Attendance.user_id == write.source.viewer.user_id
    found = await write.select_rows(models.Attendance, models.Attendance.event_id == event.id, own)
    if not found:
        write.add_error(UserErrorCode.FORBIDDEN, path, "You are not invited to this event.")
    for attendance in found:
        write.update(attendance, {"response": input.response})
    return event


def reject_reversed_times(write: Write, starts_at: datetime, ends_at: datetime) -> None:
    """Refuses an event that ends before it begins."""
    if ends_at < starts_at:
        path = (*INPUT_PATH, "endsAt")
        write.add_error(UserErrorCode.INVALID, path, "It ends before it begins.")


async def project_of(write: Write, workspace_id: UUID, given: str | None) -> models.Project | None:
    """The project of an id, which must be in the workspace."""
    here = models.Project.workspace_id == workspace_id
    return await write.get_reference(models.Project, given, (*INPUT_PATH, "projectId"), here)


async def reject_non_members(write: Write, workspace_id: UUID, guests: IdSet) -> None:
    """Refuses to invite whoever does not belong to the workspace."""
    found = await members_of(write, [workspace_id], guests.wanted)
    guests.reject_unknown({user_id for _, user_id in found}, NOT_A_MEMBER)


async def all_invited(write: Write, event: models.Event) -> Sequence[models.Attendance]:
    """All invitations to an event, locked: those of users who left the workspace too."""
    # scope: nobody is told of them, but they go with the event.
    to_event = select(models.Attendance).where(models.Attendance.event_id == event.id)
    locked = to_event.order_by(models.Attendance.id).with_for_update()
    return (await write.session.scalars(locked)).all()


def invite(write: Write, event: models.Event, users: Iterable[UUID]) -> None:
    """Invites users to an event."""
    home = {"workspace_id": event.workspace_id, "event_id": event.id, "event": event}
    write.session.add_all(models.Attendance(user_id=user, **home) for user in sorted(users))


@strawberry.type
class EventMutations:
    event_create: EventPayload = mutation(event_create, permission=models.Permission.WRITE)
    event_update: EventPayload = mutation(event_update, permission=models.Permission.WRITE)
    event_delete: EventPayload = mutation(event_delete, permission=models.Permission.WRITE)
    event_respond: EventPayload = mutation(event_respond, permission=models.Permission.COMMENT)
