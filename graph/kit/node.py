"""Node: objects with a global id, and the types that are views over mapped rows."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import strawberry
from graphql import GraphQLAbstractType, GraphQLResolveInfo

from graph.engine.declarations import PLAN, GlobalId
from graph.kit.declare import describe_fields
from graph.kit.errors import BadUserInput
from models.base import Base

#: Finds an object by the key in its ID and the `info`; None if the viewer cannot see it.
FindObject = Callable[[str, Any], Awaitable[Any]]

_NAMES: dict[type[Base], str] = {}
_PREFIXES: dict[str, type[Base]] = {}
#: Types whose values are no rows: the classes of the values, by the names of the types.
_OBJECTS: dict[str, type] = {}
#: Find objects that are no rows by what follows the prefix of their ID.
_FINDERS: dict[str, FindObject] = {}


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


def objects_by_name() -> Mapping[str, type]:
    """Return the classes of values that are no rows, by the names of their types."""
    return _OBJECTS


def register_object(name: str, values: type) -> None:
    """Register a type whose values are no rows, as a member of unions and interfaces."""
    _OBJECTS[name] = values


def register_finder(name: str, find: FindObject) -> None:
    """Register how `node` finds the objects of a type that are no rows."""
    _FINDERS[_prefix(name)] = find


def object_finder(value: str) -> Callable[[Any], Awaitable[Any]] | None:
    """Return what finds an object that is no row by its ID; None for the IDs of rows."""
    prefix, _, rest = value.partition("_")
    find = _FINDERS.get(prefix)
    return None if find is None else partial(find, rest)


def encode_object_id(name: str, key: str) -> strawberry.ID:
    """Return the ID of an object that is no row, which its finder gets the key of."""
    return strawberry.ID(f"{_prefix(name)}_{key}")


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

    #: The class of the values.
    model: ClassVar[type[Any]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not issubclass(cls.model, Base):
            register_object(cls.__name__, cls.model)
            return
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
        found = _NAMES.get(type(row))
        if found is None:
            names = (name for name, values in _OBJECTS.items() if isinstance(row, values))
            found = next(names, None)
        return found


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
