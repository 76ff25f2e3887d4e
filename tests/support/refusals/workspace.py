"""Refusals of the mutations of workspaces."""

from tests.support.office import input_of
from tests.support.refusals.case import Case, refuses

CASES: list[Case] = [
    refuses(
        "workspaceCreate",
        input_of(slug="Not A Slug", name=" "),
        "INVALID input.slug",
        "REQUIRED input.name",
    ),
    refuses("workspaceCreate", input_of(slug="office", name="x"), "UNIQUE input.slug"),
    refuses("workspaceCreate", input_of(slug="new", name="x"), "FORBIDDEN ", who="bound"),
    refuses("workspaceCreate", input_of(slug="new", name="x"), "FORBIDDEN ", who="reader"),
    refuses("workspaceUpdate", input_of(id="@workspace", name="x"), "FORBIDDEN input.id"),
    refuses(
        "workspaceUpdate", input_of(id="@foreign", name="x"), "NOT_FOUND input.id", who="owner"
    ),
    refuses(
        "workspaceUpdate",
        input_of(id="@workspace", name=None, slug="a b"),
        "INVALID input.slug",
        "REQUIRED input.name",
        who="admin",
    ),
    refuses(
        "workspaceUpdate",
        input_of(id="@workspace", slug="foreign"),
        "UNIQUE input.slug",
        who="admin",
    ),
]
