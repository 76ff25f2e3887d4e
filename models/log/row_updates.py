"""UPDATE statements for changed rows, without the ORM's unit of work.

The recorder knows each changed row and its columns already. The unit of work would compute them
again, and sort rows and relationships by their dependencies. It still inserts and deletes rows,
among them the members of collections.
"""

from collections import defaultdict
from collections.abc import Hashable
from functools import cache
from typing import Any, cast

from sqlalchemy import Connection, Update, bindparam, inspect, update
from sqlalchemy.orm import InstanceState
from sqlalchemy.orm.exc import StaleDataError

from models.base import Base, table_of


class RowUpdates:
    """Updates that a flush executes after the rows that they may refer to have been inserted."""

    def __init__(self) -> None:
        #: The changed columns of each model, and its changed rows.
        self._names: dict[type[Base], set[str]] = defaultdict(set)
        self._rows: dict[type[Base], list[Any]] = defaultdict(list)

    def __bool__(self) -> bool:
        return bool(self._rows)

    def take(self, row: Any) -> None:
        """Take over the changed columns of a row from the ORM, which then regards them as stored.

        Changed collections are left to the ORM.
        """
        state: InstanceState[Any] = inspect(row)
        model = type(row)
        changed = [name for name in _columns(model) if name in state.committed_state]
        names = [name for name in changed if state.dict[name] != state.committed_state[name]]
        if names:
            self._names[model].update(names)
            self._rows[model].append(row)
        if len(changed) < len(state.committed_state):
            for name in changed:
                del state.committed_state[name]
        else:
            assert state.session is not None
            state._commit_all(state.dict, state.session.identity_map)

    def execute(self, connection: Connection) -> None:
        """Update the rows: one statement for each model, whichever columns its rows change.

        Raises `StaleDataError` if a row does not exist any more.
        """
        for model, rows in self._rows.items():
            names = sorted(self._names[model])
            columns = _columns(model)
            values = [
                {"row_id": row.id, **{columns[name]: getattr(row, name) for name in names}}
                for row in rows
            ]
            result = connection.execute(_update(model), values if len(values) > 1 else values[0])
            is_counted = len(rows) == 1 or connection.dialect.supports_sane_multi_rowcount
            if is_counted and result.rowcount != len(rows):
                raise StaleDataError(f"{model.__name__}: a changed row has been deleted.")
        self._rows.clear()
        self._names.clear()


def _columns(model: Any) -> dict[str, str]:
    """Return the names of a model's columns by attribute."""
    return _columns_of(model)


@cache
def _columns_of(model: Hashable) -> dict[str, str]:
    attributes = inspect(cast("type[Base]", model)).column_attrs
    return {attribute.key: attribute.columns[0].name for attribute in attributes}


@cache
def _update(model: Hashable) -> Update:
    table = table_of(cast("type[Base]", model))
    return update(table).where(table.c.id == bindparam("row_id"))
