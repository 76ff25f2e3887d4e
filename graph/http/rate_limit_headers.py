"""The `X-RateLimit-*` and `Retry-After` headers, which report the caller's budget."""

import math
import time

from graph.context import Context
from graph.kit.errors import RateLimited

#: The headers that browsers let pages of other sites read.
RATE_LIMIT_HEADERS = [
    "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    "X-RateLimit-Used",
]  # fmt: skip


def rate_limit_headers(context: Context) -> list[tuple[bytes, bytes]]:
    """The caller's budget, in the headers of GitHub's API; `reset` is a Unix time in seconds."""
    status = context.budget_status
    return [
        (b"x-ratelimit-limit", b"%d" % status.limit),
        (b"x-ratelimit-remaining", b"%d" % status.remaining),
        (b"x-ratelimit-used", b"%d" % status.used),
        (b"x-ratelimit-reset", b"%d" % math.ceil(time.time() + status.seconds_to_full)),
    ]


def retry_after_header(error: RateLimited) -> list[tuple[bytes, bytes]]:
    """`Retry-After` in whole seconds, if the error knows the wait."""
    return [] if error.wait is None else [(b"retry-after", b"%d" % math.ceil(error.wait))]
