"""UPDATE statements for changed rows, without the ORM's unit of work.

The recorder knows each changed row and its columns already. The unit of work would compute them
again, and sort rows and relationships by their dependencies. It still inserts and deletes rows,
among them the members of collections.
"""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Update, bindparam, exists, inspect, select, update
from sqlalchemy.orm import InstanceState
from sqlalchemy.orm.exc import StaleDataError

from models.base import Base, table_of
from models.workspace import Workspace


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

    def take_single(self) -> "SingleUpdate | None":
        """Return the update of a single row, to be executed with another statement, if it is all.

        A workspace's own row is left here: a statement cannot update a row twice.
        """
        rows = [row for rows in self._rows.values() for row in rows]
        if len(rows) != 1 or type(rows[0]) is Workspace:
            return None
        [(model, names)] = self._names.items()
        values = {f"set_{name}": getattr(rows[0], name) for name in names}
        self._rows.clear()
        self._names.clear()
        return SingleUpdate(model, tuple(sorted(names)), {"row_id": rows[0].id, **values})

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
                raise _stale(model)
        self._rows.clear()
        self._names.clear()


@dataclass(frozen=True)
class SingleUpdate:
    """The update of some columns of one row."""

    model: type[Base]
    names: tuple[str, ...]
    parameters: dict[str, Any]

    def stale(self) -> StaleDataError:
        return _stale(self.model)


@lru_cache(maxsize=512)
def after_update(statement: Update, model: type[Base], names: tuple[str, ...]) -> Update:
    """Return an UPDATE that updates a row of a model first, and does nothing if it is missing.

    PostgreSQL finishes the inner update before it locks the rows of the outer one, which depends
    on its result.
    """
    columns = _columns(model)
    values: dict[str, Any] = {columns[name]: bindparam(f"set_{name}") for name in names}
    updated = _update(model).values(values).returning(table_of(model).c.id).cte("updated")
    return statement.where(exists(select(updated.c.id)))


def _stale(model: type[Base]) -> StaleDataError:
    return StaleDataError(f"{model.__name__}: a changed row has been deleted.")


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
