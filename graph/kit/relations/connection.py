"""Relay connections, paged by keyset.

A connection is not loaded when it is resolved. Its fields load what they need, so that a query
for `totalCount` alone reads no rows.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from graph.kit.context import KitInfo
from graph.kit.declare import resolver_field
from graph.kit.errors import BadUserInput
from graph.kit.paging.keyset import Order
from graph.kit.paging.page_arguments import PageArguments, PageRows
from graph.kit.relations.batches import ChildRows, CountBatch, PageBatch

T = TypeVar("T")
#: Where `count` stops by default.
DEFAULT_COUNT_LIMIT = 1000


class ConnectionSource:
    """The root value of a connection: a page that is not loaded yet."""

    async def rows(self, info: KitInfo) -> PageRows:
        """Load the rows of the page."""
        raise NotImplementedError

    def cursor(self, row: Any) -> str:
        raise NotImplementedError

    async def count(self, info: KitInfo, limit: int | None = None) -> int:
        """Return the number of rows of the whole list, counted up to one past the limit."""
        raise NotImplementedError


@dataclass(frozen=True)
class ChildConnection(ConnectionSource):
    """A page of one parent's child rows."""

    parent: Any
    children: ChildRows
    order: Order
    page: PageArguments

    async def rows(self, info: KitInfo) -> PageRows:
        return await info.context.load(PageBatch(self.children, self.order, self.page), self.parent)

    def cursor(self, row: Any) -> str:
        return self.order.cursor(row)

    async def count(self, info: KitInfo, limit: int | None = None) -> int:
        return await info.context.load(CountBatch(self.children, limit), self.parent)


class EmptyConnection(ConnectionSource):
    """A list without rows, which loads nothing."""

    async def rows(self, info: KitInfo) -> PageRows:
        return PageRows((), has_next=False, has_previous=False)

    async def count(self, info: KitInfo, limit: int | None = None) -> int:
        return 0


@strawberry.type(description="The position of a page in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are items after this page.")
    has_previous_page: bool = strawberry.field(
        description="Whether there are items before this page."
    )
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first item, to pass as `before`; null if the page is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last item, to pass as `after`; null if the page is empty."
    )


@strawberry.type(description="A number of items that is counted up to a limit.")
class CappedCount:
    value: int = strawberry.field(description="The number of items, at most the limit.")
    is_exact: bool = strawberry.field(description="False if there are more items than `value`.")


@strawberry.type(description="An item of a page, with its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(
        description="The position of the item, to pass as `after` or `before` of the same list."
    )
    node: T = strawberry.field(description="The item.")


async def _nodes(root: ConnectionSource, info: KitInfo) -> Any:
    return (await root.rows(info)).rows


async def _edges(root: ConnectionSource, info: KitInfo) -> Any:
    rows = (await root.rows(info)).rows
    return [Edge(cursor=root.cursor(row), node=row) for row in rows]


async def _page_info(root: ConnectionSource, info: KitInfo) -> PageInfo:
    page = await root.rows(info)
    ends = [root.cursor(page.rows[place]) for place in (0, -1)] if page.rows else [None] * 2
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=ends[0],
        end_cursor=ends[1],
    )


async def _total_count(root: ConnectionSource, info: KitInfo) -> int:
    return await root.count(info)


async def _count(
    root: ConnectionSource,
    info: KitInfo,
    limit: Annotated[
        int, strawberry.argument(description="Where to stop counting, from 1 to 1,000,000.")
    ] = DEFAULT_COUNT_LIMIT,
) -> CappedCount:
    if not 1 <= limit <= 1_000_000:
        raise BadUserInput(f"limit: must be between 1 and 1,000,000, not {limit}.")
    found = await root.count(info, limit)
    return CappedCount(value=min(found, limit), is_exact=found <= limit)


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    nodes: list[T] = resolver_field(_nodes, "The items of this page.")
    edges: list[Edge[T]] = resolver_field(_edges, "The items of this page with their cursors.")
    page_info: PageInfo = resolver_field(_page_info, "The position of this page in the list.")
    total_count: int = resolver_field(_total_count, "The total number of items in the list.")
    count: CappedCount | None = resolver_field(
        _count, "The total, counted up to `limit`; cheaper than `totalCount` on long lists."
    )
