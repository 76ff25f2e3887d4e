"""Descriptions in the schema, the printed schema, and the settings in the README."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from graph.schema import schema
from graph.settings import PREFIX, Settings
from tests.support.schema_walk import SCHEMA

pytestmark = pytest.mark.check

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


def test_printed_schema_is_current() -> None:
    assert Path("schema.graphql").read_text() == schema.as_str() + "\n"


def test_docs_list_every_setting() -> None:
    for name, field in Settings.model_fields.items():
        default = str(field.default).lower() if field.annotation is bool else field.default
        if isinstance(default, tuple):
            default = ",".join(default)
        shown = "none" if default in (None, "") else default
        row = f"| `{PREFIX}{name.upper()}` | {shown} | {field.description} |"
        assert row.replace("`", "") in OPERATING.replace("`", "")
