"""Background tasks of the server process: daily chores, and writing last-used times."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from graph.auth.last_used import WRITE_INTERVAL, LastUsedTracker
from models.database import Database
from models.purge import purge
from models.server.chore import begin_if_due, reset_chore

PURGE_INTERVAL = timedelta(days=1)
#: Seconds from the server's start to the first check for due chores, and between two checks.
FIRST_CHORES_CHECK, CHORES_CHECK_INTERVAL = 60, 3600

logger = logging.getLogger("taskloom.background")


@asynccontextmanager
async def background_tasks(database: Database, last_used: LastUsedTracker) -> AsyncIterator[None]:
    """Run the background tasks during an `async with` block.

    At its end they are canceled, and the last-used times that are still in memory are written.
    """
    jobs = [
        run_periodically(
            "daily chores",
            partial(run_due_chores, database),
            CHORES_CHECK_INTERVAL,
            delay=FIRST_CHORES_CHECK,
        ),
        run_periodically(
            "writing last-used times",
            partial(last_used.write, database),
            WRITE_INTERVAL,
            delay=WRITE_INTERVAL,
        ),
    ]
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await last_used.write(database)
        except (SQLAlchemyError, OSError):
            logger.exception("the last-used times of credentials could not be written")


async def run_periodically(
    name: str, job: Callable[[], Awaitable[object]], interval: float, *, delay: float
) -> None:
    """Run a job after `delay` seconds and then every `interval` seconds, until canceled.

    Errors are logged, and the job runs again after the interval.
    """
    await asyncio.sleep(delay)
    while True:
        try:
            await job()
        except Exception:
            logger.exception("%s failed; trying again in %s seconds", name, interval)
        await asyncio.sleep(interval)


async def run_due_chores(database: Database) -> bool:
    """Purge the trash, unless a process has done so in the last 24 hours. Return whether it ran."""
    if not await begin_if_due(database, "purge", PURGE_INTERVAL):
        return False
    try:
        purged = await purge(database)
    except Exception:
        await reset_chore(database, "purge")
        raise
    logger.info("purged %s tasks and %s expired rows", purged.tasks, purged.expired)
    if database.kind == "sqlite":
        await database.analyze()
    return True
