"""Queries for objects of any type by ID."""

from asyncio import gather
from typing import Annotated, Any

import strawberry

from graph.context import Info
from graph.engine.declarations import ById, ByIds
from graph.kit.declare import resolver_field
from graph.kit.errors import BadUserInput
from graph.kit.node import Node, decode_id, object_finder
from graph.kit.relations.batches import RowBatch
from graph.operations.limits import LimitExceeded

#: The most ids of one query, unless a setting changes it.
MAX_IDS = 100


async def load(info: Info, id: str, argument: str) -> Any:
    find = object_finder(id)
    if find is not None:
        return await find(info)
    node = decode_id(id, argument)
    return None if node is None else await info.context.load(RowBatch(node.model), node.key)


async def node(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The object's ID.")],
) -> Any:
    """The object with an ID; null if there is none that the viewer can see."""
    return await load(info, id, "id")


async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {MAX_IDS} IDs.")],
) -> list[Any]:
    """The objects with the IDs, in their order; null for each that the viewer cannot see."""

    async def load_one(place: int) -> Any:
        try:
            return await load(info, ids[place], f"ids[{place}]")
        except (BadUserInput, LimitExceeded) as error:
            # graphql-core reports it for this item.
            return error

    return await gather(*map(load_one, range(len(ids))))


@strawberry.type
class NodeQueries:
    node: Node | None = resolver_field(node, plan=ById())
    nodes: list[Node | None] = resolver_field(nodes, plan=ByIds())
