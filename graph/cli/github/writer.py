"""Inserts and updates rows in batches, and counts them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam as bind
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from graph.cli.github.rows import Row
from models import Base
from models.base import table_of

#: Rows of one INSERT, and keys of one SELECT.
BATCH_SIZE = 1000


@dataclass
class ImportSummary:
    """The key of the project, and the numbers of rows added and changed, by table."""

    project: str = ""
    added: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    changed: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def counts(self) -> str:
        """The numbers as text: "2 tasks added, 1 comment changed"."""
        parts = [f"{_count(number, table)} added" for table, number in self.added.items()]
        parts += [f"{_count(number, table)} changed" for table, number in self.changed.items()]
        return ", ".join(parts) or "no changes"


def _count(number: int, table: str) -> str:
    """A number of rows: "1 task", "2 tasks". The names of tables are plurals."""
    return f"{number} {table.removesuffix('s') if number == 1 else table}"


class ImportWriter:
    """Writes rows without the session's unit of work; nothing is logged.

    `advance` is called with the number of rows of each batch.
    """

    def __init__(self, session: AsyncSession, advance: Callable[[int], None]) -> None:
        self.session = session
        self.advance = advance
        self.summary = ImportSummary()

    async def insert(self, model: type[Base], rows: Sequence[Row]) -> None:
        for batch in batches(rows):
            await self.session.execute(insert(table_of(model)), batch)
            self.advance(len(batch))
        if rows:
            self.summary.added[model.__tablename__] += len(rows)

    async def update(self, model: type[Base], rows: Sequence[Row]) -> None:
        """Update rows by their `id`. All of them have the same columns."""
        if not rows:
            return
        table = table_of(model)
        names = [name for name in rows[0] if name != "id"]
        statement = (
            update(table)
            .where(table.c.id == bind("id_"))
            .values({name: bind(f"{name}_") for name in names})
        )
        parameters = [{f"{name}_": value for name, value in row.items()} for row in rows]
        connection = await self.session.connection()
        for batch in batches(parameters):
            await connection.execute(statement, batch)
            self.advance(len(batch))
        self.summary.changed[model.__tablename__] += len(rows)


def batches(rows: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), BATCH_SIZE):
        yield list(rows[start : start + BATCH_SIZE])
