"""Refusals of the mutations of memberships."""

from tests.support.office import input_of
from tests.support.refusals.case import Case, refuses

UNKNOWN_USER = "user_" + "0" * 32

CASES: list[Case] = [
    refuses(
        "memberAdd",
        input_of(workspaceId="@workspace", userId="@outsider"),
        "FORBIDDEN input.workspaceId",
    ),
    refuses("memberAdd", input_of(workspaceId="@workspace"), "REQUIRED input.user", who="admin"),
    refuses(
        "memberAdd",
        input_of(workspaceId="@workspace", user={"id": "@outsider"}, handle="outsider"),
        "INVALID input.user",
        who="admin",
    ),
    refuses(
        "memberAdd",
        input_of(workspaceId="@workspace", user={"id": UNKNOWN_USER}),
        "NOT_FOUND input.user.id",
        who="admin",
    ),
    refuses(
        "memberAdd",
        input_of(workspaceId="@workspace", email="guest@x.example"),
        "UNIQUE input.email",
        who="admin",
    ),
    refuses(
        "memberAdd",
        input_of(workspaceId="@workspace", userId="@outsider", role="OWNER"),
        "FORBIDDEN input.role",
        who="admin",
    ),
    refuses(
        "memberAdd",
        input_of(workspaceId="@foreign", userId="@guest"),
        "NOT_FOUND input.workspaceId",
        who="owner",
    ),
    refuses(
        "memberUpdate",
        input_of(workspaceId="@workspace", userId="@guest", role="ADMIN"),
        "FORBIDDEN input.workspaceId",
    ),
    refuses(
        "memberUpdate",
        input_of(workspaceId="@workspace", userId="@outsider", role="ADMIN"),
        "NOT_FOUND input.userId",
        who="admin",
    ),
    refuses(
        "memberUpdate",
        input_of(workspaceId="@workspace", userId="@owner", role="MEMBER"),
        "FORBIDDEN input.role",
        who="admin",
    ),
    refuses(
        "memberUpdate",
        input_of(workspaceId="@workspace", userId="@guest", role="OWNER"),
        "FORBIDDEN input.role",
        who="admin",
    ),
    refuses(
        "memberUpdate",
        input_of(workspaceId="@workspace", userId="@owner", role="ADMIN"),
        "INVALID input.userId",
        who="owner",
    ),
    refuses(
        "memberRemove",
        input_of(workspaceId="@workspace", userId="@guest"),
        "FORBIDDEN input.workspaceId",
    ),
    refuses(
        "memberRemove",
        input_of(workspaceId="@workspace", userId="@owner"),
        "FORBIDDEN input.role",
        who="admin",
    ),
    refuses(
        "memberRemove",
        input_of(workspaceId="@workspace", userId="@owner"),
        "INVALID input.userId",
        who="owner",
    ),
    refuses(
        "memberRemove",
        input_of(workspaceId="@workspace", userId="@task"),
        "NOT_FOUND input.userId",
        who="owner",
    ),
]
