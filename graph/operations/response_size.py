"""The size of a response, measured before it is serialized."""

from typing import Any

#: Bytes of quotes, a colon and a comma around a field's name, together with a short scalar.
FIELD_OVERHEAD = 8


def measure_response(data: Any) -> tuple[int, int]:
    """Return the number of objects in lists, and the approximate size of the JSON in bytes."""
    rows, size, stack = 0, 0, [data]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            size += sum(map(len, value)) + FIELD_OVERHEAD * len(value)
            stack.extend(value.values())
        elif isinstance(value, list):
            rows += sum(isinstance(item, dict) for item in value)
            stack.extend(value)
        elif isinstance(value, str):
            size += len(value) if value.isascii() else len(value.encode(errors="replace"))
    return rows, size
