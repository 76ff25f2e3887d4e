"""The operators of filters: a row each, with what it means and how it is said in SQL."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, collate, func, literal

from models.columns.types import UNICODE_COLLATION


@dataclass(frozen=True)
class Operator:
    """One operator. `build` takes the column, the value, and the kind of database."""

    description: str
    build: Callable[[Any, Any, str], ColumnElement[bool]] | None = None
    #: For an operator that is the opposite of another, and is said by it: that one's name.
    opposite_of: str | None = None


def _contains(column: Any, value: Any, kind: str) -> ColumnElement[bool]:
    if kind == "sqlite":
        # Its LIKE takes A for a.
        found: ColumnElement[bool] = func.instr(column, value) > 0
        return found
    return column.contains(value, autoescape=True)  # type: ignore[no-any-return]


def _starts_with(column: Any, value: Any, kind: str) -> ColumnElement[bool]:
    if kind == "sqlite":
        start: ColumnElement[bool] = func.substr(column, 1, len(value), type_=String) == value
        return start
    found: ColumnElement[bool] = column.startswith(value, autoescape=True)
    return found


def _ends_with(column: Any, value: Any, kind: str) -> ColumnElement[bool]:
    if kind == "sqlite":
        # substr(…, -0) is the whole text.
        part = func.substr(column, -len(value), type_=String)
        return part == value if value else func.length(column) >= 0
    found: ColumnElement[bool] = column.endswith(value, autoescape=True)
    return found


def lowercased(text: Any, kind: str) -> Any:
    """A text without the difference of small and capital letters.

    SQLite has a function of ours for it (`models.database`), and PostgreSQL's own knows only
    ASCII letters unless it is told a collation that knows them all.
    """
    if kind == "sqlite":
        return func.taskloom_fold(text, type_=String)
    if kind == "postgresql":
        return func.lower(collate(text, UNICODE_COLLATION), type_=String)
    return func.lower(text, type_=String)


def _contains_folded(column: Any, value: Any, kind: str) -> ColumnElement[bool]:
    text, part = lowercased(column, kind), lowercased(literal(value, String), kind)
    found = func.strpos(text, part) if kind == "postgresql" else func.instr(text, part)
    return found > 0


def build_condition(name: str, column: Any, value: Any, kind: str) -> ColumnElement[bool]:
    """An operator said in SQL, of a column and a value."""
    build = OPERATORS[name].build
    if build is None:
        raise LookupError(f"{name} is said by its opposite")
    return build(column, value, kind)


#: By the name that a comparator has it under.
OPERATORS: dict[str, Operator] = {
    "eq": Operator("Equal.", lambda column, value, kind: column == value),
    "neq": Operator("Not equal, or null.", opposite_of="eq"),
    "in": Operator(
        "One of these; of none, nothing.", lambda column, value, kind: column.in_(value)
    ),
    "nin": Operator("None of these, or null.", opposite_of="in"),
    "lt": Operator("Less than.", lambda column, value, kind: column < value),
    "lte": Operator("Less than or equal.", lambda column, value, kind: column <= value),
    "gt": Operator("Greater than.", lambda column, value, kind: column > value),
    "gte": Operator("Greater than or equal.", lambda column, value, kind: column >= value),
    "contains": Operator("Has this in it, letter by letter: % and _ too.", _contains),
    "notContains": Operator("Does not have this in it, or is null.", opposite_of="contains"),
    "startsWith": Operator("Begins with this.", _starts_with),
    "endsWith": Operator("Ends with this.", _ends_with),
    "eqIgnoreCase": Operator(
        "Equal but for small and capital letters.",
        lambda column, value, kind: (
            lowercased(column, kind) == lowercased(literal(value, String), kind)
        ),
    ),
    "containsIgnoreCase": Operator(
        "Has this in it but for small and capital letters.", _contains_folded
    ),
    "null": Operator(
        "true: there is no value; false: there is one.",
        lambda column, value, kind: column.is_(None) if value else column.is_not(None),
    ),
}
