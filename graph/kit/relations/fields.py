"""A relation is declared, not written: `one`, `many` and `listing` make the field.

From a mapped relationship they know the target, the keys and the cardinality, and they make
the resolver and its arguments; `batches` has the statements.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import strawberry
from sqlalchemy.orm import InstrumentedAttribute

from graph.kit.context import KitInfo
from graph.kit.filtering.conditions import Condition
from graph.kit.filtering.filter_input import FilterParser
from graph.kit.loading.loaders import ReadScope
from graph.kit.paging.keyset import Order
from graph.kit.paging.order_input import OrderInput
from graph.kit.paging.page_arguments import (
    DEFAULT_SIZE,
    MAX_SIZE,
    PageArguments,
    parse_page_arguments,
)
from graph.kit.relations.batches import (
    NO_CONDITION,
    ChildRows,
    ListBatch,
    RowBatch,
    WhereFunction,
    no_conditions,
)
from graph.kit.relations.connection import ChildConnection
from models.base import Base

PAGE_ARGUMENTS = (
    (
        "first",
        int,
        f"The number of rows from the start or after `after`: {DEFAULT_SIZE} if left "
        f"out, at most {MAX_SIZE}.",
    ),
    ("after", str, "The cursor of the row that the page begins after."),
    ("last", int, f"The number of rows from the end or before `before`, at most {MAX_SIZE}."),
    ("before", str, "The cursor of the row that the page ends before."),
)


def resolver_field(resolver: Callable[..., Any], description: str) -> Any:
    """A field whose resolver gives a row, where the schema has the type that is a view over it."""
    return strawberry.field(resolver=resolver, description=description)


def one(relation: InstrumentedAttribute[Any], description: str) -> Any:
    """The row on the far side of a to-one relationship; null where there is none to be seen."""
    to_one = ToOne(relation)

    def resolve(root: Any, info: KitInfo) -> Any:
        return to_one.load(root, info)

    return strawberry.field(resolver=resolve, description=description)


def derived(
    relation: InstrumentedAttribute[Any], value: Callable[[Any, Any], Any], description: str
) -> Any:
    """A value made of a row and the row on the far side of a to-one relationship."""
    to_one = ToOne(relation)

    async def resolve(root: Any, info: KitInfo) -> Any:
        loading = to_one.load(root, info)
        return value(root, None if loading is None else await loading)

    return strawberry.field(resolver=resolve, description=description)


def many(
    relation: InstrumentedAttribute[Any],
    description: str,
    *,
    order: Order | OrderInput,
    filter: Any = None,
    where: WhereFunction = no_conditions,
) -> Any:
    """A connection to the rows on the far side of a to-many relationship.

    `filter` is the input of a filter, and `order` the orders to choose from or the only one. The
    parameters of `where` become arguments of the field, before those of the page.
    """

    def resolve(root: Any, info: KitInfo, **arguments: Any) -> ChildConnection:
        chosen, page = parse_paging(order, arguments)
        children = _children(info, relation, where, arguments)
        return ChildConnection(root.id, children, chosen, page)

    declare_list_arguments(resolve, order, filter, where)
    return strawberry.field(resolver=resolve, description=description)


def listing(
    relation: InstrumentedAttribute[Any],
    description: str,
    *,
    order: Order,
    where: WhereFunction = no_conditions,
) -> Any:
    """All rows on the far side of a to-many relationship that stays short."""

    def resolve(root: Any, info: KitInfo, **arguments: Any) -> Awaitable[Any]:
        children = _children(info, relation, where, arguments)
        return info.context.load(ListBatch(children, order), root.id)

    _declare(resolve, list(inspect.signature(where).parameters.values()))
    return strawberry.field(resolver=resolve, description=description)


def parse_paging(
    order: Order | OrderInput, arguments: dict[str, Any]
) -> tuple[Order, PageArguments]:
    """The order and the page that the arguments of a field ask for; it takes them out."""
    paging = [arguments.pop(name) for name, _, _ in PAGE_ARGUMENTS]
    chosen = order if isinstance(order, Order) else order.read(arguments.pop("order_by"))
    return chosen, parse_page_arguments(chosen, *paging)


def declare_list_arguments(
    resolve: Callable[..., Any],
    order: Order | OrderInput,
    filter: Any = None,
    where: WhereFunction = no_conditions,
) -> None:
    """Gives a resolver the arguments of a page, and those that choose rows and their order."""
    parameters = _choices(filter, order)
    parameters += inspect.signature(where).parameters.values()
    parameters += [_parameter(*argument) for argument in PAGE_ARGUMENTS]
    _declare(resolve, parameters)


def parse_filter(source: ReadScope, arguments: dict[str, Any]) -> Condition:
    """The condition that the arguments of a field ask for."""
    filled = arguments.pop("filter", None)
    return NO_CONDITION if filled is None else FilterParser(source).read(filled, "filter")


class ToOne:
    """A to-one relationship, read through the loader of its target's key."""

    def __init__(self, relation: InstrumentedAttribute[Any]) -> None:
        self.relation = relation
        self._resolved: tuple[str, RowBatch[Any]] | None = None

    def load(self, row: Any, info: KitInfo) -> Awaitable[Any] | None:
        """The far row of `row`, null where there is none."""
        foreign_key, batch = self._resolved or self._resolve()
        key = getattr(row, foreign_key)
        return None if key is None else info.context.load(batch, key)

    def _resolve(self) -> tuple[str, RowBatch[Any]]:
        # Not before the first use: a relationship knows its far side once all models are there.
        relationship = self.relation.property
        [(local, _)] = relationship.local_remote_pairs
        name = relationship.parent.get_property_by_column(local).key
        self._resolved = (name, RowBatch(relationship.mapper.class_))
        return self._resolved


def _children(
    info: KitInfo,
    relation: InstrumentedAttribute[Any],
    where: WhereFunction,
    arguments: dict[str, Any],
) -> ChildRows:
    parent: type[Base] = relation.class_  # type: ignore[assignment]
    condition = parse_filter(info.context.source, arguments)
    return ChildRows(parent, relation.key, where, tuple(arguments.items()), condition)


def _choices(filter: Any, order: Order | OrderInput) -> list[inspect.Parameter]:
    """The arguments that choose rows and their order."""
    choices = []
    if filter is not None:
        choices.append(_parameter("filter", filter, "Only those of which all this holds."))
    if isinstance(order, OrderInput):
        words = "What comes first; the next field decides between equals."
        choices.append(_parameter("order_by", list[order.input], words))  # type: ignore[name-defined]
    return choices


def _parameter(name: str, kind: Any, description: str) -> inspect.Parameter:
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind | None, strawberry.argument(description=description)],
    )


def _declare(resolve: Callable[..., Any], arguments: list[inspect.Parameter]) -> None:
    """Gives a resolver the signature that Strawberry reads its arguments from."""
    fixed = list(inspect.signature(resolve).parameters.values())[:2]
    keywords = [argument.replace(kind=inspect.Parameter.KEYWORD_ONLY) for argument in arguments]
    resolve.__signature__ = inspect.Signature([*fixed, *keywords])  # type: ignore[attr-defined]
