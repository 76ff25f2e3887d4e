"""A second implementation of filters and orders, in plain Python, to compare the API with."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cmp_to_key
from typing import Any

Row = dict[str, Any]


@dataclass
class Data:
    """The tasks and projects that a viewer sees, as nested dicts."""

    tasks: list[Row] = field(default_factory=list)
    projects: list[Row] = field(default_factory=list)
    viewer: Any = None
    now: datetime = datetime(2026, 3, 2, tzinfo=UTC)


def matches(where: Row, row: Row, data: Data) -> bool:
    """Whether a row matches all fields of a filter."""
    return all(field_matches(name, value, row, data) for name, value in where.items())


def field_matches(name: str, value: Any, row: Row, data: Data) -> bool:
    if name == "and":
        return all(matches(part, row, data) for part in value)
    if name == "or":
        return any(matches(part, row, data) for part in value)
    if name == "not":
        return not matches(value, row, data)
    if name == "isMe":
        return bool((row["id"] == data.viewer) == value)
    if name == "isBlocked":
        return bool(row["isBlocked"] == value)
    if name == "null":
        return not value
    actual = row[name]
    if isinstance(actual, list):
        return all(list_matches(operator, inner, actual, data) for operator, inner in value.items())
    if name in RELATIONS:
        if value.get("null") is True:
            return actual is None and len(value) == 1
        return actual is not None and matches(value, actual, data)
    return all(satisfies(operator, actual, operand) for operator, operand in value.items())


RELATIONS = {"state", "project", "milestone", "creator", "parent", "author", "lead"}


def list_matches(operator: str, inner: Any, rows: list[Row], data: Data) -> bool:
    if operator == "length":
        return all(satisfies(name, len(rows), operand) for name, operand in inner.items())
    results = [matches(inner, row, data) for row in rows]
    if operator == "every":
        return all(results)
    return any(results) == (operator == "some")


def satisfies(operator: str, value: Any, operand: Any) -> bool:
    if operator == "null":
        return bool((value is None) == operand)
    opposite = {"neq": "eq", "nin": "in", "notContains": "contains"}.get(operator)
    if opposite is not None:
        return not satisfies(opposite, value, operand)
    if value is None:
        return False
    if isinstance(value, (datetime, date)):
        value, operand = as_instant(value), as_instant(operand)
    return bool(COMPARE[operator](value, operand))


def as_instant(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    instant: datetime = value
    return instant


COMPARE: dict[str, Any] = {
    "eq": lambda value, operand: value == operand,
    "in": lambda value, operand: value in operand,
    "lt": lambda value, operand: value < operand,
    "lte": lambda value, operand: value <= operand,
    "gt": lambda value, operand: value > operand,
    "gte": lambda value, operand: value >= operand,
    "contains": lambda value, operand: operand in value,
    "startsWith": lambda value, operand: value.startswith(operand),
    "endsWith": lambda value, operand: value.endswith(operand),
    "eqIgnoreCase": lambda value, operand: value.lower() == operand.lower(),
    "containsIgnoreCase": lambda value, operand: operand.lower() in value.lower(),
}

COLUMNS = {
    "CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "CLOSED_AT": "closedAt",
    "DUE_ON": "dueOn", "PRIORITY": "priority", "NUMBER": "number", "TITLE": "title",
    "RANK": "rank", "ESTIMATE": "estimate",
}  # fmt: skip
URGENCY = ["URGENT", "HIGH", "MEDIUM", "LOW"]


def ordered(rows: list[Row], order: list[Row]) -> list[Row]:
    """Sort rows as the API does: ties are broken by key, in the direction of the last term."""
    terms = order or [{"field": "CREATED_AT", "direction": "DESC"}]
    first_terms: dict[str, Row] = {}
    for term in terms:
        first_terms.setdefault(term["field"], term)
    last = list(first_terms.values())[-1]

    def compare(row_a: Row, row_b: Row) -> int:
        for term in first_terms.values():
            sign = -1 if term.get("direction", "ASC") == "DESC" else 1
            values = [sortable(row[COLUMNS[term["field"]]]) for row in (row_a, row_b)]
            nulls = [value is None for value in values]
            if any(nulls):
                if nulls[0] != nulls[1]:
                    first = -1 if term.get("nulls", "LAST") == "FIRST" else 1
                    return first if nulls[0] else -first
                continue
            if values[0] != values[1]:
                return sign if values[0] > values[1] else -sign
        sign = -1 if last.get("direction", "ASC") == "DESC" else 1
        return sign if row_a["key"] > row_b["key"] else -sign

    return sorted(rows, key=cmp_to_key(compare))


def sortable(value: Any) -> Any:
    if value in URGENCY:
        return URGENCY.index(value)
    return value.encode() if isinstance(value, str) else value
