"""Objects with an id of their own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import strawberry
from graphql import GraphQLAbstractType, GraphQLResolveInfo

from graph.kit.errors import BadUserInput
from models.base import Base

_NAMES: dict[type[Base], str] = {}
_PREFIXES: dict[str, type[Base]] = {}


def node_id(root: Any) -> strawberry.ID:
    """The id of a row: its type and its key, such as task_0198c6b2f7d47c3e9b1d2f3a4b5c6d7e."""
    return encode_id(type(root), root.id)


def encode_id(model: type[Base], key: UUID) -> strawberry.ID:
    """The id of a row of a model."""
    return strawberry.ID(f"{_prefix(_NAMES[model])}_{key.hex}")


def models_by_name() -> Mapping[str, type[Base]]:
    """The models that have ids, by the names of their types."""
    return {name: model for model, name in _NAMES.items()}


def model_named(name: str) -> type[Base]:
    """The model of a type."""
    return models_by_name()[name]


def name_of(model: type[Base]) -> str:
    """The name of a model's type."""
    return _NAMES[model]


def _prefix(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


@strawberry.interface(description="Anything with an id of its own, found again by `node`.")
class Node:
    """The base of each type that is a view over a mapped row with a key."""

    id: strawberry.ID = strawberry.field(
        resolver=node_id,
        description="Unique among all objects of this server, and never changed.",
    )

    model: ClassVar[type[Base]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _NAMES[cls.model] = cls.__name__
        _PREFIXES[_prefix(cls.__name__)] = cls.model

    @classmethod
    def is_type_of(cls, row: Any, info: GraphQLResolveInfo[Any]) -> bool:
        """Whether a row is one of this type."""
        return isinstance(row, cls.model)

    @classmethod
    def resolve_type(
        cls, row: Any, info: GraphQLResolveInfo[Any], abstract: GraphQLAbstractType
    ) -> str | None:
        """The name of a row's type."""
        return _NAMES.get(type(row))


@dataclass(frozen=True)
class NodeKey:
    """What an id says."""

    model: type[Base]
    key: UUID


def decode_id(given: str, argument: str) -> NodeKey | None:
    """Reads an id; null for one of a type that there is not, and so names no object."""
    prefix, separator, digits = given.rpartition("_")
    if not separator or not re.fullmatch(r"[0-9a-f]{32}", digits):
        raise BadUserInput(
            f"{argument and f'{argument}: '}{_shown(given)} is not an id of this server. "
            "Pass an id as a field gave it."
        )
    model = _PREFIXES.get(prefix)
    return None if model is None else NodeKey(model, UUID(hex=digits))


def _shown(given: str, length: int = 60) -> str:
    return repr(given if len(given) <= length else given[:length] + "…")
