"""Inserting into the log, and confirming access in the same statement where the database can.

PostgreSQL runs an INSERT inside a SELECT (a data-modifying CTE), so that a mutation's last check
costs no round trip of its own. The other databases run the two one after the other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, String, bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB

from models.base import table_of
from models.columns.json_values import encode
from models.log.change import Change

#: Rows of one INSERT.
CHUNK = 1000

_CHANGES = table_of(Change)
_INSERT = insert(_CHANGES)


@dataclass(frozen=True)
class Confirmation:
    """A query whose rows tell whether the transaction may commit.

    It sees what was committed before the workspace was locked, because it begins after that.
    `parameters` is called when it runs.
    """

    query: Select[Any]
    parameters: Callable[[], Mapping[str, Any]]


def insert_changes(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows with values for all columns of the log."""
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        connection.execute(_INSERT, chunk if len(chunk) > 1 else chunk[0])


def insert_and_confirm(
    connection: Connection, rows: Sequence[Mapping[str, Any]], confirmation: Confirmation
) -> Sequence[Row[Any]]:
    """Insert rows into the log, and return the rows of the confirmation."""
    parameters = confirmation.parameters()
    if connection.dialect.name != "postgresql":
        insert_changes(connection, rows)
        return connection.execute(confirmation.query, parameters).all()
    entries = [{name: encode(value) for name, value in row.items()} for row in rows]
    statement = _insertion_with(confirmation.query)
    return connection.execute(statement, {**parameters, "entries": entries}).all()


@lru_cache(maxsize=64)
def _insertion_with(query: Select[Any]) -> Select[Any]:
    """Return a query that first inserts the changes of the parameter `entries` into the log."""
    columns = [
        # An enum is stored as the text of its name.
        column(one.name, String() if one.name == "kind" else one.type)
        for one in _CHANGES.columns
    ]
    entries = func.jsonb_to_recordset(bindparam("entries", type_=JSONB()))
    rows = entries.table_valued(*columns).render_derived(name="entries", with_types=True)
    insertion = _INSERT.from_select([one.name for one in columns], select(rows))
    return query.add_cte(insertion.cte("logged"))
