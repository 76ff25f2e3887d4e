"""One good use of each mutation, in an order in which all of them can be done one by one."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

from tests.support.office import Office, given, named


@dataclass(frozen=True)
class Example:
    """A mutation that does something."""

    mutation: str
    arguments: Callable[[Office], dict[str, Any]]
    who: str = "member"


TIMES = {"startsAt": "2026-03-02T12:00:00Z", "endsAt": "2026-03-02T13:00:00Z"}

EXAMPLES = [
    Example("workspaceCreate", given(slug="new", name="New")),
    Example("workspaceUpdate", given(id="@workspace", name="Renamed"), "admin"),
    Example("memberAdd", given(workspaceId="@workspace", handle="outsider"), "admin"),
    Example(
        "memberUpdate", given(workspaceId="@workspace", userId="@outsider", role="ADMIN"), "owner"
    ),
    Example("memberRemove", given(workspaceId="@workspace", userId="@outsider"), "owner"),
    Example("projectCreate", given(workspaceId="@workspace", key="NEW", name="New")),
    Example("projectUpdate", given(id="@project", name="Renamed", leadId="@member")),
    Example("projectArchive", named("@other_project")),
    Example("projectUnarchive", named("@other_project")),
    Example(
        "taskCreate",
        given(
            projectId="@project",
            title="New",
            stateId="@doing",
            milestoneId="@milestone",
            parentId="@task",
            assigneeIds=["@member", "@guest"],
            labelIds=["@bug", "@docs"],
        ),
    ),
    Example("taskUpdate", given(id="@task", title="Renamed")),
    Example(
        "taskBatchUpdate",
        given(
            rows=[
                {"id": "@parent", "title": "One", "addedLabelIds": ["@bug"]},
                {"id": "@child", "priority": "HIGH", "addedAssigneeIds": ["@guest"]},
                {"id": "@linked", "stateId": "@finished"},
            ]
        ),
    ),
    Example("taskMove", given(id="@task", afterId="@child")),
    Example("taskArchive", named("@linked")),
    Example("taskUnarchive", named("@linked")),
    Example("taskDelete", named("@linked")),
    Example("taskRestore", named("@linked")),
    Example("taskLinkCreate", given(taskId="@task", kind="DUPLICATES", otherId="@linked")),
    Example("taskLinkDelete", given(taskId="@parent", kind="BLOCKS", otherId="@child")),
    Example("commentCreate", given(taskId="@task", body="New"), "guest"),
    Example("commentUpdate", given(id="@remark", body="Better")),
    Example("commentDelete", named("@remark"), "admin"),
    Example("labelCreate", given(workspaceId="@workspace", name="new")),
    Example("labelUpdate", given(id="@docs", name="manual", color="#ffffff")),
    Example("labelDelete", named("@bug")),
    Example("milestoneCreate", given(projectId="@project", title="new")),
    Example("milestoneUpdate", given(id="@milestone", isClosed=True, dueOn="2026-04-01")),
    Example("milestoneDelete", named("@milestone")),
    Example("stateCreate", given(workspaceId="@workspace", name="new", category="TRIAGE"), "admin"),
    Example("stateUpdate", given(id="@empty", name="someday", position=0), "admin"),
    Example("stateDelete", named("@empty"), "admin"),
    Example(
        "eventCreate",
        given(workspaceId="@workspace", title="New", attendeeIds=["@guest"], **TIMES),
    ),
    Example(
        "eventUpdate",
        given(id="@event", title="Renamed", projectId="@project", addedAttendeeIds=["@member"]),
    ),
    Example("eventRespond", given(eventId="@event", response="ACCEPTED"), "guest"),
    Example("eventDelete", named("@event")),
    Example("changeRevert", lambda office: {"workspace": "office", "sequence": office.undoable}),
]


def examples() -> list[Example]:
    """The examples, with those that the concepts' own test modules declare."""
    from tests.support.concept_cases import declared

    # First: later examples delete what they use.
    return [*(example for one in declared("EXAMPLES") for example in one), *EXAMPLES]


async def one_by_one(office: Office) -> AsyncIterator[tuple[Example, dict[str, Any]]]:
    """Each example with its arguments, ready to be done."""
    for example in examples():
        if example.mutation == "changeRevert":
            update = given(id="@docs", color="#000000")(office)
            office.rows["undoable"] = (await office.done("labelUpdate", **update))["sequence"]
        yield example, example.arguments(office)
