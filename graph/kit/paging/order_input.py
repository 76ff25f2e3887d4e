"""Orders that callers choose."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import strawberry

from graph.kit.enums import describe_enum
from graph.kit.errors import BadUserInput
from graph.kit.paging.keyset import Order, OrderTerm, is_nullable
from models.base import Base

#: The most terms of one order.
MAX_TERMS = 5


class SortDirection(enum.Enum):
    """Which end comes first."""

    ASC = "ASC"
    DESC = "DESC"


class NullsOrder(enum.Enum):
    """Where those without a value come, whatever the direction."""

    FIRST = "FIRST"
    LAST = "LAST"


describe_enum(SortDirection, "Which end comes first.", ASC="Smallest first.", DESC="Largest first.")
describe_enum(
    NullsOrder,
    "Where rows without a value come, whatever the direction.",
    FIRST="Before all others.",
    LAST="After all others.",
)


@dataclass(frozen=True)
class OrderInput:
    """The orders of a type: the input that says one, and what its fields stand for."""

    model: type[Base]
    input: Any
    columns: Mapping[str, str]
    default: Order

    def read(self, given: list[Any] | None) -> Order:
        """The order that a caller asks for, or the usual one."""
        if not given:
            return self.default
        if len(given) > MAX_TERMS:
            raise BadUserInput(f"orderBy: at most {MAX_TERMS} fields, not {len(given)}.")
        terms: dict[str, OrderTerm] = {}
        for one in given:
            name = self.columns[one.field.name]
            # What was ordered by before cannot be ordered by again.
            terms.setdefault(
                name,
                OrderTerm(
                    name,
                    descending=one.direction is SortDirection.DESC,
                    nulls_first=one.nulls is NullsOrder.FIRST and is_nullable(self.model, name),
                ),
            )
        return Order.by(self.model, *terms.values())


def order_input(
    model: type[Base], name: str, default: Order, **fields: tuple[str, str]
) -> OrderInput:
    """Makes the input `{name}Order` with the enumeration `{name}OrderField`.

    Each field is given with its column and what is said of it.
    """
    members = enum.Enum(f"{name}OrderField", {field: field for field in fields})  # type: ignore[misc]
    describe_enum(
        members,
        "What can be ordered by.",
        **{field: description for field, (_, description) in fields.items()},
    )
    annotations = {"field": members, "direction": SortDirection, "nulls": NullsOrder}
    namespace = {
        "__annotations__": annotations,
        "__module__": __name__,
        "field": strawberry.field(description="What to order by."),
        "direction": strawberry.field(
            default=SortDirection.ASC, description="Which end comes first."
        ),
        "nulls": strawberry.field(
            default=NullsOrder.LAST, description="Where rows without a value come."
        ),
    }
    made = strawberry.input(
        type(f"{name}Order", (), namespace),
        description="One term of an order; those that follow decide between equals.",
    )
    columns = {field: column for field, (column, _) in fields.items()}
    return OrderInput(model, made, columns, default)
