"""What happens to live changes while the database does not answer."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from graph.kit.errors import Unavailable
from models.database.driver_errors import is_timeout, is_unreachable

T = TypeVar("T")

#: Seconds for which work is tried again, and between two attempts.
PATIENCE, PAUSE = 10.0, 0.5

logger = logging.getLogger("taskloom.live")


async def with_patience(work: Callable[[], Awaitable[T]]) -> T:
    """Run work that only reads, again and again while the database does not answer.

    Raise `Unavailable` if it does not answer for long.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return await work()
        except Exception as error:
            if not (is_unreachable(error) or is_timeout(error)):
                raise
            if time.monotonic() > deadline:
                raise Unavailable(
                    "The database does not answer. Subscribe again later with `after`: the number "
                    "of the last change that you have received."
                ) from error
        await asyncio.sleep(PAUSE)


def log_failure(message: str, error: Exception) -> None:
    """Log an error: in one line if the database does not answer, else with its traceback."""
    if is_unreachable(error) or is_timeout(error):
        logger.warning("%s: %s", message, type(error).__name__)
    else:
        logger.error(message, exc_info=error)
