"""Keyset pagination: orders, and cursors that point at a row of an order.

A cursor has a digest of its order and the row's values, so that a cursor of another list is
rejected instead of returning wrong rows.
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
    """A column of an order, with its direction."""

    name: str
    descending: bool = False
    nulls_first: bool = False

    def reversed(self) -> "OrderTerm":
        return OrderTerm(self.name, not self.descending, not self.nulls_first)


@dataclass(frozen=True)
class OrderPart:
    """A contiguous part of an ordered list: its condition and its ORDER BY."""

    condition: ColumnElement[bool]
    clauses: list[ColumnElement[Any]]
    has_value: bool | None = None


@dataclass(frozen=True)
class Order:
    """A total order of a model's rows: it ends with the primary key."""

    model: type[Base]
    terms: tuple[OrderTerm, ...]

    @classmethod
    def by(cls, model: type[Base], *terms: str | OrderTerm) -> "Order":
        """Return an order by column names; `-name` is descending. The key is appended."""
        parsed = [_parse(term) for term in terms]
        if all(term.name != "id" for term in parsed):
            parsed.append(OrderTerm("id", descending=parsed[-1].descending if parsed else False))
        return cls(model, tuple(parsed))

    def reversed(self) -> "Order":
        return Order(self.model, tuple(term.reversed() for term in self.terms))

    @cached_property
    def digest(self) -> str:
        """A digest that identifies the cursors of this order."""
        text = f"{self.model.__tablename__}:{self.terms}"
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def clauses(self, row: Any = None) -> list[ColumnElement[Any]]:
        """Return the ORDER BY on `row`, which is the model or an alias of it."""
        clauses: list[ColumnElement[Any]] = []
        for term in self.terms:
            column = getattr(row or self.model, term.name)
            if is_nullable(self.model, term.name):
                # The default position of nulls differs, and MariaDB has no NULLS LAST.
                is_null = case((column.is_(None), 1), else_=0)
                clauses.append(is_null.desc() if term.nulls_first else is_null.asc())
            clauses.append(column.desc() if term.descending else column.asc())
        return clauses

    def after(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """Return the condition that a row comes after the one with these values.

        For two terms it is `a >= x AND (a > x OR id > y)`: every database can look the first half
        up in an index.
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
        """Split the list after a cursor into parts that an index returns in order.

        There is one part, unless the first column is nullable: then the rows with a value and the
        rows without are separate parts. `has_value` says that all rows of the list have a value,
        or that none has, so that the other part can be left out.
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
            # Rows with the cursor's value are their own part: an index finds the next of them.
            equal = and_(column == cursor[0], rest.after(cursor[1:]))
            beyond = self._beyond_value(first, column, cursor[0])
            parts = [OrderPart(equal, rest.clauses(), True), OrderPart(beyond, within, True)]
            if not first.nulls_first:
                parts.append(without)
        wanted = [part for part in parts if has_value in (None, part.has_value)]
        # If no part can have rows, any of them returns the correct empty page.
        return wanted or parts[:1]

    def _nulls_follow(self, term: OrderTerm) -> bool:
        return is_nullable(self.model, term.name) and not term.nulls_first

    def _beyond_value(self, term: OrderTerm, column: Any, value: Any) -> ColumnElement[bool]:
        beyond: ColumnElement[bool] = column < value if term.descending else column > value
        return beyond

    def _beyond(self, term: OrderTerm, column: Any, value: Any) -> ColumnElement[bool]:
        """Return the condition that a column comes after a value, with nulls in their place."""
        if value is None:
            return column.is_not(None) if term.nulls_first else false()
        beyond = self._beyond_value(term, column, value)
        return or_(beyond, column.is_(None)) if self._nulls_follow(term) else beyond

    def cursor(self, row: Any) -> str:
        return encode_cursor(self.digest, [getattr(row, term.name) for term in self.terms])

    def values(self, cursor: str, argument: str) -> tuple[Any, ...]:
        """Return the values of a cursor. Raises `BadUserInput`, which names the argument."""
        encoded = decode_cursor(cursor, self.digest, len(self.terms), argument)
        try:
            return tuple(
                decode(column_of(getattr(self.model, term.name)), value)
                for term, value in zip(self.terms, encoded, strict=True)
            )
        except (ValueError, TypeError, KeyError, OverflowError):
            raise BadUserInput(
                f"{argument}: invalid cursor. Use a cursor that the API returned."
            ) from None


def encode_cursor(digest: str, values: Sequence[Any]) -> str:
    encoded = orjson.dumps([digest, *(encode(value) for value in values)])
    return base64.urlsafe_b64encode(encoded).decode().rstrip("=")


def decode_cursor(cursor: str, digest: str, length: int, argument: str) -> list[Any]:
    """Return the encoded values of a cursor. Raises `BadUserInput` for another list's."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values: list[Any] = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
        given, *encoded = values
    except (ValueError, TypeError, binascii.Error):
        raise BadUserInput(
            f"{argument}: invalid cursor. Use a cursor that the API returned."
        ) from None
    if given != digest or len(encoded) != length:
        raise BadUserInput(
            f"{argument}: this cursor belongs to another list or another order. Use a cursor of "
            "the same field with the same order."
        )
    return encoded


def _parse(term: str | OrderTerm) -> OrderTerm:
    if isinstance(term, OrderTerm):
        return term
    return OrderTerm(term.removeprefix("-"), descending=term.startswith("-"))


def is_nullable(model: type[Base], name: str) -> bool:
    return bool(column_of(getattr(model, name)).nullable)
