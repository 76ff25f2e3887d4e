"""What a filter and an order mean, said once more in plain Python."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cmp_to_key
from typing import Any

Row = dict[str, Any]


@dataclass
class Data:
    """Rows by their type, each a dict of values and of other rows, as the viewer sees them."""

    tasks: list[Row] = field(default_factory=list)
    projects: list[Row] = field(default_factory=list)
    viewer: Any = None
    now: datetime = datetime(2026, 3, 2, tzinfo=UTC)


def matches(filled: Row, row: Row, data: Data) -> bool:
    """Whether a row fulfills a filter: all of its fields."""
    return all(holds(name, value, row, data) for name, value in filled.items())


def holds(name: str, value: Any, row: Row, data: Data) -> bool:
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
    found = row[name]
    if isinstance(found, list):
        return all(of_many(operator, inner, found, data) for operator, inner in value.items())
    if name in RELATIONS:
        if value.get("null") is True:
            return found is None and len(value) == 1
        return found is not None and matches(value, found, data)
    return all(compares(operator, found, to) for operator, to in value.items())


RELATIONS = {"state", "project", "milestone", "creator", "parent", "author", "lead"}


def of_many(operator: str, inner: Any, rows: list[Row], data: Data) -> bool:
    if operator == "length":
        return all(compares(name, len(rows), to) for name, to in inner.items())
    found = [matches(inner, row, data) for row in rows]
    if operator == "every":
        return all(found)
    return any(found) == (operator == "some")


def compares(operator: str, value: Any, to: Any) -> bool:
    if operator == "null":
        return bool((value is None) == to)
    opposite = {"neq": "eq", "nin": "in", "notContains": "contains"}.get(operator)
    if opposite is not None:
        return not compares(opposite, value, to)
    if value is None:
        return False
    if isinstance(value, (datetime, date)):
        value, to = as_instant(value), as_instant(to)
    return bool(COMPARE[operator](value, to))


def as_instant(value: Any) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if not isinstance(value, datetime):
        value = datetime.combine(value, time(), UTC)
    instant: datetime = value
    return instant


COMPARE: dict[str, Any] = {
    "eq": lambda value, to: value == to,
    "in": lambda value, to: value in to,
    "lt": lambda value, to: value < to,
    "lte": lambda value, to: value <= to,
    "gt": lambda value, to: value > to,
    "gte": lambda value, to: value >= to,
    "contains": lambda value, to: to in value,
    "startsWith": lambda value, to: value.startswith(to),
    "endsWith": lambda value, to: value.endswith(to),
    "eqIgnoreCase": lambda value, to: value.lower() == to.lower(),
    "containsIgnoreCase": lambda value, to: to.lower() in value.lower(),
}

COLUMNS = {
    "CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "CLOSED_AT": "closedAt",
    "DUE_ON": "dueOn", "PRIORITY": "priority", "NUMBER": "number", "TITLE": "title",
    "RANK": "rank", "ESTIMATE": "estimate",
}  # fmt: skip
URGENCY = ["URGENT", "HIGH", "MEDIUM", "LOW"]


def ordered(rows: list[Row], order: list[Row]) -> list[Row]:
    """Rows in an order; the last term's direction decides between ids too."""
    terms = order or [{"field": "CREATED_AT", "direction": "DESC"}]
    seen: dict[str, Row] = {}
    for term in terms:
        seen.setdefault(term["field"], term)
    last = list(seen.values())[-1]

    def compare(one: Row, other: Row) -> int:
        for term in seen.values():
            sign = -1 if term.get("direction", "ASC") == "DESC" else 1
            values = [sortable(row[COLUMNS[term["field"]]]) for row in (one, other)]
            nulls = [value is None for value in values]
            if any(nulls):
                if nulls[0] != nulls[1]:
                    first = -1 if term.get("nulls", "LAST") == "FIRST" else 1
                    return first if nulls[0] else -first
                continue
            if values[0] != values[1]:
                return sign if values[0] > values[1] else -sign
        sign = -1 if last.get("direction", "ASC") == "DESC" else 1
        return sign if one["key"] > other["key"] else -sign

    return sorted(rows, key=cmp_to_key(compare))


def sortable(value: Any) -> Any:
    if value in URGENCY:
        return URGENCY.index(value)
    return value.encode() if isinstance(value, str) else value
