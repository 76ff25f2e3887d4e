"""Safe rebuilds of SQLite tables.

SQLite cannot alter a constraint in place. Alembic's batch mode copies the rows to a new table,
drops the old table and renames the new one. Dropping a table also drops its triggers and, while
foreign keys are enforced, deletes the rows that reference it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.ddl import sqlite
from sqlalchemy import Connection, Table, text

from models.database import DatabaseError

#: The prefix that Alembic gives the new table until it renames it.
REBUILT = "_alembic_tmp_"


class SQLiteImpl(sqlite.SQLiteImpl):
    """Re-creates the triggers of a rebuilt table.

    Importing this module registers the class in place of Alembic's own implementation.
    """

    __dialect__ = "sqlite"

    def drop_table(self, table: Table, **options: Any) -> None:
        """Drop a table and remember its triggers, in case it is being rebuilt."""
        self._dropped_triggers = self._triggers_of(table.name)
        super().drop_table(table, **options)

    def rename_table(
        self, old_table_name: str, new_table_name: str, schema: str | None = None
    ) -> None:
        super().rename_table(old_table_name, new_table_name, schema)
        if old_table_name.startswith(REBUILT):
            assert self.connection is not None
            for statement in self._dropped_triggers:
                self.connection.exec_driver_sql(statement)

    def _triggers_of(self, table: str) -> list[str]:
        query = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
        assert self.connection is not None
        return list(self.connection.scalars(query, {"table": table}))


@contextmanager
def foreign_keys_disabled(connection: Connection) -> Iterator[None]:
    """Disable foreign key enforcement on SQLite; no effect on other databases.

    Must be entered outside a transaction: SQLite ignores the setting within one.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()


def check_foreign_keys(connection: Connection) -> None:
    """Raise a `DatabaseError` if a row references a missing row; checks SQLite only.

    The other databases enforce foreign keys while a migration runs.
    """
    if connection.dialect.name != "sqlite":
        return
    violations = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if violations:
        tables = ", ".join(sorted({row[0] for row in violations}))
        raise DatabaseError(
            f"The migration would break {len(violations):,} references from {tables}, and was "
            "rolled back."
        )
