"""The fields `viewerCan…`: which one says who may run a mutation, and whether it is right."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

import models
from graph.kit.node import model_named, node_id, prefix_of
from tests.support.office import Office
from tests.support.permissions import MUTATIONS

#: The field that says whether the viewer may run a mutation, by the object that it changes.
VIEWER_CAN = {
    "workspaceUpdate": ("Workspace", "viewerCanUpdate"),
    "projectCreate": ("Workspace", "viewerCanWrite"),
    "labelCreate": ("Workspace", "viewerCanWrite"),
    "milestoneCreate": ("Project", "viewerCanUpdate"),
    "eventCreate": ("Workspace", "viewerCanWrite"),
    "stateCreate": ("Workspace", "viewerCanUpdate"),
    "memberAdd": ("Workspace", "viewerCanUpdate"),
    "memberUpdate": ("Membership", "viewerCanUpdate"),
    "memberRemove": ("Membership", "viewerCanDelete"),
    "invitationAccept": ("Invitation", "viewerCanAccept"),
    # Administrators may not decline it, but cancel it.
    "invitationDecline": ("Invitation", "viewerCanAccept"),
    "invitationCancel": ("Invitation", "viewerCanDelete"),
    "projectUpdate": ("Project", "viewerCanUpdate"),
    "projectArchive": ("Project", "viewerCanUpdate"),
    "projectUnarchive": ("Project", "viewerCanUpdate"),
    "taskCreate": ("Project", "viewerCanUpdate"),
    "taskUpdate": ("Task", "viewerCanUpdate"),
    "taskMove": ("Task", "viewerCanUpdate"),
    "taskArchive": ("Task", "viewerCanUpdate"),
    "taskUnarchive": ("Task", "viewerCanUpdate"),
    "taskDelete": ("Task", "viewerCanDelete"),
    "taskRestore": ("Task", "viewerCanDelete"),
    "taskLinkCreate": ("Task", "viewerCanUpdate"),
    "taskLinkDelete": ("Task", "viewerCanUpdate"),
    "commentCreate": ("Task", "viewerCanComment"),
    "commentUpdate": ("Comment", "viewerCanUpdate"),
    "commentDelete": ("Comment", "viewerCanDelete"),
    "reactionAdd": ("Task", "viewerCanComment"),
    "reactionRemove": ("Reaction", "viewerCanDelete"),
    "labelUpdate": ("Label", "viewerCanUpdate"),
    "labelDelete": ("Label", "viewerCanDelete"),
    "milestoneUpdate": ("Milestone", "viewerCanUpdate"),
    "milestoneDelete": ("Milestone", "viewerCanDelete"),
    "stateUpdate": ("State", "viewerCanUpdate"),
    "stateDelete": ("State", "viewerCanDelete"),
    "eventUpdate": ("Event", "viewerCanUpdate"),
    "eventDelete": ("Event", "viewerCanDelete"),
    "eventRespond": ("Attendance", "viewerCanUpdate"),
}
#: Mutations whose objects have no such field, with the reason.
WITHOUT_VIEWER_CAN = {
    "workspaceCreate": "everybody may, up to a limit",
    "taskBatchUpdate": "each task says it, as for taskUpdate",
    "changeRevert": "see the test of viewerCanRevert",
    "signIn": "needs no permission",
    "signOut": "needs no permission",
    "tokenCreate": "every user may",
    "tokenRevoke": "a token is visible only to those who may revoke it",
    "sessionRevoke": "a session is visible only to those who may revoke it",
}


async def compare_viewer_can(
    office: Office, name: str, arguments: dict[str, Any], callers: Iterable[str]
) -> None:
    """Check that `viewerCan…` is true for those who may run an example, and only for them."""
    if name not in VIEWER_CAN:
        return
    kind, field = VIEWER_CAN[name]
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ allowed: {field} }} }} }}"
    for who in callers:
        key = await changed_object(office, kind, arguments, who)
        if key is None:
            continue
        node = (await office.api.ask(query, office.tokens[who], id=key))["node"]
        if node is not None:
            assert node["allowed"] == (who in MUTATIONS[name]), f"{name} by {who}"


async def changed_object(
    office: Office, kind: str, arguments: dict[str, Any], who: str
) -> str | None:
    """The ID of the object of a type that an example changes; None if the caller has none."""
    prefix = f"{prefix_of(model_named(kind))}_"
    for value in texts_of(arguments):
        if value.startswith(prefix):
            return value
    if kind == "Task":
        return node_id(office.task)
    names = {"reader": "owner", "bound": "owner"}
    user = office.outsider if kind == "Membership" else office.rows[names.get(who, who)]
    model: Any = {
        "Membership": models.Membership,
        "Attendance": models.Attendance,
        "Reaction": models.Reaction,
    }[kind]
    own = model.user_id == (office.guest.id if kind == "Reaction" else user.id)
    of_office = select(model).where(own, model.workspace_id == office.workspace.id)
    async with office.api.database.reads() as session:
        found = (await session.scalars(of_office)).first()
    return None if found is None else node_id(found)


def texts_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)
    elif isinstance(value, str):
        yield value
