"""The `X-RateLimit-*` and `Retry-After` headers, which report the caller's budget."""

import math

from graph.context import Context
from graph.kit.errors import RateLimited

#: The headers that browsers let pages of other sites read.
RATE_LIMIT_HEADERS = [
    "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    "X-RateLimit-Used",
]  # fmt: skip


def rate_limit_headers(context: Context) -> dict[str, str]:
    """The caller's budget, in the headers of GitHub's API; `reset` is a Unix time in seconds."""
    status = context.budget_status
    return {
        "x-ratelimit-limit": str(status.limit),
        "x-ratelimit-remaining": str(status.remaining),
        "x-ratelimit-used": str(status.used),
        "x-ratelimit-reset": str(math.ceil(status.reset_at.timestamp())),
    }


def retry_after_header(error: RateLimited) -> dict[str, str]:
    """`Retry-After` in whole seconds, if the error knows the wait."""
    return {} if error.wait is None else {"retry-after": str(math.ceil(error.wait))}
