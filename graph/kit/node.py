"""Node: objects with a global id, and the types that are views over mapped rows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import strawberry
from graphql import GraphQLAbstractType, GraphQLResolveInfo

from graph.engine.declarations import PLAN, GlobalId
from graph.kit.declare import describe_fields
from graph.kit.errors import BadUserInput
from models.base import Base

_NAMES: dict[type[Base], str] = {}
_PREFIXES: dict[str, type[Base]] = {}


def node_id(root: Any) -> strawberry.ID:
    return encode_id(type(root), root.id)


def encode_id(model: type[Base], key: UUID) -> strawberry.ID:
    """Return the global id of a row, such as task_0198c6b2f7d47c3e9b1d2f3a4b5c6d7e."""
    return strawberry.ID(f"{prefix_of(model)}_{key.hex}")


def prefix_of(model: type[Base]) -> str:
    """Return what the global IDs of a model's rows begin with, before the underscore."""
    return _prefix(_NAMES[model])


def models_by_name() -> Mapping[str, type[Base]]:
    """Return the models whose types are nodes, by the names of the types."""
    return {name: model for model, name in _NAMES.items()}


def model_named(name: str) -> type[Base]:
    return models_by_name()[name]


def name_of(model: type[Base]) -> str:
    """Return the name of a model's type."""
    return _NAMES[model]


def _prefix(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


@strawberry.interface(description="An object with a globally unique ID, which `node` finds.")
class Node:
    """The base class of types that are views over a mapped row with an id.

    A field that is only annotated shows the column of its name, and is described by its `doc`.
    """

    id: strawberry.ID = strawberry.field(
        resolver=node_id,
        metadata={PLAN: GlobalId()},
        description="The globally unique ID. It never changes.",
    )

    model: ClassVar[type[Base]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        describe_fields(cls, cls.model)
        _NAMES[cls.model] = cls.__name__
        _PREFIXES[_prefix(cls.__name__)] = cls.model

    @classmethod
    def is_type_of(cls, row: Any, info: GraphQLResolveInfo[Any]) -> bool:
        return isinstance(row, cls.model)

    @classmethod
    def resolve_type(
        cls, row: Any, info: GraphQLResolveInfo[Any], abstract: GraphQLAbstractType
    ) -> str | None:
        return _NAMES.get(type(row))


@dataclass(frozen=True)
class NodeKey:
    """A decoded global id."""

    model: type[Base]
    key: UUID


def decode_id(value: str, argument: str) -> NodeKey | None:
    """Decode a global id; None if its type does not exist, so that it names no object.

    Raises `BadUserInput` for a malformed id, naming the argument.
    """
    prefix, separator, digits = value.rpartition("_")
    if not separator or not re.fullmatch(r"[0-9a-f]{32}", digits):
        raise BadUserInput(
            f"{argument and f'{argument}: '}{_shortened(value)} is not a valid ID. "
            "Use an ID that the API returned."
        )
    model = _PREFIXES.get(prefix)
    return None if model is None else NodeKey(model, UUID(hex=digits))


def _shortened(value: str, length: int = 60) -> str:
    return repr(value if len(value) <= length else value[:length] + "…")
