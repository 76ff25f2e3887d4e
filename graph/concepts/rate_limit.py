"""What an operation costs, and what its caller may still ask for."""

from datetime import datetime
from typing import Annotated

import strawberry

from graph.context import Info


@strawberry.type(description="What this operation costs, and the budget of the caller.")
class RateLimit:
    cost: int = strawberry.field(
        description="What the operation costs at most. What it did not need is given back."
    )
    limit: int = strawberry.field(description="The whole budget of the caller.")
    node_count: int = strawberry.field(
        description="How many objects the operation could bring at most."
    )
    remaining: int = strawberry.field(description="What is left of the budget now.")
    used: int = strawberry.field(description="What is missing of the budget now.")
    reset_at: datetime = strawberry.field(
        description="When the budget will be full again, if nothing more is spent."
    )


DryRun = Annotated[
    bool | None,
    strawberry.argument(
        description="Whether to price the operation alone: nothing else of it is done, nor is the "
        "budget spent."
    ),
]


def rate_limit(info: Info, dry_run: DryRun = False) -> RateLimit:
    """The budget of the caller; with dryRun the cost of this operation, nothing else being run."""
    context = info.context
    budget_status = context.budget_status
    return RateLimit(
        cost=context.cost.total,
        limit=budget_status.limit,
        node_count=context.cost.nodes,
        remaining=budget_status.remaining,
        used=budget_status.used,
        reset_at=budget_status.reset_at,
    )


@strawberry.type
class RateLimitQueries:
    rate_limit: RateLimit = strawberry.field(resolver=rate_limit, description=rate_limit.__doc__)
