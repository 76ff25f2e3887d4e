"""What the mutations of everything but tasks refuse."""

from tests.support.examples import TIMES
from tests.support.office import given, named
from tests.support.refused import refuses

NOBODY = "user_" + "0" * 32

OTHERS = [
    # Workspaces
    refuses(
        "workspaceCreate",
        given(slug="Not A Slug", name=" "),
        "INVALID input.slug",
        "REQUIRED input.name",
    ),
    refuses("workspaceCreate", given(slug="office", name="x"), "UNIQUE input.slug"),
    refuses("workspaceCreate", given(slug="new", name="x"), "FORBIDDEN ", who="bound"),
    refuses("workspaceCreate", given(slug="new", name="x"), "FORBIDDEN ", who="reader"),
    refuses("workspaceUpdate", given(id="@workspace", name="x"), "FORBIDDEN input.id"),
    refuses("workspaceUpdate", given(id="@foreign", name="x"), "NOT_FOUND input.id", who="owner"),
    refuses(
        "workspaceUpdate",
        given(id="@workspace", name=None, slug="a b"),
        "INVALID input.slug",
        "REQUIRED input.name",
        who="admin",
    ),
    refuses(
        "workspaceUpdate", given(id="@workspace", slug="foreign"), "UNIQUE input.slug", who="admin"
    ),
    # Members
    refuses(
        "memberAdd",
        given(workspaceId="@workspace", userId="@outsider"),
        "FORBIDDEN input.workspaceId",
    ),
    refuses("memberAdd", given(workspaceId="@workspace"), "REQUIRED input.userId", who="admin"),
    refuses(
        "memberAdd",
        given(workspaceId="@workspace", userId="@outsider", handle="outsider"),
        "INVALID input.userId",
        who="admin",
    ),
    refuses(
        "memberAdd",
        given(workspaceId="@workspace", userId=NOBODY),
        "NOT_FOUND input.userId",
        who="admin",
    ),
    refuses(
        "memberAdd",
        given(workspaceId="@workspace", handle="nobody"),
        "NOT_FOUND input.handle",
        who="admin",
    ),
    refuses(
        "memberAdd",
        given(workspaceId="@workspace", email="guest@x.example"),
        "UNIQUE input.email",
        who="admin",
    ),
    refuses(
        "memberAdd",
        given(workspaceId="@workspace", userId="@outsider", role="OWNER"),
        "FORBIDDEN input.role",
        who="admin",
    ),
    refuses(
        "memberAdd",
        given(workspaceId="@foreign", userId="@guest"),
        "NOT_FOUND input.workspaceId",
        who="owner",
    ),
    refuses(
        "memberUpdate",
        given(workspaceId="@workspace", userId="@guest", role="ADMIN"),
        "FORBIDDEN input.workspaceId",
    ),
    refuses(
        "memberUpdate",
        given(workspaceId="@workspace", userId="@outsider", role="ADMIN"),
        "NOT_FOUND input.userId",
        who="admin",
    ),
    refuses(
        "memberUpdate",
        given(workspaceId="@workspace", userId="@owner", role="MEMBER"),
        "FORBIDDEN input.role",
        who="admin",
    ),
    refuses(
        "memberUpdate",
        given(workspaceId="@workspace", userId="@guest", role="OWNER"),
        "FORBIDDEN input.role",
        who="admin",
    ),
    refuses(
        "memberUpdate",
        given(workspaceId="@workspace", userId="@owner", role="ADMIN"),
        "INVALID input.userId",
        who="owner",
    ),
    refuses(
        "memberRemove",
        given(workspaceId="@workspace", userId="@guest"),
        "FORBIDDEN input.workspaceId",
    ),
    refuses(
        "memberRemove",
        given(workspaceId="@workspace", userId="@owner"),
        "FORBIDDEN input.role",
        who="admin",
    ),
    refuses(
        "memberRemove",
        given(workspaceId="@workspace", userId="@owner"),
        "INVALID input.userId",
        who="owner",
    ),
    refuses(
        "memberRemove",
        given(workspaceId="@workspace", userId="@task"),
        "NOT_FOUND input.userId",
        who="owner",
    ),
    # Projects
    refuses(
        "projectCreate",
        given(workspaceId="@workspace", key="lower", name="", leadId="@outsider"),
        "INVALID input.key",
        "REQUIRED input.name",
        "NOT_FOUND input.leadId",
    ),
    refuses(
        "projectCreate",
        given(workspaceId="@workspace", key="WEB", name="x"),
        "UNIQUE input.key",
    ),
    refuses(
        "projectCreate",
        given(workspaceId="@workspace", key="NEW", name="x", id="@project"),
        "UNIQUE input.id",
    ),
    refuses(
        "projectCreate",
        given(workspaceId="@workspace", key="NEW", name="x"),
        "FORBIDDEN input.workspaceId",
        who="guest",
    ),
    refuses(
        "projectUpdate",
        given(id="@project", expectedVersion=9, name="x"),
        "CONFLICT input.expectedVersion",
    ),
    refuses(
        "projectUpdate",
        given(id="@project", key="OPS"),
        "UNIQUE input.key",
    ),
    refuses("projectUpdate", given(id="@foreign_project", key="X"), "NOT_FOUND input.id"),
    refuses("projectUpdate", given(id="@project", name="x"), "FORBIDDEN input.id", who="guest"),
    refuses("projectArchive", named("@project"), "FORBIDDEN id", who="guest"),
    refuses("projectArchive", named("@foreign_project"), "NOT_FOUND id"),
    refuses("projectUnarchive", named("@project"), "FORBIDDEN id", who="guest"),
    refuses("projectUnarchive", named("@task"), "NOT_FOUND id"),
    # Comments
    refuses("commentCreate", given(taskId="@task", body=" \n "), "REQUIRED input.body"),
    refuses("commentCreate", given(taskId="@trashed", body="x"), "INVALID input.taskId"),
    refuses("commentCreate", given(taskId="@foreign_task", body="x"), "NOT_FOUND input.taskId"),
    refuses("commentCreate", given(taskId="@task", body="x"), "FORBIDDEN ", who="reader"),
    refuses("commentUpdate", given(id="@remark", body="x"), "FORBIDDEN input.id", who="owner"),
    refuses("commentUpdate", given(id="@foreign_remark", body="x"), "NOT_FOUND input.id"),
    refuses("commentUpdate", given(id="@remark", body=""), "REQUIRED input.body"),
    refuses("commentDelete", named("@remark"), "FORBIDDEN id", who="guest"),
    refuses("commentDelete", named("@foreign_remark"), "NOT_FOUND id", who="owner"),
    # Labels
    refuses(
        "labelCreate",
        given(workspaceId="@workspace", name="", color="red"),
        "REQUIRED input.name",
        "INVALID input.color",
    ),
    refuses("labelCreate", given(workspaceId="@workspace", name="bug"), "UNIQUE input.name"),
    refuses(
        "labelCreate",
        given(workspaceId="@workspace", name="x"),
        "FORBIDDEN input.workspaceId",
        who="guest",
    ),
    refuses("labelUpdate", given(id="@docs", name="bug"), "UNIQUE input.name"),
    refuses("labelUpdate", given(id="@foreign_label", name="x"), "NOT_FOUND input.id"),
    refuses("labelUpdate", given(id="@bug", color=None), "REQUIRED input.color"),
    refuses("labelUpdate", given(id="@bug", name="x"), "FORBIDDEN input.id", who="guest"),
    refuses("labelDelete", named("@bug"), "FORBIDDEN id", who="guest"),
    refuses("labelDelete", named("@foreign_label"), "NOT_FOUND id"),
    # Milestones
    refuses("milestoneCreate", given(projectId="@project", title="one"), "UNIQUE input.title"),
    refuses("milestoneCreate", given(projectId="@project", title=""), "REQUIRED input.title"),
    refuses(
        "milestoneCreate",
        given(projectId="@foreign_project", title="x"),
        "NOT_FOUND input.projectId",
    ),
    refuses(
        "milestoneCreate",
        given(projectId="@project", title="x"),
        "FORBIDDEN input.projectId",
        who="guest",
    ),
    refuses("milestoneUpdate", given(id="@foreign_milestone", title="x"), "NOT_FOUND input.id"),
    refuses("milestoneUpdate", given(id="@milestone", title=None), "REQUIRED input.title"),
    refuses("milestoneUpdate", given(id="@milestone"), "FORBIDDEN input.id", who="guest"),
    refuses("milestoneDelete", named("@milestone"), "FORBIDDEN id", who="guest"),
    refuses("milestoneDelete", named("@foreign_milestone"), "NOT_FOUND id"),
    # States
    refuses(
        "stateCreate",
        given(workspaceId="@workspace", name="new", category="TRIAGE"),
        "FORBIDDEN input.workspaceId",
    ),
    refuses(
        "stateCreate",
        given(workspaceId="@workspace", name="todo", category="TRIAGE"),
        "UNIQUE input.name",
        who="admin",
    ),
    refuses(
        "stateCreate",
        given(workspaceId="@workspace", name="", category="TRIAGE", color="#12345"),
        "REQUIRED input.name",
        "INVALID input.color",
        who="admin",
    ),
    refuses("stateUpdate", given(id="@todo", name="x"), "FORBIDDEN input.id"),
    refuses("stateUpdate", given(id="@todo", name="finished"), "UNIQUE input.name", who="admin"),
    refuses("stateUpdate", given(id="@foreign_state", name="x"), "NOT_FOUND input.id", who="admin"),
    refuses("stateDelete", named("@empty"), "FORBIDDEN id"),
    refuses("stateDelete", named("@todo"), "INVALID id", who="admin"),
    refuses("stateDelete", named("@foreign_state"), "NOT_FOUND id", who="owner"),
    refuses("stateDelete", named("@foreign_state"), "INVALID id", "INVALID id", who="outsider"),
    # Events
    refuses(
        "eventCreate",
        given(
            workspaceId="@workspace",
            title="",
            startsAt=TIMES["endsAt"],
            endsAt=TIMES["startsAt"],
            projectId="@foreign_project",
            attendeeIds=["@guest", "@outsider"],
        ),
        "REQUIRED input.title",
        "INVALID input.endsAt",
        "NOT_FOUND input.projectId",
        "NOT_FOUND input.attendeeIds.1",
    ),
    refuses(
        "eventCreate",
        given(workspaceId="@workspace", title="x", **TIMES),
        "FORBIDDEN input.workspaceId",
        who="guest",
    ),
    refuses(
        "eventUpdate", given(id="@event", endsAt="2000-01-01T00:00:00Z"), "INVALID input.endsAt"
    ),
    refuses(
        "eventUpdate",
        given(id="@event", startsAt=None, addedAttendeeIds=[NOBODY]),
        "REQUIRED input.startsAt",
        "NOT_FOUND input.addedAttendeeIds.0",
    ),
    refuses("eventUpdate", given(id="@foreign_event", title="x"), "NOT_FOUND input.id"),
    refuses("eventUpdate", given(id="@event", title="x"), "FORBIDDEN input.id", who="guest"),
    refuses("eventDelete", named("@event"), "FORBIDDEN id", who="guest"),
    refuses("eventDelete", named("@foreign_event"), "NOT_FOUND id"),
    refuses(
        "eventRespond", given(eventId="@event", response="ACCEPTED"), "FORBIDDEN input.eventId"
    ),
    refuses(
        "eventRespond",
        given(eventId="@foreign_event", response="ACCEPTED"),
        "NOT_FOUND input.eventId",
    ),
    # Undoing
    refuses("changeRevert", lambda o: {"workspace": "office", "sequence": 1}, "INVALID sequence"),
    refuses(
        "changeRevert",
        lambda o: {"workspace": "office", "sequence": 2},
        "INVALID sequence",
        "INVALID sequence",
    ),
    refuses(
        "changeRevert", lambda o: {"workspace": "office", "sequence": 10**6}, "NOT_FOUND sequence"
    ),
    refuses(
        "changeRevert", lambda o: {"workspace": "foreign", "sequence": 1}, "NOT_FOUND sequence"
    ),
    refuses(
        "changeRevert",
        lambda o: {"workspace": "office", "sequence": 1},
        "FORBIDDEN ",
        who="reader",
    ),
]
