"""Orders, and the cursors that resume a page by key.

A cursor holds a digest of its order and the values of the row it points at, so that one that
belongs to another list is refused rather than answered with the wrong rows.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, case, false, or_, true

from graph.kit.errors import BadUserInput
from models.base import Base, column_of
from models.columns.json_values import decode, encode


@dataclass(frozen=True)
class OrderTerm:
    """One column of an order."""

    name: str
    descending: bool = False
    nulls_first: bool = False

    def reversed(self) -> "OrderTerm":
        """The same term, read from the other end."""
        return OrderTerm(self.name, not self.descending, not self.nulls_first)


@dataclass(frozen=True)
class OrderPart:
    """Rows that stand together in a list: which they are, and their order."""

    condition: ColumnElement[bool]
    clauses: list[ColumnElement[Any]]
    has_value: bool | None = None


@dataclass(frozen=True)
class Order:
    """An order of a model's rows that leaves no two of them equal: it ends on the key."""

    model: type[Base]
    terms: tuple[OrderTerm, ...]

    @classmethod
    def by(cls, model: type[Base], *terms: str | OrderTerm) -> "Order":
        """An order by columns' names; `-name` is descending. The key comes last by itself."""
        parsed = [_parse(term) for term in terms]
        if all(term.name != "id" for term in parsed):
            parsed.append(OrderTerm("id", descending=parsed[-1].descending if parsed else False))
        return cls(model, tuple(parsed))

    def reversed(self) -> "Order":
        """The same order from its other end."""
        return Order(self.model, tuple(term.reversed() for term in self.terms))

    @cached_property
    def digest(self) -> str:
        """What tells the cursors of this order from those of another."""
        text = f"{self.model.__tablename__}:{self.terms}"
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def clauses(self, row: Any = None) -> list[ColumnElement[Any]]:
        """What to ORDER BY, on `row`: the model or an alias of it."""
        clauses: list[ColumnElement[Any]] = []
        for term in self.terms:
            column = getattr(row or self.model, term.name)
            if is_nullable(self.model, term.name):
                # Databases disagree on where nulls belong, and MariaDB cannot be told.
                is_null = case((column.is_(None), 1), else_=0)
                clauses.append(is_null.desc() if term.nulls_first else is_null.asc())
            clauses.append(column.desc() if term.descending else column.asc())
        return clauses

    def after(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """The condition that a row comes after the one with these values.

        For two terms `a >= x AND (a > x OR id > y)`: the form whose first half every database
        can look up in an index.
        """
        condition: ColumnElement[bool] = false()
        for position in reversed(range(len(self.terms))):
            term, value = self.terms[position], values[position]
            column = getattr(self.model, term.name)
            beyond = self._beyond(term, column, value)
            if position == len(self.terms) - 1:
                condition = beyond
                continue
            equal = column.is_(None) if value is None else column == value
            condition = or_(beyond, and_(equal, condition))
            if position == 0 and value is not None:
                bound = column <= value if term.descending else column >= value
                bound = or_(bound, column.is_(None)) if self._nulls_follow(term) else bound
                condition = and_(bound, condition)
        return condition

    def parts(
        self, cursor: Sequence[Any] | None, has_value: bool | None = None
    ) -> list["OrderPart"]:
        """The rows of the list after a cursor, in parts that an index gives in order each.

        There is one, but where the first column can be null: there those with a value and those
        without are apart, and one index gives either, whichever comes first. `has_value` says
        that all rows of the list have one, or that none has.
        """
        first, *others = self.terms
        if not is_nullable(self.model, first.name):
            condition = true() if cursor is None else self.after(cursor)
            return [OrderPart(condition, self.clauses())]
        column = getattr(self.model, first.name)
        rest = Order(self.model, tuple(others))
        direction = column.desc() if first.descending else column.asc()
        within = [direction, *rest.clauses()]
        without = OrderPart(column.is_(None), rest.clauses(), has_value=False)
        if cursor is None:
            parts = [OrderPart(column.is_not(None), within, has_value=True), without]
            parts = parts[::-1] if first.nulls_first else parts
        elif cursor[0] is None:
            parts = [
                OrderPart(and_(column.is_(None), rest.after(cursor[1:])), rest.clauses(), False)
            ]
            if first.nulls_first:
                parts.append(OrderPart(column.is_not(None), within, has_value=True))
        else:
            # Many rows may have the cursor's value: an index finds where to go on among them.
            equal = and_(column == cursor[0], rest.after(cursor[1:]))
            beyond = self._beyond_value(first, column, cursor[0])
            parts = [OrderPart(equal, rest.clauses(), True), OrderPart(beyond, within, True)]
            if not first.nulls_first:
                parts.append(without)
        wanted = [part for part in parts if has_value in (None, part.has_value)]
        # Where nothing is left, any part of it will do.
        return wanted or parts[:1]

    def _nulls_follow(self, term: OrderTerm) -> bool:
        return is_nullable(self.model, term.name) and not term.nulls_first

    def _beyond_value(self, term: OrderTerm, column: Any, value: Any) -> ColumnElement[bool]:
        """The condition that a column's value comes after another."""
        beyond: ColumnElement[bool] = column < value if term.descending else column > value
        return beyond

    def _beyond(self, term: OrderTerm, column: Any, value: Any) -> ColumnElement[bool]:
        """The condition that a column comes after a value, nulls where the term has them."""
        if value is None:
            return column.is_not(None) if term.nulls_first else false()
        beyond = self._beyond_value(term, column, value)
        return or_(beyond, column.is_(None)) if self._nulls_follow(term) else beyond

    def cursor(self, row: Any) -> str:
        """The cursor of a row."""
        return encode_cursor(self.digest, [getattr(row, term.name) for term in self.terms])

    def values(self, cursor: str, argument: str) -> tuple[Any, ...]:
        """The values that a cursor holds; a `BadUserInput` names the argument if it is not ours."""
        encoded = decode_cursor(cursor, self.digest, len(self.terms), argument)
        try:
            return tuple(
                decode(column_of(getattr(self.model, term.name)), value)
                for term, value in zip(self.terms, encoded, strict=True)
            )
        except (ValueError, TypeError, KeyError, OverflowError):
            raise BadUserInput(
                f"{argument}: this cursor is damaged. Pass one that a page gave, unchanged."
            ) from None


def encode_cursor(digest: str, values: Sequence[Any]) -> str:
    """A cursor of the list that has the digest."""
    encoded = orjson.dumps([digest, *(encode(value) for value in values)])
    return base64.urlsafe_b64encode(encoded).decode().rstrip("=")


def decode_cursor(cursor: str, digest: str, length: int, argument: str) -> list[Any]:
    """The values of a cursor as they were written; a `BadUserInput` where it is another's."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values: list[Any] = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
        given, *encoded = values
    except (ValueError, TypeError, binascii.Error):
        raise BadUserInput(
            f"{argument}: this is not a cursor of ours. Pass one that a page gave, unchanged."
        ) from None
    if given != digest or len(encoded) != length:
        raise BadUserInput(
            f"{argument}: this cursor belongs to another list or another order. "
            "Pass one of the same field with the same order, or begin without one."
        )
    return encoded


def _parse(term: str | OrderTerm) -> OrderTerm:
    if isinstance(term, OrderTerm):
        return term
    return OrderTerm(term.removeprefix("-"), descending=term.startswith("-"))


def is_nullable(model: type[Base], name: str) -> bool:
    """Whether a column of a model can be null."""
    return bool(column_of(getattr(model, name)).nullable)
