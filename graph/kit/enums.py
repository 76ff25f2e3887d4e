"""Enums as types of the API, with the descriptions that their values carry."""

import enum
import inspect
from typing import Any

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

import models  # noqa: F401 - defines the enums
from models.columns.documented_enum import documented_enums


def describe_enum(members: type[enum.Enum], **values: str) -> None:
    """Make an enum a type of the API, described by its docstring; `values` describes each value."""
    made: Any = strawberry.enum(members, description=inspect.getdoc(members))
    definition: StrawberryEnumDefinition = made.__strawberry_definition__
    for value in definition.values:
        value.description = values[value.name]


# Before any type refers to one: Strawberry would define it without descriptions.
for _members in documented_enums():
    describe_enum(_members, **{member.name: member.doc for member in _members})
