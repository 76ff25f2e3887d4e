"""The filter operators: a table with the description and the SQL of each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, collate, func, literal

from graph.kit.filtering.late_values import LateValue, LateValues
from models.columns.types import UNICODE_COLLATION
from models.database import Database

#: The escape character of LIKE patterns.
ESCAPE = "/"


@dataclass(frozen=True)
class Operator:
    """A filter operator. `build` takes the column, the operand and the kind of database."""

    description: str
    build: Callable[[Any, Any, str], ColumnElement[bool]] | None = None
    #: Returns the operand of the SQL for a value and the kind of database.
    operand: Callable[[Any, str], Any] = lambda value, kind: value
    #: The operator that this one negates, if it has no SQL of its own.
    opposite_of: str | None = None
    #: Whether no index answers it: it reads the whole text of each row.
    scans: bool = False


# SQLite's LIKE is case-insensitive, so that it compares parts of texts instead.
def _contains(column: Any, operand: Any, kind: str) -> ColumnElement[bool]:
    if kind == "sqlite":
        found: ColumnElement[bool] = func.instr(column, operand) > 0
        return found
    return _matches(column, operand)


def _starts_with(column: Any, operand: Any, kind: str) -> ColumnElement[bool]:
    if kind == "sqlite":
        part = func.substr(column, 1, func.length(operand), type_=String)
        found: ColumnElement[bool] = part == operand
        return found
    return _matches(column, operand)


def _ends_with(column: Any, operand: Any, kind: str) -> ColumnElement[bool]:
    if kind == "sqlite":
        before = func.length(column) - func.length(operand)
        return and_(before >= 0, func.substr(column, before + 1, type_=String) == operand)
    return _matches(column, operand)


def _matches(column: Any, pattern: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.like(pattern, escape=ESCAPE)
    return found


def _pattern(form: str) -> Callable[[Any, str], Any]:
    """Return a function that makes a text a pattern of LIKE, except on SQLite."""

    def operand(value: Any, kind: str) -> Any:
        if kind == "sqlite":
            return value
        return form.format(re.sub(f"[%_{ESCAPE}]", rf"{ESCAPE}\g<0>", value))

    return operand


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


def _contains_folded(column: Any, operand: Any, kind: str) -> ColumnElement[bool]:
    text, part = lowercased(column, kind), lowercased(operand, kind)
    found = func.strpos(text, part) if kind == "postgresql" else func.instr(text, part)
    return found > 0


def build_condition(name: str, column: Any, value: Any, database: Database) -> ColumnElement[bool]:
    """Return the SQL condition of an operator; the value may be a `LateValue`."""
    operator = OPERATORS[name]
    if operator.build is None:
        raise LookupError(f"{name} is the negation of another operator")
    if name == "null":
        return operator.build(column, value, database.kind)
    if isinstance(value, LateValue):
        if name == "in":
            return value.contains(column, database)
        return operator.build(column, value.parameter(column.type), database.kind)
    if name != "in":
        value = literal(operator.operand(value, database.kind), column.type)
    return operator.build(column, value, database.kind)


def late_value(name: str, value: Any, late: LateValues) -> Any:
    """Return the value of an operator as one that is bound late."""
    if name == "null":
        return value
    if name == "in":
        return late.add_list(value)
    return late.add(OPERATORS[name].operand(value, late.database.kind))


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
        _pattern("%{}%"),
        scans=True,
    ),
    "notContains": Operator(
        "Does not contain this text, or is null.", opposite_of="contains", scans=True
    ),
    "startsWith": Operator(
        "Starts with this text, case-sensitive.", _starts_with, _pattern("{}%"), scans=True
    ),
    "endsWith": Operator(
        "Ends with this text, case-sensitive.", _ends_with, _pattern("%{}"), scans=True
    ),
    "eqIgnoreCase": Operator(
        "Equal, case-insensitive.",
        lambda column, value, kind: lowercased(column, kind) == lowercased(value, kind),
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
