"""Refusals of the mutations of states."""

from tests.support.office import id_of, input_of
from tests.support.refusals.case import Case, refuses

CASES: list[Case] = [
    refuses(
        "stateCreate",
        input_of(workspaceId="@workspace", name="new", category="TRIAGE"),
        "FORBIDDEN input.workspaceId",
    ),
    refuses(
        "stateCreate",
        input_of(workspaceId="@workspace", name="todo", category="TRIAGE"),
        "UNIQUE input.name",
        who="admin",
    ),
    refuses(
        "stateCreate",
        input_of(workspaceId="@workspace", name="", category="TRIAGE", color="#12345"),
        "REQUIRED input.name",
        "INVALID input.color",
        who="admin",
    ),
    refuses("stateUpdate", input_of(id="@todo", name="x"), "FORBIDDEN input.id"),
    refuses("stateUpdate", input_of(id="@todo", name="finished"), "UNIQUE input.name", who="admin"),
    refuses(
        "stateUpdate", input_of(id="@foreign_state", name="x"), "NOT_FOUND input.id", who="admin"
    ),
    refuses("stateDelete", id_of("@empty"), "FORBIDDEN id"),
    refuses("stateDelete", id_of("@todo"), "INVALID id", who="admin"),
    refuses("stateDelete", id_of("@foreign_state"), "NOT_FOUND id", who="owner"),
    refuses("stateDelete", id_of("@foreign_state"), "INVALID id", "INVALID id", who="outsider"),
]
