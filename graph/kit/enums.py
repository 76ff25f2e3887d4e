"""Enumerations of the models as types of the API."""

import enum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

E = TypeVar("E", bound=type[enum.Enum])


def described(members: E, description: str, **values: str) -> E:
    """Makes an enumeration a type of the API, with a description of each value."""
    made = strawberry.enum(members, description=description)
    definition: StrawberryEnumDefinition = made.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]
    return made
