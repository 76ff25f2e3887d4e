"""A valid example of each mutation, in an order in which they can all run."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from tests.support.office import Office, id_of, input_of


@dataclass(frozen=True)
class Example:
    """A mutation that changes something, and the user who may run it."""

    mutation: str
    arguments: Callable[[Office], dict[str, Any]]
    who: str = "member"


TIMES = {"startsAt": "2026-03-02T12:00:00Z", "endsAt": "2026-03-02T13:00:00Z"}

EXAMPLES = [
    Example("workspaceCreate", input_of(slug="new", name="New")),
    Example("workspaceUpdate", input_of(id="@workspace", name="Renamed"), "admin"),
    Example("memberAdd", input_of(workspaceId="@workspace", handle="newcomer"), "admin"),
    Example("invitationDecline", id_of("@second_invitation"), "outsider"),
    Example("invitationAccept", id_of("@invitation"), "outsider"),
    Example("invitationCancel", id_of("@invitation_by_email"), "admin"),
    Example(
        "memberUpdate",
        input_of(workspaceId="@workspace", userId="@outsider", role="ADMIN"),
        "owner",
    ),
    Example("memberRemove", input_of(workspaceId="@workspace", userId="@outsider"), "owner"),
    Example("projectCreate", input_of(workspaceId="@workspace", key="NEW", name="New")),
    Example("projectUpdate", input_of(id="@project", name="Renamed", leadId="@member")),
    Example("projectArchive", id_of("@other_project")),
    Example("projectUnarchive", id_of("@other_project")),
    Example(
        "taskCreate",
        input_of(
            projectId="@project",
            title="New",
            stateId="@doing",
            milestoneId="@milestone",
            parentId="@task",
            assigneeIds=["@member", "@guest"],
            labelIds=["@bug", "@docs"],
        ),
    ),
    Example("taskUpdate", input_of(id="@task", title="Renamed")),
    Example(
        "taskBatchUpdate",
        input_of(
            rows=[
                {"id": "@parent", "title": "One", "addedLabelIds": ["@bug"]},
                {"id": "@child", "priority": "HIGH", "addedAssigneeIds": ["@guest"]},
                {"id": "@linked", "stateId": "@finished"},
            ]
        ),
    ),
    Example("taskMove", input_of(id="@task", afterId="@child")),
    Example("taskArchive", id_of("@linked")),
    Example("taskUnarchive", id_of("@linked")),
    Example("taskDelete", id_of("@linked")),
    Example("taskRestore", id_of("@linked")),
    Example("taskLinkCreate", input_of(taskId="@task", kind="DUPLICATES", otherId="@linked")),
    Example("taskLinkDelete", input_of(taskId="@parent", kind="BLOCKS", otherId="@child")),
    Example("commentCreate", input_of(taskId="@task", body="New"), "guest"),
    Example("commentUpdate", input_of(id="@remark", body="Better")),
    Example("commentDelete", id_of("@remark"), "admin"),
    Example("labelCreate", input_of(workspaceId="@workspace", name="new")),
    Example("labelUpdate", input_of(id="@docs", name="manual", color="#ffffff")),
    Example("labelDelete", id_of("@bug")),
    Example("milestoneCreate", input_of(projectId="@project", title="new")),
    Example("milestoneUpdate", input_of(id="@milestone", isClosed=True, dueOn="2026-04-01")),
    Example("milestoneDelete", id_of("@milestone")),
    Example(
        "stateCreate", input_of(workspaceId="@workspace", name="new", category="TRIAGE"), "admin"
    ),
    Example("stateUpdate", input_of(id="@empty", name="someday", position=0), "admin"),
    Example("stateDelete", id_of("@empty"), "admin"),
    Example(
        "eventCreate",
        input_of(workspaceId="@workspace", title="New", attendeeIds=["@guest"], **TIMES),
    ),
    Example(
        "eventUpdate",
        input_of(id="@event", title="Renamed", projectId="@project", addedAttendeeIds=["@member"]),
    ),
    Example("eventRespond", input_of(eventId="@event", response="ACCEPTED"), "guest"),
    Example("eventDelete", id_of("@event")),
    Example("changeRevert", lambda office: {"workspace": "office", "sequence": office.undoable}),
]


def examples() -> list[Example]:
    """The examples, with those that the concepts' own test modules declare."""
    from tests.support.concept_cases import declared

    # First: later examples delete what they use.
    return [*(example for one in declared("EXAMPLES") for example in one), *EXAMPLES]


async def one_by_one(office: Office) -> AsyncIterator[tuple[Example, dict[str, Any]]]:
    """Yield each example with its arguments; the caller must run it before the next."""
    for example in examples():
        if example.mutation == "changeRevert":
            update = input_of(id="@docs", color="#000000")(office)
            office.rows["undoable"] = (await office.must_write("labelUpdate", **update))["sequence"]
        yield example, example.arguments(office)
