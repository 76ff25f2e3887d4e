"""Loads that take as long as a test wants: endless statements, and loads that are counted."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from graph.kit.loading.read_sessions import PooledReads, TransactionReads
from graph.kit.relations.batches import PageBatch

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
    fetch_rows = PooledReads.fetch_rows

    async def load(batch: Any, session: AsyncSession, *_: Any) -> Any:
        started()
        await session.execute(text(ENDLESS[kind]))

    async def fetch(reads: PooledReads, sql: str, parameters: Any) -> Any:
        if "LIMIT" not in sql:
            return await fetch_rows(reads, sql, parameters)
        started()
        return await fetch_rows(reads, ENDLESS[kind], ())

    monkeypatch.setattr(PageBatch, "load", load)
    monkeypatch.setattr(PooledReads, "fetch_rows", fetch)


class ConcurrentLoads:
    """Counts the reads of pages that run at once, each of which takes a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, batches: type[Any] = PageBatch) -> None:
        self.running = self.most = 0
        for loads, name in (
            (batches, "load"),
            (PooledReads, "fetch_rows"),
            (TransactionReads, "fetch_rows"),
        ):
            monkeypatch.setattr(loads, name, self._counted(getattr(loads, name)))

    def _counted(self, load: Callable[..., Any]) -> Callable[..., Any]:
        async def counted(*arguments: Any) -> Any:
            await self._pause()
            return await load(*arguments)

        return counted

    async def _pause(self) -> None:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.01)
        self.running -= 1
