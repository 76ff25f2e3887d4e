"""Orders that callers choose, and the default order of each model's lists."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry

from graph.kit.declare import doc_of
from graph.kit.enums import describe_enum
from graph.kit.errors import BadUserInput
from graph.kit.paging.keyset import Order, OrderTerm, is_nullable
from models.base import Base

#: The most terms of one order.
MAX_TERMS = 5


class SortDirection(enum.Enum):
    """The direction of an order."""

    ASC = "ASC"
    DESC = "DESC"


class NullsOrder(enum.Enum):
    """The position of items without a value, regardless of the direction."""

    FIRST = "FIRST"
    LAST = "LAST"


describe_enum(SortDirection, ASC="Ascending.", DESC="Descending.")
describe_enum(NullsOrder, FIRST="Before all other items.", LAST="After all other items.")


@dataclass(frozen=True)
class ListOrder:
    """How lists of a model are ordered: by default, and by the caller's choice."""

    model: type[Base]
    default: Order
    #: The input type of a caller's choice; None if the order is fixed.
    input: Any = None
    #: Columns by the enum value that stands for them.
    columns: Mapping[str, str] = field(default_factory=dict)

    def parse(self, terms: list[Any] | None) -> Order:
        """Return the order that a caller asks for, or the default. Raises `BadUserInput`."""
        if not terms:
            return self.default
        if len(terms) > MAX_TERMS:
            raise BadUserInput(f"orderBy: at most {MAX_TERMS} terms, not {len(terms)}.")
        chosen: dict[str, OrderTerm] = {}
        for term in terms:
            name = self.columns[term.field.name]
            # A column that was named before decides already.
            chosen.setdefault(
                name,
                OrderTerm(
                    name,
                    descending=term.direction is SortDirection.DESC,
                    nulls_first=term.nulls is NullsOrder.FIRST and is_nullable(self.model, name),
                ),
            )
        return Order.by(self.model, *chosen.values())


_ORDERS: dict[type[Base], ListOrder] = {}


def list_order(model: type[Base]) -> ListOrder:
    """Return the order that a concept has registered for lists of its model."""
    try:
        return _ORDERS[model]
    except KeyError:
        raise LookupError(f"No order is registered for lists of {model.__name__}") from None


def register_order(model: type[Base], *default: str, choices: tuple[str, ...] = ()) -> ListOrder:
    """Register how lists of a model are ordered.

    `default` has column names, `-name` for descending. With `choices`, which are column names
    too, lists get an argument `orderBy` of the generated input `{Model}Order`.
    """
    order = Order.by(model, *default)
    if choices:
        columns = {name.upper(): name for name in choices}
        order_input = _order_input(model, columns)
        _ORDERS[model] = ListOrder(model, order, order_input, columns)
    else:
        _ORDERS[model] = ListOrder(model, order)
    return _ORDERS[model]


def _order_input(model: type[Base], columns: Mapping[str, str]) -> Any:
    name = model.__name__
    fields = enum.Enum(f"{name}OrderField", {value: value for value in columns})  # type: ignore[misc]
    fields.__doc__ = f"A field to order {name.lower()}s by."
    describe_enum(
        fields, **{value: doc_of(model, column) or "" for value, column in columns.items()}
    )
    namespace = {
        "__annotations__": {"field": fields, "direction": SortDirection, "nulls": NullsOrder},
        "__module__": __name__,
        "field": strawberry.field(description="The field to order by."),
        "direction": strawberry.field(default=SortDirection.ASC, description="The direction."),
        "nulls": strawberry.field(
            default=NullsOrder.LAST, description="The position of items without a value."
        ),
    }
    return strawberry.input(
        type(f"{name}Order", (), namespace),
        description=f"A term of the order of {name.lower()}s. Further terms break ties.",
    )
