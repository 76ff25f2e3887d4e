"""Limits on the body of a request and on the JSON values in it."""

from collections.abc import Collection
from itertools import islice
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import Request
from starlette.types import Message, Receive

from graph.settings import Settings

#: Opening brackets in a body, also inside strings: parsing many empty lists takes long.
MAX_BRACKETS = 100_000


class RequestTooLarge(HTTPException):
    """A request exceeds a limit; the reason names the limit and suggests what to change."""

    def __init__(self, reason: str, status_code: int = 400) -> None:
        super().__init__(status_code, reason)


def reject_large_body(request: Request, limit: int) -> None:
    """Raise `RequestTooLarge` if the `Content-Length` exceeds a limit in bytes."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        raise _body_too_large(limit)


def limit_body_size(receive: Receive, limit: int) -> Receive:
    """Wrap `receive` so that it raises `RequestTooLarge` after so many bytes of the body.

    This also limits bodies without a `Content-Length`.
    """
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise _body_too_large(limit)
        return message

    return receive_limited


def reject_many_brackets(body: str | bytes) -> None:
    """Raise `RequestTooLarge` if parsing the JSON could create too many lists and objects."""
    raw = body.encode(errors="replace") if isinstance(body, str) else body
    if raw.count(b"[") + raw.count(b"{") > MAX_BRACKETS:
        raise RequestTooLarge(
            f"The request body has more than {MAX_BRACKETS:,} brackets. Send less at once."
        )


def check_json_value(name: str, value: Any, settings: Settings) -> None:
    """Raise `RequestTooLarge` if a JSON value is too deep, too long, or has too many values."""
    level, depth, count = [value], 0, 0
    while level := [inner for outer in level for inner in _children(outer, settings.max_values)]:
        depth += 1
        count += len(level)
        if depth > settings.max_nesting:
            raise RequestTooLarge(
                f"The {name} are nested more than {settings.max_nesting} levels deep. Flatten them."
            )
        if count > settings.max_values:
            raise RequestTooLarge(
                f"The {name} have more than {settings.max_values:,} values. Send fewer at once."
            )
    size = len(orjson.dumps(value))
    if size > settings.max_variables_size:
        raise RequestTooLarge(
            f"The {name} have {size:,} bytes; the limit is {settings.max_variables_size:,}. "
            "Send less at once."
        )


def _children(value: Any, limit: int) -> Collection[Any]:
    """The values of a list or an object, cut off above the limit."""
    inner = value.values() if isinstance(value, dict) else value
    return list(islice(inner, limit + 1)) if isinstance(value, (dict, list)) else ()


def _body_too_large(limit: int) -> RequestTooLarge:
    return RequestTooLarge(
        f"The request body has more than {limit:,} bytes. Send less at once.", 413
    )
