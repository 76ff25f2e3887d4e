"""Relay connections: pages by key, and what can be asked about them.

A connection holds only what it would load. Its fields load it, so that a query for
`totalCount` alone reads no rows.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from graph.kit.context import KitInfo
from graph.kit.errors import BadUserInput
from graph.kit.paging.keyset import Order
from graph.kit.paging.page_arguments import PageArguments, PageRows
from graph.kit.relations.batches import ChildRows, CountBatch, PageBatch

T = TypeVar("T")


class ConnectionSource:
    """What the fields of a connection are resolved from: a page that is not loaded yet."""

    async def rows(self, info: KitInfo) -> PageRows:
        """The rows of the page."""
        raise NotImplementedError

    def cursor(self, row: Any) -> str:
        """The cursor of a row."""
        raise NotImplementedError

    async def count(self, info: KitInfo, limit: int | None = None) -> int:
        """The number of rows of the whole list, counted at most one past the limit."""
        raise NotImplementedError


@dataclass(frozen=True)
class ChildConnection(ConnectionSource):
    """One parent's page of a relation."""

    parent: Any
    children: ChildRows
    order: Order
    page: PageArguments

    async def rows(self, info: KitInfo) -> PageRows:
        """The rows of the page."""
        return await info.context.load(PageBatch(self.children, self.order, self.page), self.parent)

    def cursor(self, row: Any) -> str:
        """The cursor of a row."""
        return self.order.cursor(row)

    async def count(self, info: KitInfo, limit: int | None = None) -> int:
        """The number of rows of the whole list, counted at most one past the limit."""
        return await info.context.load(CountBatch(self.children, limit), self.parent)


@strawberry.type(description="What a page says of its place in the list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows come after this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows come before this page.")
    start_cursor: str | None = strawberry.field(
        description="The cursor of the first row, null for an empty page: pass it as `before`."
    )
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last row, null for an empty page: pass it as `after`."
    )


@strawberry.type(description="Exact up to the limit asked for, and never counted further.")
class CappedCount:
    value: int = strawberry.field(description="The number of rows, at most the limit.")
    is_exact: bool = strawberry.field(description="False where there are more than `value`.")


@strawberry.type(description="A row of a page, with the cursor that resumes after it.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(
        description="Where this row stands: pass it as `after` or `before` of the same list."
    )
    node: T = strawberry.field(description="The row itself.")


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
        int, strawberry.argument(description="Where to stop counting, 1 to 1,000,000.")
    ] = 1000,
) -> CappedCount:
    if not 1 <= limit <= 1_000_000:
        raise BadUserInput(f"limit: count up to 1 to 1,000,000 rows, not {limit}.")
    found = await root.count(info, limit)
    return CappedCount(value=min(found, limit), is_exact=found <= limit)


@strawberry.type(description="A page of a list, and what can be asked about the whole list.")
class Connection(Generic[T]):
    nodes: list[T] = strawberry.field(resolver=_nodes, description="The rows of this page.")
    edges: list[Edge[T]] = strawberry.field(
        resolver=_edges, description="The rows of this page, each with its cursor."
    )
    page_info: PageInfo = strawberry.field(
        resolver=_page_info, description="Where this page stands in the list."
    )
    total_count: int = strawberry.field(
        resolver=_total_count, description="The number of rows of the whole list."
    )
    count: CappedCount = strawberry.field(
        resolver=_count,
        description="The number of rows of the whole list as far as `limit`, for long lists.",
    )
