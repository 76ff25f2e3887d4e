"""Loads that take as long as a test wants: endless statements, and loads that are counted."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.loading.read_sessions import TransactionReads
from graph.kit.relations.batches import PageBatch
from models.database import Database

#: A statement that runs for minutes, by the kind of database.
ENDLESS = {
    "sqlite": """
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1e10)
      SELECT count(*) FROM numbers
    """,
    "postgresql": "SELECT pg_sleep(600)",
    "mysql": "SELECT sleep(600)",
}


def make_pages_endless(
    monkeypatch: pytest.MonkeyPatch, kind: str, started: Callable[[], None]
) -> None:
    """Let pages of rows take forever: planned ones, and those of the reference executor."""
    fetch_rows = Database.fetch_rows

    async def load(batch: Any, session: AsyncSession, *_: Any) -> Any:
        started()
        await session.execute(text(ENDLESS[kind]))

    async def fetch(database: Database, sql: str, parameters: Any) -> Any:
        if "LIMIT" not in sql:
            return await fetch_rows(database, sql, parameters)
        started()
        return await fetch_rows(database, ENDLESS[kind], ())

    monkeypatch.setattr(PageBatch, "load", load)
    monkeypatch.setattr(Database, "fetch_rows", fetch)


class ConcurrentLoads:
    """Counts the reads of pages that run at once, each of which takes a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, batches: type[Any] = PageBatch) -> None:
        self.running = self.most = 0
        usual_load, usual_fetch = batches.load, Database.fetch_rows

        async def load(batch: Any, session: AsyncSession, *arguments: Any) -> Any:
            await self._pause()
            return await usual_load(batch, session, *arguments)

        async def fetch(database: Database, sql: str, parameters: Any) -> Any:
            await self._pause()
            return await usual_fetch(database, sql, parameters)

        monkeypatch.setattr(batches, "load", load)
        monkeypatch.setattr(Database, "fetch_rows", fetch)
        usual_read = TransactionReads.fetch_rows

        async def read(reads: TransactionReads, sql: str, parameters: Any) -> Any:
            await self._pause()
            return await usual_read(reads, sql, parameters)

        monkeypatch.setattr(TransactionReads, "fetch_rows", read)

    async def _pause(self) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.01)
        self.running -= 1
