"""Descriptions in the schema, the printed schema, and the settings in the README."""

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
)
from strawberry.utils.str_converters import to_camel_case

from graph.schema import printed_schema
from graph.settings import PREFIX, Settings
from tests.support.schema_walk import SCHEMA

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
        and kind is not SCHEMA.mutation_type
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
