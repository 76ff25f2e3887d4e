"""The keys of a batch, as conditions of its statement.

The data loaders know the keys when they build a statement. The engine compiles a statement before
any key is known: there, keys are parameters, or another query of the same statement. Batches take
either, so that their SQL is written once.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import ARRAY, Column, ColumnElement, any_, bindparam, func, tuple_
from sqlalchemy.sql.expression import FromClause

from models.database import Database
from models.database.list_parameters import padded


class Keys(Protocol):
    """The keys that a batch loads."""

    @property
    def is_single(self) -> bool:
        """Whether there is at most one key."""
        ...

    def match(self, column: Any) -> ColumnElement[bool]:
        """Return the condition that a column equals one of the keys."""
        ...

    def table(self, column: ColumnElement[Any]) -> FromClause:
        """Return the keys as a table with the column `parent`, for a LATERAL join."""
        ...


class CompositeKeys(Protocol):
    """The keys of a batch whose rows are found by several columns."""

    def match(self, columns: Sequence[Any]) -> ColumnElement[bool]:
        """Return the condition that the columns equal one of the keys."""
        ...


class KeyList:
    """Keys that are known."""

    def __init__(self, keys: Sequence[Any], database: Database) -> None:
        self.keys = keys
        self.database = database

    @property
    def is_single(self) -> bool:
        return len(self.keys) == 1

    def match(self, column: Any) -> ColumnElement[bool]:
        """PostgreSQL gets the keys as one array, the others as a padded list."""
        if self.is_single:
            condition: ColumnElement[bool] = column == self.keys[0]
        elif self.database.has_arrays:
            condition = column == any_(self._array(column))
        else:
            condition = column.in_(padded(self.keys))
        return condition

    def table(self, column: ColumnElement[Any]) -> FromClause:
        return unnested(self._array(column), column)

    def _array(self, column: Any) -> Any:
        return bindparam(None, list(self.keys), type_=ARRAY(column.type), unique=True)


class CompositeKeyList:
    """Composite keys that are known."""

    def __init__(self, keys: Sequence[tuple[Any, ...]]) -> None:
        self.keys = keys

    def match(self, columns: Sequence[Any]) -> ColumnElement[bool]:
        if len(columns) == 1:
            values = [key[0] for key in self.keys]
            column: ColumnElement[Any] = columns[0]
            return column == values[0] if len(values) == 1 else column.in_(values)
        return tuple_(*columns).in_(self.keys)


def unnested(array: Any, column: ColumnElement[Any]) -> FromClause:
    """Return the values of an array as a table with the column `parent`."""
    keyed = func.unnest(array).table_valued(Column("parent", column.type), name="parents")
    return keyed.render_derived()


def column_in(column: Any, keys: Sequence[Any], database: Database) -> ColumnElement[bool]:
    """Return the condition that a column equals one of the keys, which are known."""
    return KeyList(keys, database).match(column)
