"""Enumerations of the models as types of the API."""

import enum
from typing import Any

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition


def describe_enum(members: type[enum.Enum], description: str, **values: str) -> None:
    """Makes an enumeration a type of the API, with a description of each value."""
    made: Any = strawberry.enum(members, description=description)
    definition: StrawberryEnumDefinition = made.__strawberry_definition__
    for value in definition.values:
        value.description = values[value.name]
