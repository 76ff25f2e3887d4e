"""What a field declares about itself, so that it can be planned.

A field with a resolver of its own says here what the resolver does, in terms that the planner
knows: which rows it returns, or which columns its value is made of. A field without a resolver
needs no declaration: it shows a column or an attribute. A field that is neither is executed by the
reference executor, with the whole operation.

This module is below the kit, whose fields attach the declarations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: The key of the declaration in the metadata of a Strawberry field.
PLAN = "plan"


@dataclass(frozen=True)
class GlobalId:
    """The global ID of the row, made of its model and its key."""


@dataclass(frozen=True)
class ToOne:
    """The row of a to-one relationship."""

    relation: Any


@dataclass(frozen=True)
class Derived:
    """A value of columns of the row, and of columns of the rows of to-one relationships."""

    near: tuple[str, ...]
    #: The columns of each relationship's row.
    far: tuple[tuple[Any, tuple[str, ...]], ...]
    #: Takes the context, and the values of the near and the far columns.
    value: Callable[..., Any]


@dataclass(frozen=True)
class ToMany:
    """A page of a to-many relationship: a connection."""

    relation: Any
    #: The order, or the orders that a caller can choose from; None for those of the target.
    order: Any
    where: Callable[..., Any]
    #: Raises an error for arguments of `where` that are invalid together.
    check: Callable[..., None]
    #: Whether the list of a row is shown, from a row with the ID alone, and a context.
    shown_if: Callable[[Any, Any], bool] | None = None


@dataclass(frozen=True)
class Listing:
    """All rows of a to-many relationship that stays short."""

    relation: Any
    order: Any
    where: Callable[..., Any]


@dataclass(frozen=True)
class Lookup:
    """The row with a composite key: columns of the parent, and values from the arguments."""

    #: Has `statement(scope, keys, selection)` and `key_columns()`.
    batch: Any
    #: The columns of the parent that the key begins with.
    parent: tuple[str, ...]
    #: Returns the rest of the key for the arguments; None if no row can have it.
    key: Callable[..., tuple[Any, ...] | None]


@dataclass(frozen=True)
class ViewerRow:
    """The row of the viewer, which is known; null if the request is anonymous."""

    model: Any


@dataclass(frozen=True)
class ById:
    """The row with a global ID, whose type the ID names."""

    argument: str = "id"


@dataclass(frozen=True)
class ByIds:
    """The rows with global IDs, in their order."""

    argument: str = "ids"


@dataclass(frozen=True)
class ByKey:
    """The row of a model whose key an attribute of the parent holds."""

    model: Any
    column: str


@dataclass(frozen=True)
class ByTypeAndKey:
    """A row of any type: attributes of the parent hold the name of the type and the key."""

    type_column: str
    key_column: str


@dataclass(frozen=True)
class Computed:
    """A value computed from columns of the row and the context, without reading anything."""

    columns: tuple[str, ...]
    #: Takes a row with these columns, and the context.
    value: Callable[[Any, Any], Any]
    #: Whether the value depends on the context, such as on the viewer.
    needs_context: bool = True


@dataclass(frozen=True)
class Resolved:
    """The result of the field's resolver, called for all parents at once.

    It loads by the data loaders, which batch what the calls need.
    """

    #: The columns of the parent that the resolver reads.
    columns: tuple[str, ...] = ()


def is_same_for_all(field: Any) -> bool:
    """Whether a Strawberry field shows the same to all viewers of an object, and reads nothing."""
    declared = field.metadata.get(PLAN)
    if declared is None:
        # A column or an attribute.
        return field.base_resolver is None
    return isinstance(declared, GlobalId) or (
        isinstance(declared, Computed) and not declared.needs_context
    )
