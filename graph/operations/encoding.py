"""The encoding of a response's data as JSON, and its number of objects.

Both could take long for a large response. It is therefore encoded in slices, between which the
event loop serves others.
"""

import asyncio
from typing import Any

import orjson

#: Objects that are encoded at once.
SLICE = 500
#: Times without an offset are in UTC, as the drivers of some databases return them.
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


def count_rows(data: Any) -> int:
    """Return the number of objects in lists, at all levels."""
    rows, stack = 0, [data]
    while stack:
        value = stack.pop()
        if type(value) is dict:
            stack.extend([inner for inner in value.values() if type(inner) in (dict, list)])
        elif type(value) is list:
            inner = [item for item in value if type(item) in (dict, list)]
            rows += sum([type(item) is dict for item in inner])
            stack.extend(inner)
    return rows


async def encode(data: Any, rows: int) -> bytes:
    """Return the data as JSON. `rows` is what `count_rows` returned."""
    if rows <= SLICE:
        return orjson.dumps(data, option=OPTIONS)
    parts: list[bytes] = []
    await _Slices(parts).add(data)
    return b"".join(parts)


class _Slices:
    """Encodes a value piece by piece."""

    def __init__(self, parts: list[bytes]) -> None:
        self._parts = parts
        self._rows = 0

    async def add(self, value: Any) -> None:
        rows = 1 + count_rows(value)
        if rows > SLICE and type(value) is dict:
            await self._add_object(value)
            return
        if rows > SLICE and type(value) is list:
            await self._add_list(value)
            return
        self._parts.append(orjson.dumps(value, option=OPTIONS))
        self._rows += rows
        if self._rows >= SLICE:
            self._rows = 0
            await asyncio.sleep(0)

    async def _add_object(self, value: dict[str, Any]) -> None:
        separator = b"{"
        for name, inner in value.items():
            self._parts.append(b"%b%b:" % (separator, orjson.dumps(name)))
            await self.add(inner)
            separator = b","
        self._parts.append(b"}")

    async def _add_list(self, value: list[Any]) -> None:
        separator = b"["
        for item in value:
            self._parts.append(separator)
            await self.add(item)
            separator = b","
        self._parts.append(b"]")
