"""The common form of answers: equal if and only if they say the same."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

#: Lists whose order no contender promises.
_UNORDERED = ("assignees", "labels")
#: PostGraphile shows the column, which has the numbers.
_PRIORITIES = {1: "URGENT", 2: "HIGH", 3: "MEDIUM", 4: "LOW"}


def common_form(value: Any, name: str = "") -> Any:
    """Return an answer with times in UTC, IDs as UUIDs, and lists without an order sorted.

    Two notations bridge schemas that follow the tables. An object with the only field `row` is
    replaced by it: the row at the other end of a join table. A connection of at most one row,
    whose field is called `only_…`, is replaced by that row.
    """
    if isinstance(value, dict):
        if set(value) == {"row"}:
            return common_form(value["row"], name)
        if set(value) == {"nodes"} and name in _UNORDERED:
            return common_form(value["nodes"], name)
        return {key.removeprefix("only_"): _field(key, part) for key, part in value.items()}
    if isinstance(value, list):
        items = [common_form(item, name) for item in value]
        return sorted(items, key=repr) if name in _UNORDERED else items
    if isinstance(value, str):
        return _text(value, name)
    if name == "priority" and isinstance(value, int):
        return _PRIORITIES[value]
    # A number of a list may be 3 in one answer and 3.0 in another; they compare equal.
    return value


def _field(key: str, value: Any) -> Any:
    if key.startswith("only_"):
        return common_form((value["nodes"] or [None])[0])
    return common_form(value, key)


def _text(value: str, name: str) -> Any:
    if name == "id":
        return UUID(value.rpartition("_")[2])
    if name.endswith("At"):
        return datetime.fromisoformat(value).astimezone(UTC)
    return value


def first_difference(expected: Any, found: Any, path: str = "data") -> str | None:
    """Describe the first place where two answers differ; None if they are equal."""
    if isinstance(expected, dict) and isinstance(found, dict) and set(expected) == set(found):
        pairs = [(f"{path}.{key}", expected[key], found[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        both = enumerate(zip(expected, found, strict=True))
        pairs = [(f"{path}[{place}]", one, other) for place, (one, other) in both]
    elif expected == found:
        return None
    else:
        return f"{path}: {str(expected)[:200]} is {str(found)[:200]}"
    differences = (first_difference(one, other, where) for where, one, other in pairs)
    return next((difference for difference in differences if difference), None)
