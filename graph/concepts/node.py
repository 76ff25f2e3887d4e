"""Objects of any type by their ids."""

from asyncio import gather
from typing import Annotated

import strawberry

import models
from graph.context import Info
from graph.kit.node import Node, decode_id
from graph.kit.relations.batches import RowBatch
from graph.kit.relations.fields import resolver_field

#: Unless the settings say otherwise.
MAX_IDS = 100


async def load(info: Info, given: str, argument: str) -> models.Base | None:
    """The object of an id; null for one that is missing or hidden."""
    node = decode_id(given, argument)
    return None if node is None else await info.context.load(RowBatch(node.model), node.key)


async def node(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The object's id.")],
) -> models.Base | None:
    """The object of an id."""
    return await load(info, id, "id")


async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {MAX_IDS} ids.")],
) -> list[models.Base | None]:
    """The objects of several ids, in their order."""
    return await gather(*(load(info, given, f"ids[{i}]") for i, given in enumerate(ids)))


@strawberry.type
class NodeQueries:
    node: Node | None = resolver_field(
        node, "The object of an id; null where there is none that the viewer sees."
    )
    nodes: list[Node | None] = resolver_field(
        nodes,
        f"The objects of at most {MAX_IDS} ids, in their order; null in the place "
        "of one that is missing or hidden.",
    )
