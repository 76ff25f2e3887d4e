"""Enums whose values carry their description."""

import enum
from typing import Any, Self


class DocumentedEnum(enum.Enum):
    """An enum of texts: `NAME = "value", "Description."`."""

    doc: str

    def __new__(cls, value: str, doc: str) -> Self:
        member = object.__new__(cls)
        member._value_ = value
        member.doc = doc
        return member


class DocumentedIntEnum(enum.IntEnum):
    """An enum of ordered numbers: `NAME = 1, "Description."`."""

    doc: str

    def __new__(cls, value: int, doc: str) -> Self:
        member = int.__new__(cls, value)
        member._value_ = value
        member.doc = doc
        return member


def documented_enums() -> list[type[Any]]:
    """Return all enums with descriptions."""
    return [*DocumentedEnum.__subclasses__(), *DocumentedIntEnum.__subclasses__()]
