"""Running the statements of plans."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from graph.engine.statements import Statement
from graph.kit.loading.read_sessions import SessionSource
from models.database import Database

Record = Sequence[Any]


class Reader:
    """Runs compiled statements where an operation reads: by the pool, or in its transaction.

    The session gives the connection, so that limits, deadlines and retries are those of all reads.
    PostgreSQL's driver is then called directly: SQLAlchemy's cursor costs as much as the statement.
    """

    def __init__(self, database: Database, reads: SessionSource) -> None:
        self.reads = reads
        self.listeners = database.driver_listeners
        self._calls_driver = database.kind == "postgresql" and not database.options.pgbouncer

    async def fetch(self, statement: Statement, arguments: Sequence[Any]) -> Sequence[Record]:
        """Return the rows of a statement as the driver returns them."""

        async def read(session: AsyncSession) -> Sequence[Record]:
            connection = await session.connection()
            if self._calls_driver:
                raw = await connection.get_raw_connection()
                driver: Any = raw.driver_connection
                for listener in self.listeners:
                    listener(statement.sql, arguments)
                rows: Sequence[Record] = await driver.fetch(statement.sql, *arguments)
                return rows
            found = await connection.exec_driver_sql(statement.sql, tuple(arguments))
            return found.all()

        async with self.reads.slot():
            return await self.reads.read(read)
