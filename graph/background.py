"""What the server does by itself, once a day, in one of its processes."""

import asyncio
import logging
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from models.database import Database
from models.purge import purge
from models.server.chore import begin_if_due, reset_chore

DAILY = timedelta(days=1)
#: Seconds from the start of the server, and from one look to the next.
FIRST_LOOK, NEXT_LOOK = 60, 3600

logger = logging.getLogger("taskloom.chores")


async def run_daily_chores(database: Database) -> None:
    """Looks every hour whether the day's chores are to be done, until it is cancelled."""
    await asyncio.sleep(FIRST_LOOK)
    while True:
        try:
            await run_due_chores(database)
        except (SQLAlchemyError, OSError):
            logger.exception("the chores were not done; they are tried again in an hour")
        await asyncio.sleep(NEXT_LOOK)


async def run_due_chores(database: Database) -> bool:
    """Purges the trash, if nobody has done so today; whether it did."""
    if not await begin_if_due(database, "purge", DAILY):
        return False
    try:
        purged = await purge(database)
    except (SQLAlchemyError, OSError):
        await reset_chore(database, "purge")
        raise
    logger.info("purged %s tasks and %s expired rows", purged.tasks, purged.expired)
    if database.kind == "sqlite":
        await database.analyze()
    return True
