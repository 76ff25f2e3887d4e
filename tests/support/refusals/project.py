"""Refusals of the mutations of projects."""

from tests.support.office import id_of, input_of
from tests.support.refusals.case import Case, refuses

CASES: list[Case] = [
    refuses(
        "projectCreate",
        input_of(workspaceId="@workspace", key="lower", name="", leadId="@outsider"),
        "INVALID input.key",
        "REQUIRED input.name",
        "NOT_FOUND input.leadId",
    ),
    refuses(
        "projectCreate",
        input_of(workspaceId="@workspace", key="WEB", name="x"),
        "UNIQUE input.key",
    ),
    refuses(
        "projectCreate",
        input_of(workspaceId="@workspace", key="NEW", name="x", id="@project"),
        "UNIQUE input.id",
    ),
    refuses(
        "projectCreate",
        input_of(workspaceId="@workspace", key="NEW", name="x"),
        "FORBIDDEN input.workspaceId",
        who="guest",
    ),
    refuses(
        "projectUpdate",
        input_of(id="@project", expectedVersion=9, name="x"),
        "CONFLICT input.expectedVersion",
    ),
    refuses(
        "projectUpdate",
        input_of(id="@project", key="OPS"),
        "UNIQUE input.key",
    ),
    refuses("projectUpdate", input_of(id="@foreign_project", key="X"), "NOT_FOUND input.id"),
    refuses("projectUpdate", input_of(id="@project", name="x"), "FORBIDDEN input.id", who="guest"),
    refuses("projectArchive", id_of("@project"), "FORBIDDEN id", who="guest"),
    refuses("projectArchive", id_of("@foreign_project"), "NOT_FOUND id"),
    refuses("projectUnarchive", id_of("@project"), "FORBIDDEN id", who="guest"),
    refuses("projectUnarchive", id_of("@task"), "NOT_FOUND id"),
]
