"""Changes of the schema: deprecations, and breaking changes since the last release."""

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, find_breaking_changes

from graph.schema import printed_schema
from tests.support.client import Api
from tests.support.database_kinds import one_database  # noqa: F401
from tests.support.office import Office
from tests.support.schema_walk import SCHEMA

#: The schema of the last release. `make release-schema` replaces it.
RELEASED = Path("tests/graph/released_schema.graphql")
CHANGELOG = Path("CHANGELOG.md")
BOARD = """query { workspace(slug: "office") {
  taskGroups(by: STATE) { node { id } again: node { id } count }
} }"""


def unannounced(old: str, new: str, changelog: str) -> list[str]:
    """The breaking changes that the changelog does not announce in its newest part."""
    newest = changelog.split("\n## ")[1]
    breaking = newest.partition("### Breaking")[2].partition("\n### ")[0]
    announced = " ".join(breaking.replace("`", "").split())
    changes = find_breaking_changes(build_schema(old), build_schema(new))
    return [
        change.description
        for change in changes
        if change.description.rstrip(".").replace("'", "") not in announced.replace("'", "")
    ]


@pytest.mark.check
def test_breaking_changes_are_announced() -> None:
    """Add the printed lines to the part `### Breaking` of the changelog, with what to do."""
    assert unannounced(RELEASED.read_text(), printed_schema(), CHANGELOG.read_text()) == []


def test_breaking_changes_are_found() -> None:
    old = printed_schema()
    start = old.index("type User implements Node {")
    new = old[:start] + old[start:].replace("  handle: String!", "  nick: String!", 1)
    changelog = "# Changelog\n\n## Unreleased\n\n### Added\n\n- More.\n"
    [change] = unannounced(old, new, changelog)
    assert change == "Field User.handle was removed."
    announced = changelog + "\n### Breaking\n\n- `Field User.handle was removed`: use `name`.\n"
    assert unannounced(old, new, announced) == []
    older = announced.replace("## Unreleased", "## Unreleased\n\n## 1.0")
    assert unannounced(old, new, older) == [change]


@pytest.mark.check
def test_deprecations_say_what_to_use_and_when_they_end() -> None:
    reasons = [
        part.deprecation_reason
        for kind in SCHEMA.type_map.values()
        for part in parts_of(kind)
        if part.deprecation_reason is not None
    ]
    assert reasons
    for reason in reasons:
        assert re.fullmatch(r"Use `.*\. To be removed on 20\d\d-\d\d-\d\d\.", reason)


def parts_of(kind: Any) -> list[Any]:
    """The fields, arguments and values of a type."""
    fields = list(getattr(kind, "fields", {}).values())
    arguments = [one for field in fields for one in getattr(field, "args", {}).values()]
    return [*fields, *arguments, *getattr(kind, "values", {}).values()]


async def test_an_operation_lists_the_deprecations_that_it_uses(office: Office) -> None:
    for _ in range(2):
        response = await office.api.post({"query": BOARD}, office.tokens["member"])
        extensions = response.json()["extensions"]
        assert extensions["deprecations"] == [
            {
                "coordinate": "TaskGroup.node",
                "reason": "Use `key`, which has priorities too. To be removed on 2027-06-30.",
            }
        ]


async def test_other_operations_list_none(api: Api) -> None:
    response = await api.post({"query": "{ viewer { handle } }"})
    assert response.json()["extensions"].keys() == {"cost"}


async def test_deprecated_arguments_inputs_and_values_are_listed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds: Any = SCHEMA.type_map
    for part in (
        kinds["Workspace"].fields["tasks"].args["includeArchived"],
        kinds["TaskFilter"].fields["isBlocked"],
        kinds["TaskOrderField"].values["ESTIMATE"],
    ):
        monkeypatch.setattr(part, "deprecation_reason", "Use `another`.")
    document = """{ workspace(slug: "office") { tasks(
      includeArchived: true, filter: {not: {isBlocked: true}}, orderBy: [{field: ESTIMATE}]
    ) { totalCount } } }"""
    response = await office.api.post({"query": document}, office.tokens["member"])
    listed = [one["coordinate"] for one in response.json()["extensions"]["deprecations"]]
    assert listed == [
        "Workspace.tasks(includeArchived:)", "TaskFilter.isBlocked", "TaskOrderField.ESTIMATE",
    ]  # fmt: skip
