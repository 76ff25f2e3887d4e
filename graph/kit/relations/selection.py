"""What a batch's statement selects of each row: an ORM entity, or columns.

Resolvers get entities. The engine reads only the columns that an operation needs. Batches take
either, so that their SQL is written once.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy.orm import aliased
from sqlalchemy.orm.interfaces import ORMOption
from sqlalchemy.sql.expression import Subquery

from graph.kit.loading.texts import LongTexts
from models.base import Base


class Selection(Protocol):
    """What a statement selects of each row."""

    def direct(self, model: type[Base]) -> tuple[list[Any], list[ORMOption]]:
        """Return what a select from the model's table selects, and its options."""
        ...

    def inner(self, model: type[Base], needed: Sequence[str]) -> list[Any]:
        """Return the columns of a subquery: those for `outer`, and `needed` ones."""
        ...

    def outer(self, model: type[Base], rows: Subquery | Any) -> tuple[Any, list[Any], list[Any]]:
        """Return the row of a subquery, what a select from it selects, and its options.

        The row has an attribute for each column.
        """
        ...


class EntitySelection:
    """ORM entities, without the long texts that the operation does not select."""

    def __init__(self, texts: LongTexts) -> None:
        self.texts = texts

    def direct(self, model: type[Base]) -> tuple[list[Any], list[ORMOption]]:
        return [model], self.texts.options(model)

    def inner(self, model: type[Base], needed: Sequence[str]) -> list[Any]:
        return list(self.texts.columns(model))

    def outer(self, model: type[Base], rows: Any) -> tuple[Any, list[Any], list[Any]]:
        row = aliased(model, rows)
        return row, [row], self.texts.options(row)


class ColumnSelection:
    """Columns by name, in this order."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    def direct(self, model: type[Base]) -> tuple[list[Any], list[ORMOption]]:
        return [getattr(model, name).label(name) for name in self.names], []

    def inner(self, model: type[Base], needed: Sequence[str]) -> list[Any]:
        names = dict.fromkeys([*self.names, *needed])
        return [getattr(model, name).label(name) for name in names]

    def outer(self, model: type[Base], rows: Any) -> tuple[Any, list[Any], list[Any]]:
        return rows.c, [rows.c[name].label(name) for name in self.names], []
