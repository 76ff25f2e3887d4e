"""Descriptions in the schema, the printed schema, and the settings in the README."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_interface_type,
    is_leaf_type,
)
from strawberry.utils.str_converters import to_camel_case

from graph.schema import printed_schema
from graph.settings import PREFIX, Settings
from tests.support.schema_walk import NODE, SCHEMA

pytestmark = pytest.mark.check

PRINTED = Path("schema.graphql").read_text()
OPERATING = Path("docs/operating.md").read_text()


def undescribed() -> Iterator[str]:
    """Yield the parts of the schema that have no description."""
    for name, kind in SCHEMA.type_map.items():
        if name.startswith("__"):
            continue
        if not kind.description:
            yield name
        if isinstance(kind, GraphQLEnumType):
            yield from without_description(name, kind.values)
        if isinstance(kind, GraphQLInputObjectType):
            yield from without_description(name, kind.fields)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            yield from without_description(name, kind.fields)
            for field_name, field in kind.fields.items():
                yield from without_description(f"{name}.{field_name}", field.args)


def without_description(owner: str, parts: dict[str, Any]) -> Iterator[str]:
    yield from (f"{owner}.{name}" for name, part in parts.items() if not part.description)


def test_every_part_of_the_schema_has_a_description() -> None:
    assert list(undescribed()) == []


#: Fields with arguments that no value of the right type makes invalid.
NEVER_INVALID = {"Query.rateLimit"}


def test_fields_with_arguments_can_be_null() -> None:
    """An invalid argument then leaves the rest of the answer as it is."""
    rigid = {
        f"{name}.{field_name}"
        for name, kind in SCHEMA.type_map.items()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        and not name.startswith("__")
        and kind not in (SCHEMA.mutation_type, SCHEMA.subscription_type)
        for field_name, field in kind.fields.items()
        if field.args and isinstance(field.type, GraphQLNonNull)
    }
    # The items of `nodes` can be null.
    assert rigid == NEVER_INVALID | {"Query.nodes"}


def test_no_default_is_null() -> None:
    """Linters and code generators take it for a value."""
    assert " = null" not in PRINTED


def test_printed_schema_is_current() -> None:
    assert printed_schema() == PRINTED


def test_docs_list_every_setting() -> None:
    for name, field in Settings.model_fields.items():
        default = str(field.default).lower() if field.annotation is bool else field.default
        if isinstance(default, tuple):
            default = ",".join(default)
        shown = "none" if default in (None, "") else default
        row = f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |"
        assert row.replace("`", "") in OPERATING.replace("`", "")


def test_what_lists_are_ordered_by_can_be_read_and_filtered() -> None:
    missing = []
    for name, kind in SCHEMA.type_map.items():
        if not name.endswith("OrderField"):
            continue
        owner = name.removesuffix("OrderField")
        shown: Any = SCHEMA.type_map[owner]
        filtered: Any = SCHEMA.type_map[f"{owner}Filter"]
        for value in kind.values:  # type: ignore[attr-defined]
            field = to_camel_case(value.lower())
            missing += [f"{one}.{field}" for one in (shown, filtered) if field not in one.fields]
    assert missing == []


def test_what_can_be_updated_has_a_version_that_updates_can_expect() -> None:
    mutations: Any = SCHEMA.mutation_type
    updates = [name for name in mutations.fields if name.endswith("Update")]
    updates.remove("taskBatchUpdate")  # Each of its rows is a TaskUpdateInput.
    assert len(updates) > 5
    for name in updates:
        of_input: Any = get_named_type(mutations.fields[name].args["input"].type)
        assert "expectedVersion" in of_input.fields, name
        payload: Any = get_named_type(mutations.fields[name].type)
        updated: Any = get_named_type(payload.fields[name.removesuffix("Update")].type)
        assert "version" in updated.fields, name


#: Fields of one name whose types differ in ways that inline fragments on nodes cannot merge, with
#: the reason. A client that selects several of them in one `nodes` gives them aliases.
DIFFERENT_SHAPES = {
    "key": "a group's key is an object; the keys of projects and tasks are texts",
    "handle": "an invitation may name an email address instead",
    "workspace": "a token may have none, and an invited user does not see it",
    "project": "`Workspace.project(key:)` may find none",
    "task": "`Workspace.task(key:)` may find none",
    "labels": "those of a workspace have pages, those of a task are few",
    "user": "the user of a reaction may share no workspace with the viewer",
}


def test_fields_of_one_name_have_types_that_fragments_can_merge() -> None:
    shapes: dict[str, set[str]] = defaultdict(set)
    assert is_interface_type(NODE)
    for kind in SCHEMA.get_implementations(NODE).objects:
        for name, field in kind.fields.items():
            if field.deprecation_reason is None:
                shapes[name].add(shape_of(field.type))
    assert {name for name, found in shapes.items() if len(found) > 1} == set(DIFFERENT_SHAPES)


def shape_of(kind: Any) -> str:
    """What must be equal for two fields to be merged: lists, nulls, and the types of scalars."""
    name = get_named_type(kind).name
    return str(kind) if is_leaf_type(get_named_type(kind)) else str(kind).replace(name, "{}")


def test_inputs_of_which_exactly_one_field_is_meant_are_one_of() -> None:
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLInputObjectType) and not kind.is_one_of:
            texts = [kind.description, *(field.description for field in kind.fields.values())]
            assert not any("exactly one" in (text or "").lower() for text in texts), kind.name
    names = {
        kind.name
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLInputObjectType) and kind.is_one_of
    }
    assert names == {"InvitedUser", "SignInName"}


def test_inputs_refer_to_objects_by_id() -> None:
    """An ID is named as one, and only an ID. Other keys that name an object say which they are."""
    mutations: Any = SCHEMA.mutation_type
    parts: dict[str, Any] = {
        f"{name}.{argument}": part
        for name, field in mutations.fields.items()
        for argument, part in field.args.items()
    }
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLInputObjectType) and kind.name.endswith("Input"):
            parts |= {f"{kind.name}.{name}": part for name, part in kind.fields.items()}
    for place, part in parts.items():
        name = place.split(".")[1]
        is_id = get_named_type(part.type).name == "ID"
        assert is_id == bool(re.fullmatch(r"id|[a-z]\w*Ids?", name)), place
    assert parts["changeRevert.workspace"].description == "The workspace's slug."
