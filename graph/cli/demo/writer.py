"""Inserts the rows of a demo workspace, and logs them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from graph.cli.demo.random_data import RandomData
from models import Base
from models.base import table_of
from models.log.entries import creation_entry
from models.log.recorder import append_changes

Row = dict[str, Any]

#: Rows of one INSERT.
BATCH_SIZE = 2000
#: The period before today in which the tasks are created.
TASK_HISTORY = timedelta(days=540)


class DemoWriter:
    """The rows of one demo workspace, written in the caller's transaction.

    `random` is seeded by the slug. Every value is drawn from it in a fixed order, so that the data
    is the same each time.
    """

    def __init__(self, session: AsyncSession, slug: str, today: date) -> None:
        self.session = session
        self.slug = slug
        self.random = RandomData(f"taskloom {slug}")
        #: The present as far as the demo is concerned: today at 9:00 UTC.
        self.now = datetime.combine(today, time(9), UTC)
        self.created_at = self.now - TASK_HISTORY - timedelta(days=30)
        self.workspace_id: UUID = self.random.key(self.created_at)

    def row(self, created_at: datetime, **columns: Any) -> Row:
        """A row of the workspace, with a new key."""
        key = self.random.key(created_at)
        common = {"id": key, "workspace_id": self.workspace_id, "version": 1}
        return common | timestamps(created_at) | columns

    async def insert(self, model: type[Base], rows: Sequence[Row]) -> None:
        """Insert rows without logging them."""
        for start in range(0, len(rows), BATCH_SIZE):
            batch = list(rows[start : start + BATCH_SIZE])
            await self.session.execute(insert(table_of(model)), batch)

    async def insert_logged(self, model: type[Base], rows: Sequence[Row]) -> None:
        """Insert rows, and log the creation of each."""
        await self.insert(model, rows)
        changes = [creation_entry(model, row, row.get("project_id")) for row in rows]
        await append_changes(self.session, self.workspace_id, changes)


def timestamps(created_at: datetime) -> Row:
    """The timestamps of a row that has not changed since it was created."""
    return {"created_at": created_at, "updated_at": created_at}
