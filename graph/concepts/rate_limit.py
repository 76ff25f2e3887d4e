"""The cost of an operation, and the caller's remaining budget."""

from datetime import datetime
from typing import Annotated

import strawberry

from graph.context import Info
from graph.kit.declare import resolver_field


@strawberry.type(description="The cost of this operation, and the caller's budget.")
class RateLimit:
    cost: int = strawberry.field(
        description="The maximum cost of the operation. The part that is not used is refunded."
    )
    limit: int = strawberry.field(description="The caller's full budget.")
    node_count: int = strawberry.field(
        description="The maximum number of objects that the operation can return."
    )
    remaining: int = strawberry.field(description="The remaining budget.")
    used: int = strawberry.field(description="The used part of the budget.")
    reset_at: datetime = strawberry.field(
        description="When the budget will be full again if nothing more is spent."
    )


DryRun = Annotated[
    bool | None,
    strawberry.argument(
        description="Whether to only compute the cost: no other field is executed, and only the "
        "cost of parsing is charged."
    ),
]


def rate_limit(info: Info, dry_run: DryRun = False) -> RateLimit:
    """The caller's budget, and the cost of this operation."""
    context = info.context
    budget = context.budget_status
    return RateLimit(
        cost=context.cost.total,
        limit=budget.limit,
        node_count=context.cost.nodes,
        remaining=budget.remaining,
        used=budget.used,
        reset_at=budget.reset_at,
    )


@strawberry.type
class RateLimitQueries:
    rate_limit: RateLimit = resolver_field(rate_limit)
