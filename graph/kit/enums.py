"""Enums of the models as types of the API."""

import enum
import inspect
from typing import Any

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition


def describe_enum(members: type[enum.Enum], **values: str) -> None:
    """Make an enum a type of the API, described by its docstring; `values` describes each value."""
    made: Any = strawberry.enum(members, description=inspect.getdoc(members))
    definition: StrawberryEnumDefinition = made.__strawberry_definition__
    for value in definition.values:
        value.description = values[value.name]
