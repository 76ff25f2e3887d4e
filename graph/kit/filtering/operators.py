"""The filter operators: a table with the description and the SQL of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, collate, func, literal

from models.columns.types import UNICODE_COLLATION


@dataclass(frozen=True)
class Operator:
    """A filter operator. `build` takes the column, the value and the kind of database."""

    description: str
    build: Callable[[Any, Any, str], ColumnElement[bool]] | None = None
    #: The operator that this one negates, if it has no SQL of its own.
    opposite_of: str | None = None
    #: Whether no index answers it: it reads the whole text of each row.
    scans: bool = False


def _contains(column: Any, value: Any, kind: str) -> ColumnElement[bool]:
    if kind == "sqlite":
        # SQLite's LIKE is case-insensitive.
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
        # substr(…, -0) returns the whole text.
        part = func.substr(column, -len(value), type_=String)
        return part == value if value else func.length(column) >= 0
    found: ColumnElement[bool] = column.endswith(value, autoescape=True)
    return found


def lowercased(text: Any, kind: str) -> Any:
    """Return a text in lowercase.

    On SQLite this is a function that `models.database.sqlite` registers, because SQLite's own
    LOWER only handles ASCII. PostgreSQL needs a collation that knows all letters.
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
    """Return the SQL condition of an operator."""
    build = OPERATORS[name].build
    if build is None:
        raise LookupError(f"{name} is the negation of another operator")
    return build(column, value, kind)


#: By the name of the comparator's field.
OPERATORS: dict[str, Operator] = {
    "eq": Operator("Equal.", lambda column, value, kind: column == value),
    "neq": Operator("Not equal, or null.", opposite_of="eq"),
    "in": Operator(
        "Equal to one of these. An empty list matches nothing.",
        lambda column, value, kind: column.in_(value),
    ),
    "nin": Operator("Equal to none of these, or null.", opposite_of="in"),
    "lt": Operator("Less than.", lambda column, value, kind: column < value),
    "lte": Operator("Less than or equal.", lambda column, value, kind: column <= value),
    "gt": Operator("Greater than.", lambda column, value, kind: column > value),
    "gte": Operator("Greater than or equal.", lambda column, value, kind: column >= value),
    "contains": Operator(
        "Contains this text, case-sensitive. % and _ have no special meaning.",
        _contains,
        scans=True,
    ),
    "notContains": Operator(
        "Does not contain this text, or is null.", opposite_of="contains", scans=True
    ),
    "startsWith": Operator("Starts with this text, case-sensitive.", _starts_with, scans=True),
    "endsWith": Operator("Ends with this text, case-sensitive.", _ends_with, scans=True),
    "eqIgnoreCase": Operator(
        "Equal, case-insensitive.",
        lambda column, value, kind: (
            lowercased(column, kind) == lowercased(literal(value, String), kind)
        ),
        scans=True,
    ),
    "containsIgnoreCase": Operator(
        "Contains this text, case-insensitive.", _contains_folded, scans=True
    ),
    "null": Operator(
        "`true`: has no value. `false`: has a value.",
        lambda column, value, kind: column.is_(None) if value else column.is_not(None),
    ),
}
