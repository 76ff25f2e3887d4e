"""Refusals of the mutations of milestones."""

from tests.support.office import id_of, input_of
from tests.support.refusals.case import Case, refuses

CASES: list[Case] = [
    refuses("milestoneCreate", input_of(projectId="@project", title="one"), "UNIQUE input.title"),
    refuses("milestoneCreate", input_of(projectId="@project", title=""), "REQUIRED input.title"),
    refuses(
        "milestoneCreate",
        input_of(projectId="@foreign_project", title="x"),
        "NOT_FOUND input.projectId",
    ),
    refuses(
        "milestoneCreate",
        input_of(projectId="@project", title="x"),
        "FORBIDDEN input.projectId",
        who="guest",
    ),
    refuses("milestoneUpdate", input_of(id="@foreign_milestone", title="x"), "NOT_FOUND input.id"),
    refuses("milestoneUpdate", input_of(id="@milestone", title=None), "REQUIRED input.title"),
    refuses("milestoneUpdate", input_of(id="@milestone"), "FORBIDDEN input.id", who="guest"),
    refuses("milestoneDelete", id_of("@milestone"), "FORBIDDEN id", who="guest"),
    refuses("milestoneDelete", id_of("@foreign_milestone"), "NOT_FOUND id"),
]
