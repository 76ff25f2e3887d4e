"""Refusals of the mutations of labels."""

from tests.support.office import id_of, input_of
from tests.support.refusals.case import Case, refuses

CASES: list[Case] = [
    refuses(
        "labelCreate",
        input_of(workspaceId="@workspace", name="", color="red"),
        "REQUIRED input.name",
        "INVALID input.color",
    ),
    refuses("labelCreate", input_of(workspaceId="@workspace", name="bug"), "UNIQUE input.name"),
    refuses(
        "labelCreate",
        input_of(workspaceId="@workspace", name="x"),
        "FORBIDDEN input.workspaceId",
        who="guest",
    ),
    refuses("labelUpdate", input_of(id="@docs", name="bug"), "UNIQUE input.name"),
    refuses("labelUpdate", input_of(id="@foreign_label", name="x"), "NOT_FOUND input.id"),
    refuses("labelUpdate", input_of(id="@bug", color=None), "REQUIRED input.color"),
    refuses("labelUpdate", input_of(id="@bug", name="x"), "FORBIDDEN input.id", who="guest"),
    refuses("labelDelete", id_of("@bug"), "FORBIDDEN id", who="guest"),
    refuses("labelDelete", id_of("@foreign_label"), "NOT_FOUND id"),
]
