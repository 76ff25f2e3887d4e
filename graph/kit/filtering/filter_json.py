"""Filters as JSON, for IDs that contain one."""

import enum
from typing import Any

from graphql import Undefined, coerce_input_value
from strawberry.types.arguments import convert_argument

from graph.kit.filtering.comparators import provided_operators
from graph.kit.filtering.relative_time import RelativeTime


def filter_to_json(value: Any) -> Any:
    """Return a filter in the form in which clients send it."""
    if isinstance(value, list):
        return [filter_to_json(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, RelativeTime):
        return value.text
    if hasattr(value, "__strawberry_definition__"):
        return {name: filter_to_json(inner) for name, inner in provided_operators(value)}
    return value


def filter_from_json(value: Any, kind: type, schema: Any) -> Any:
    """Return a filter of an input type, from what `filter_to_json` has returned of one.

    Raise `ValueError` if it is invalid.
    """
    graphql_type = schema._schema.type_map[kind.__name__]
    coerced = coerce_input_value(value, graphql_type)
    if coerced is Undefined:
        raise ValueError(f"not a {kind.__name__}: {value!r}")
    registry = schema.schema_converter.scalar_registry
    return convert_argument(coerced, kind, registry, schema.config)
