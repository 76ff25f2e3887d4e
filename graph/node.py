"""Objects of any type by their ids."""

from asyncio import gather
from typing import Annotated

import strawberry

import models
from graph.context import Info
from graph.kit.batches import ByColumn
from graph.kit.errors import BadUserInput
from graph.kit.node import Node, read_id

MAX_IDS = 100


async def load(info: Info, given: str, argument: str) -> models.Base | None:
    """The object of an id; null for one that is missing or hidden."""
    node = read_id(given, argument)
    return None if node is None else await info.context.load(ByColumn(node.model), node.key)


@strawberry.type
class NodeQueries:
    @strawberry.field(
        graphql_type=Node | None,
        description="The object of an id; null where there is none that the viewer sees.",
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The object's id.")],
    ) -> models.Base | None:
        return await load(info, id, "id")

    @strawberry.field(
        graphql_type=list[Node | None],
        description=f"The objects of at most {MAX_IDS} ids, in their order; null in the place "
        "of one that is missing or hidden.",
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description=f"At most {MAX_IDS} ids.")
        ],
    ) -> list[models.Base | None]:
        if len(ids) > MAX_IDS:
            raise BadUserInput(f"ids: ask for at most {MAX_IDS} objects, not {len(ids)}.")
        return await gather(*(load(info, given, f"ids[{i}]") for i, given in enumerate(ids)))
