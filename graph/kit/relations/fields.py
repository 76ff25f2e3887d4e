"""Fields that show related rows: `one`, `many`, `listing` and `derived`.

Each takes a mapped relationship and makes the field's resolver and arguments. The target and the
keys come from the relationship. The SQL is in `batches`.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import strawberry
from sqlalchemy.orm import InstrumentedAttribute

from graph.engine.declarations import PLAN, Derived, Listing, Lookup, ToMany, ToOne
from graph.kit.context import KitContext, KitInfo
from graph.kit.declare import (
    doc_of,
    first_paragraph,
    lazy_field,
    parameter,
    parameters_of,
    set_arguments,
)
from graph.kit.filtering.filter_input import filter_of, parse_filter
from graph.kit.paging.keyset import Order
from graph.kit.paging.order_input import ListOrder, list_order
from graph.kit.paging.page_arguments import (
    DEFAULT_SIZE,
    MAX_SIZE,
    PageArguments,
    parse_page_arguments,
)
from graph.kit.relations.batches import (
    ChildRows,
    CompositeKeyBatch,
    ListBatch,
    RowBatch,
    WhereFunction,
    no_conditions,
)
from graph.kit.relations.connection import ChildConnection, ConnectionSource, EmptyConnection
from models.base import Base

PAGE_ARGUMENTS = (
    parameter(
        "first",
        int,
        f"The number of items from the start, or after the cursor `after`: at most {MAX_SIZE}. The "
        "default does not apply with `last` or `before`.",
        DEFAULT_SIZE,
    ),
    parameter("after", str, "Return the items after this cursor."),
    parameter(
        "last",
        int,
        f"The number of items from the end, or before the cursor `before`: at most {MAX_SIZE}.",
    ),
    parameter("before", str, "Return the items before this cursor."),
)


def accept_all(**arguments: Any) -> None:
    """Accept all values of the arguments of a list."""


def one(
    relation: InstrumentedAttribute[Any],
    description: str | None = None,
    *,
    deprecation: str | None = None,
) -> Any:
    """Return the field of a to-one relationship; null if the row is missing or hidden.

    Without a description it takes the relationship's `doc`.
    """
    to_one = RelatedRowLoader(relation)

    def resolve(root: Any, info: KitInfo) -> Any:
        return to_one.load(root, info)

    return strawberry.field(
        resolver=resolve,
        description=description or _doc(relation),
        deprecation_reason=deprecation,
        metadata={PLAN: ToOne(relation)},
    )


def derived(
    value: Callable[..., Any],
    description: str,
    *,
    near: tuple[str, ...],
    far: Mapping[Any, tuple[str, ...]],
) -> Any:
    """Return a field of columns of the row, and of columns of the rows of to-one relationships.

    `value` takes the context, the values of the near columns and then those of the far ones. The
    related rows must exist and be visible.
    """
    to_one = [(RelatedRowLoader(relation), names) for relation, names in far.items()]

    async def resolve(root: Any, info: KitInfo) -> Any:
        values = [getattr(root, name) for name in near]
        loading = [loader.load(root, info) for loader, _ in to_one]
        rows = await asyncio.gather(*(one for one in loading if one is not None))
        for (_, names), row in zip(to_one, rows, strict=True):
            values += [getattr(row, name) for name in names]
        return value(info.context, *values)

    return strawberry.field(
        resolver=resolve,
        description=description,
        metadata={PLAN: Derived(near, tuple(far.items()), value)},
    )


def lookup(
    batch: CompositeKeyBatch[Any], key: Callable[..., Any], *, parent: tuple[str, ...] = ()
) -> Any:
    """Return the field of the row with a composite key; null if it is missing or hidden.

    The key begins with columns of the parent. `key` returns the rest of it, or None if no row can
    have such a key. Its parameters become arguments of the field, and its docstring the
    description.
    """

    async def resolve(root: Any, info: KitInfo, **arguments: Any) -> Any:
        rest = key(**arguments)
        if rest is None:
            return None
        return await info.context.load(batch, (*(getattr(root, name) for name in parent), *rest))

    set_arguments(resolve, parameters_of(key))
    return strawberry.field(
        resolver=resolve,
        description=first_paragraph(key),
        metadata={PLAN: Lookup(batch, parent, key)},
    )


def many(
    relation: InstrumentedAttribute[Any],
    description: str,
    *,
    order: Order | None = None,
    where: WhereFunction = no_conditions,
    check: Callable[..., None] = accept_all,
    shown_if: Callable[[Any, KitContext], bool] | None = None,
) -> Any:
    """Return the field of a to-many relationship: a connection.

    It is empty for rows for which `shown_if` returns false; it may read the row's ID only.

    The filter and the orders are those that the target's concept has registered, unless `order`
    fixes one. The parameters of `where` become arguments of the field, and the conditions that it
    returns restrict the rows. `check` raises `BadUserInput` if their values are invalid together.
    """
    model: type[Base] = relation.class_  # type: ignore[assignment]

    def resolve(root: Any, info: KitInfo, **arguments: Any) -> ConnectionSource:
        if shown_if is not None and not shown_if(root, info.context):
            return EmptyConnection()
        target = relation.property.mapper.class_
        rows_order, page = parse_paging(order or list_order(target), arguments)
        condition = parse_filter(info.context.scope, arguments.pop("filter", None))
        check(**arguments)
        children = ChildRows(model, relation.key, where, tuple(arguments.items()), condition)
        return ChildConnection(root.id, children, rows_order, page)

    def parameters() -> list[inspect.Parameter]:
        target = relation.property.mapper.class_
        return list_parameters(target, order or list_order(target), where)

    declaration = ToMany(relation, order, where, check, shown_if)
    return lazy_field(resolve, description, parameters, {PLAN: declaration})


def listing(
    relation: InstrumentedAttribute[Any],
    description: str | None = None,
    *,
    order: Order,
    where: WhereFunction = no_conditions,
) -> Any:
    """Return the field of a to-many relationship that stays short: all of its rows, as a list."""
    model: type[Base] = relation.class_  # type: ignore[assignment]

    def resolve(root: Any, info: KitInfo, **arguments: Any) -> Awaitable[Any]:
        children = ChildRows(model, relation.key, where, tuple(arguments.items()))
        return info.context.load(ListBatch(children, order), root.id)

    set_arguments(resolve, parameters_of(where))
    return strawberry.field(
        resolver=resolve,
        description=description or _doc(relation),
        metadata={PLAN: Listing(relation, order, where)},
    )


def list_parameters(
    target: type[Base],
    order: Order | ListOrder,
    where: WhereFunction = no_conditions,
    *,
    filters: bool = True,
) -> list[inspect.Parameter]:
    """Return the arguments of a list: filter, order, those of `where`, and those of the page."""
    parameters = []
    filter_type = filter_of(target) if filters else None
    if filter_type is not None:
        parameters.append(parameter("filter", filter_type, "Return only the objects that match."))
    if isinstance(order, ListOrder) and order.input is not None:
        description = "The order. Further terms break ties."
        parameters.append(parameter("order_by", list[order.input], description))  # type: ignore[name-defined]
    return [*parameters, *parameters_of(where), *PAGE_ARGUMENTS]


def parse_paging(
    order: Order | ListOrder, arguments: dict[str, Any]
) -> tuple[Order, PageArguments]:
    """Return the order and the page that the arguments of a list ask for, removing them."""
    first, after, last, before = (arguments.pop(one.name, None) for one in PAGE_ARGUMENTS)
    if isinstance(order, ListOrder):
        order = order.parse(arguments.pop("order_by", None))
    return order, parse_page_arguments(order, first, after, last, before)


class RelatedRowLoader:
    """A to-one relationship, loaded in batches by the target's key."""

    def __init__(self, relation: InstrumentedAttribute[Any]) -> None:
        self.relation = relation
        self._resolved: tuple[str, RowBatch[Any]] | None = None

    def load(self, row: Any, info: KitInfo) -> Awaitable[Any] | None:
        """Return an awaitable for the related row, or None if the foreign key is null."""
        foreign_key, batch = self._resolved or self._resolve()
        key = getattr(row, foreign_key)
        return None if key is None else info.context.load(batch, key)

    def _resolve(self) -> tuple[str, RowBatch[Any]]:
        # On first use: a relationship knows its target once all models are mapped.
        relationship = self.relation.property
        [(local, _)] = relationship.local_remote_pairs
        name = relationship.parent.get_property_by_column(local).key
        self._resolved = (name, RowBatch(relationship.mapper.class_))
        return self._resolved


def _doc(relation: InstrumentedAttribute[Any]) -> str:
    doc = doc_of(relation.class_, relation.key)  # type: ignore[arg-type]
    if doc is None:
        raise TypeError(f"{relation} needs a description: the relationship has no `doc`")
    return doc
