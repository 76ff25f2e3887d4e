"""What is read of a request before anything of it runs, and what is refused of it there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_address
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import orjson
from cross_web import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.types import Message, Receive
from strawberry.http import GraphQLRequestData

from graph.settings import Settings

#: Brackets in a body, in texts too: as many empty lists keep a reader of JSON busy for a while.
MAX_CONTAINERS = 100_000


@dataclass
class Parameters(GraphQLRequestData):
    """The parameters of a request."""

    #: The hash of a document that is known to the server.
    document_id: str | None = None


class RequestTooLarge(HTTPException):
    """A request holds more than it may; the reason says how much, and what to do."""


def too_much(reason: str) -> RequestTooLarge:
    """The error of a request that holds more than it may."""
    return RequestTooLarge(400, reason)


def reject_large_body(request: Request, limit: int) -> None:
    """Refuses a body that says itself that it is too large."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > limit:
        raise too_large(limit)


def reject_many_containers(body: str | bytes) -> None:
    """Refuses a body of more lists and objects than are worth reading."""
    raw = body.encode(errors="replace") if isinstance(body, str) else body
    if raw.count(b"[") + raw.count(b"{") > MAX_CONTAINERS:
        raise too_much(
            f"The request's body has more than {MAX_CONTAINERS:,} brackets: send less at once."
        )


def limit_body_size(receive: Receive, limit: int) -> Receive:
    """Receives a body as far as it may go, whatever it says of its length."""
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise too_large(limit)
        return message

    return receive_limited


def too_large(limit: int) -> RequestTooLarge:
    """The error of a body that is too large."""
    return RequestTooLarge(413, f"The request's body may have {limit:,} bytes: send less at once.")


def read_parameters(parameters: Any, settings: Settings) -> Parameters:
    """The parameters of a request, each of the type it must have."""
    if not isinstance(parameters, dict):
        raise HTTPException(400, 'Send one JSON object such as {"query": "{ viewer { handle } }"}.')
    kinds: Mapping[str, tuple[type, str]] = {
        "query": (str, "a string"),
        "operationName": (str, "a string"),
        "documentId": (str, "a string"),
        "variables": (dict, "an object"),
        "extensions": (dict, "an object"),
    }
    for name, (kind, wording) in kinds.items():
        if not isinstance(parameters.get(name), (kind, type(None))):
            raise HTTPException(400, f"The request's `{name}` must be {wording} or null.")
    for name in ("variables", "extensions"):
        check_values(name, parameters.get(name), settings)
    return Parameters(
        query=parameters.get("query"),
        variables=parameters.get("variables"),
        operation_name=parameters.get("operationName") or None,
        extensions=parameters.get("extensions"),
        document_id=parameters.get("documentId"),
    )


def check_values(name: str, value: Any, settings: Settings) -> None:
    """Refuses a JSON value that is nested too deep, holds too many others, or is too long."""
    level, depth, count = [value], 0, 0
    while level := [inner for outer in level for inner in _within(outer, settings.max_values)]:
        depth += 1
        count += len(level)
        if depth > settings.max_nesting:
            raise too_much(
                f"The {name} are nested more than {settings.max_nesting} deep: send them flatter."
            )
        if count > settings.max_values:
            raise too_much(
                f"The {name} hold more than {settings.max_values:,} values: send less at once."
            )
    size = len(orjson.dumps(value))
    if size > settings.max_variables_size:
        raise too_much(
            f"The {name} have {size:,} bytes, and may have {settings.max_variables_size:,}: "
            "send less at once."
        )


def _within(value: Any, most: int) -> Collection[Any]:
    """The values that a JSON value holds; of too many, one more than there may be."""
    inner = value.values() if isinstance(value, dict) else value
    return list(islice(inner, most + 1)) if isinstance(value, (dict, list)) else ()


def is_cross_site(request: HTTPConnection, allowed: Collection[str]) -> bool:
    """Whether a browser sends a request for the page of another site, which is not allowed to.

    Browsers say so themselves, in Sec-Fetch-Site or by the Origin; other clients say nothing, and
    send no cookie that is not theirs.
    """
    origin = request.headers.get("origin")
    if origin is not None and origin in allowed:
        return False
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    if origin is None:
        return False
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return True
    # A proxy may have taken off the TLS: the scheme is not compared.
    return host.lower() != request.headers.get("host", "").lower()


def network_of(address: str) -> str:
    """What counts as one address: of IPv6 the network, which anybody has a whole one of."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if known.version == 6:
        return str(known.ipv4_mapped or IPv6Network((known, 64), strict=False))
    return str(known)
