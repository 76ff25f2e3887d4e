"""The schema from the view of clients: the lists in their guide, linters, and documents."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLOutputType,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_non_null_type,
)

from tests.clients import application
from tests.clients.application import HERE, Application
from tests.clients.guide import PAGE, SCHEMA, printed_files, write_documents

schema = build_schema(SCHEMA.read_text())
OBJECTS = {
    name: each
    for name, each in schema.type_map.items()
    if isinstance(each, GraphQLObjectType)
    and not name.startswith("__")
    and name not in ("Query", "Mutation", "Subscription")
}
KEYLESS = {name for name, each in OBJECTS.items() if "id" not in each.fields}
PAGE_ARGUMENTS = {"first", "after", "last", "before"}
NAME = re.compile(r'"(\w+)"')


def constant(name: str) -> str:
    """The value of a constant of the guide's module for caches."""
    text = printed_files()["src/taskloom.ts"]
    found = re.search(rf"export const {name}\b.*?= (.*?);\n", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_guide_lists_the_types_without_an_id() -> None:
    assert NAME.findall(constant("keyless")) == sorted(KEYLESS)


def test_guide_lists_the_possible_types() -> None:
    printed = {
        name: NAME.findall(members)
        for name, members in re.findall(r"(\w+): \[(.*?)\]", constant("possibleTypes"), re.DOTALL)
    }
    assert printed == {
        name: sorted(member.name for member in schema.get_possible_types(each))
        for name, each in schema.type_map.items()
        if is_abstract_type(each)
    }


def test_guide_lists_the_connections_and_their_arguments() -> None:
    printed = {
        name: {
            field: NAME.findall(arguments)
            for field, arguments in re.findall(r"(\w+): \[(.*?)\]", fields)
        }
        for name, fields in re.findall(r"(\w+): \{(.*?)\}", constant("connections"), re.DOTALL)
    }
    found: dict[str, dict[str, list[str]]] = {}
    for name, each in OBJECTS.items():
        for field, definition in each.fields.items():
            if get_named_type(definition.type).name.endswith("Connection"):
                arguments = [each for each in definition.args if each not in PAGE_ARGUMENTS]
                found.setdefault(name, {})[field] = arguments
    assert printed == found


def is_list(of: GraphQLOutputType) -> bool:
    return isinstance(get_nullable_type(of), GraphQLList)


def lists() -> set[tuple[str, str]]:
    """The lists of the schema other than edges, as the names of their types and fields."""
    query = {"Query": schema.query_type} if schema.query_type else {}
    return {
        (name, field)
        for name, each in {**OBJECTS, **query}.items()
        for field, definition in each.fields.items()
        if is_list(definition.type) and field != "edges"
    }


SUBJECT_TYPES = schema.type_map["SubjectType"]
assert isinstance(SUBJECT_TYPES, GraphQLEnumType)
#: What graphql-eslint's `schema-recommended` finds, and why it stays so.
RECOMMENDED = {
    # Connections, edges, payloads and values belong to the object that shows them. `Change` is
    # found by its workspace and its number.
    "strict-id-in-types": KEYLESS,
    # The values are the names of types, as `__typename` shows them.
    "naming-convention": {f"SubjectType.{name}" for name in SUBJECT_TYPES.values},
}
#: What graphql-eslint's `schema-relay` finds, and why it stays so.
RELAY = {
    # Results are ranked, and read forward only.
    "relay-arguments": {"Workspace.search"},
    # The rule wants every list to be a connection. Relay's specification does not: these are
    # `nodes` beside `edges`, lists that stay short, and errors. The types `SearchResultEdge` and
    # `ChangeEdge` have nodes without an `id`.
    "relay-edge-types": {f"{name}.{field}" for name, field in lists()}
    | {"SearchResultEdge", "ChangeEdge"},
}
#: The lists among them that are no errors, and no `nodes` of a connection.
SHORT_LISTS = {
    "Change.fields", "ChangePage.nodes", "Comment.reactionCounts", "Project.taskGroups",
    "Query.nodes", "Task.assignees", "Task.labels", "Task.links", "TaskBatchPayload.results",
    "UserError.fields", "UserError.path", "Workspace.states", "Workspace.taskGroups",
}  # fmt: skip


@pytest.mark.skipif(bool(application.missing), reason=application.missing)
async def test_linters_find_only_the_listed_exceptions(
    tmp_path: Path, subtests: pytest.Subtests
) -> None:
    folders = write_documents(tmp_path)
    assert [folder.name for folder in folders] == ["apollo", "requests", "urql"]
    printed = await Application(HERE).run("node", "lint.mjs", str(SCHEMA), str(tmp_path))
    problems = json.loads(printed)
    for configuration, expected in (("schema-recommended", RECOMMENDED), ("schema-relay", RELAY)):
        with subtests.test(configuration):
            found: dict[str, set[str]] = {}
            for rule, member, _ in problems[configuration]:
                found.setdefault(rule, set()).add(member)
            assert found == expected
    with subtests.test("operations"):
        count = len(list(tmp_path.rglob("*.graphql")))
        assert problems["documents"] == {"count": count, "problems": [], "invalid": []}


def fields() -> Iterator[tuple[str, GraphQLField]]:
    """The fields of the schema outside of `Mutation`, with their coordinates."""
    assert schema.query_type is not None
    for each in (schema.query_type, *OBJECTS.values()):
        for name, field in each.fields.items():
            yield f"{each.name}.{name}", field


def test_nullability_is_as_the_guide_says() -> None:
    nullable = {name for name, field in fields() if not is_non_null_type(field.type)}
    # A list of nullable members prints as `[Node]` or `[Node]!`.
    members = {
        name for name, field in fields() if is_list(field.type) and "!]" not in str(field.type)
    }
    assert members == {"Query.nodes"}
    in_connections = {name.split(".")[1] for name in nullable if "Connection." in name}
    assert in_connections == {"count"}
    for name, field in fields():
        of = get_named_type(field.type).name
        if of.endswith("Connection") or of in ("TaskGroup", "ChangePage"):
            assert name in nullable
    guide = PAGE.read_text()
    table = guide[guide.index("## Nullability") :]
    named = set(re.findall(r"`([A-Z]\w+\.\w+)`", table)) - {"Query.nodes"}
    assert len(named) > 5
    assert named <= nullable


def test_lists_that_are_no_connections_stay_few() -> None:
    assert {
        f"{name}.{field}"
        for name, field in lists()
        if field != "errors" and not name.endswith("Connection")
    } == SHORT_LISTS
