"""Limits on the body of a request and on the JSON values in it."""

from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any

import orjson
from starlette.types import Message, Receive

from graph.operations.limits import LIMIT_EXCEEDED
from graph.operations.requests import BadRequest
from graph.settings import Settings

#: The cost of receiving and parsing a body: keys of JSON objects take the longest.
BODY_BYTES_PER_COST = 5_000
#: The same for opening brackets, each of which creates a list or an object.
BRACKETS_PER_COST = 50
#: Opening brackets in a body, also inside strings: parsing many empty lists takes long.
MAX_BRACKETS = 100_000


class RequestTooLarge(BadRequest):
    """A request exceeds a limit; the message names the limit and suggests what to change."""

    code = LIMIT_EXCEEDED


class LimitedBody:
    """The body of a request, of which no more than `limit` bytes are received.

    The limit is 0 until it is known who sends the request. `advice` ends the error message.
    `received` counts the bytes.
    """

    def __init__(self, headers: Mapping[str, str], receive: Receive) -> None:
        self.headers = headers
        self.limit = 0
        self.advice = "."
        self._receive = receive
        self.received = 0

    def set_limit(self, limit: int, advice: str = ".") -> None:
        self.limit, self.advice = limit, advice

    @property
    def charged_bytes(self) -> int:
        """The `Content-Length`, or for a body without one the limit; at most the limit."""
        if "transfer-encoding" in self.headers:
            return self.limit
        return min(self._content_length, self.limit)

    def reject_large(self) -> None:
        """Raise `RequestTooLarge` if the `Content-Length` exceeds the limit."""
        if self._content_length > self.limit:
            raise self._too_large()

    async def receive(self) -> Message:
        """Receive a message; raise `RequestTooLarge` after `limit` bytes of the body."""
        message = await self._receive()
        self.received += len(message.get("body", b""))
        if self.received > self.limit:
            raise self._too_large()
        return message

    @property
    def _content_length(self) -> int:
        length = self.headers.get("content-length", "")
        # Python refuses to parse very long numbers, and JSON to hold large ones; so many digits
        # exceed any limit.
        return int(length.lstrip("0")[:15] or 0) if length.isdecimal() else 0

    def _too_large(self) -> RequestTooLarge:
        return RequestTooLarge(
            f"The request body has more than {self.limit:,} bytes. Send less at once{self.advice}",
            413,
            limit=self.limit,
            value=max(self.received, self._content_length),
        )


def count_brackets(body: str | bytes, limit: int = MAX_BRACKETS) -> int:
    """Return how many lists and objects parsing the JSON could create.

    Raise `RequestTooLarge` if they are too many.
    """
    raw = body.encode(errors="replace") if isinstance(body, str) else body
    brackets = raw.count(b"[") + raw.count(b"{")
    if brackets > limit:
        raise RequestTooLarge(
            f"The request body has more than {limit:,} brackets. Send less at once.",
            limit=limit,
            value=brackets,
        )
    return brackets


def check_json_value(name: str, value: Any, settings: Settings) -> None:
    """Raise `RequestTooLarge` if a JSON value is too deep, too long, or has too many values."""
    level, depth, count = [value], 0, 0
    while level := [inner for outer in level for inner in _children(outer, settings.max_values)]:
        depth += 1
        count += len(level)
        if depth > settings.max_nesting:
            raise RequestTooLarge(
                f"The {name} are nested more than {settings.max_nesting} levels deep. Flatten "
                "them.",
                limit=settings.max_nesting,
                value=depth,
            )
        if count > settings.max_values:
            raise RequestTooLarge(
                f"The {name} have more than {settings.max_values:,} values. Send fewer at once.",
                limit=settings.max_values,
                value=count,
            )
    size = len(orjson.dumps(value))
    if size > settings.max_variables_size:
        raise RequestTooLarge(
            f"The {name} have {size:,} bytes; the limit is {settings.max_variables_size:,}. "
            "Send less at once.",
            limit=settings.max_variables_size,
            value=size,
        )


def _children(value: Any, limit: int) -> Collection[Any]:
    """The values of a list or an object, cut off above the limit."""
    inner = value.values() if isinstance(value, dict) else value
    return list(islice(inner, limit + 1)) if isinstance(value, (dict, list)) else ()
