"""Responses: their media types, and errors of requests that are not executed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Send

from graph.http.compression import MIN_SIZE, compress, negotiate_encoding
from graph.http.rate_limit_headers import retry_after_header
from graph.kit.errors import (
    ApiError,
    RateLimited,
    Unauthenticated,
    Unavailable,
    mask,
    unanswered,
)
from graph.operations.requests import BadRequest, OperationResult
from models.database.driver_errors import is_timeout, is_unreachable

#: A header as ASGI servers take it.
Header = tuple[bytes, bytes]

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
#: The `Content-Type` of each media type.
CONTENT_TYPES: dict[str, Header] = {
    media_type: (b"content-type", f"{media_type}; charset=utf-8".encode())
    for media_type in (JSON, GRAPHQL, "text/html")
}


#: Caches keep a response for each encoding apart.
VARY: Header = (b"vary", b"Accept-Encoding")


@dataclass(slots=True)
class HttpResponse:
    """A response, without the headers that all responses have."""

    body: bytes
    status: int = 200
    media_type: str = JSON
    headers: list[Header] = field(default_factory=list)
    #: The names of headers that all responses have, except this one.
    overridden: frozenset[bytes] = frozenset()

    async def encode(self, accept_encoding: str | None) -> None:
        """Compress the body as the client accepts it, unless it is short."""
        if len(self.body) < MIN_SIZE:
            return
        self.headers.append(VARY)
        encoding = negotiate_encoding(accept_encoding)
        if encoding is not None:
            self.body = await compress(self.body, encoding)
            self.headers.append((b"content-encoding", encoding.encode()))

    async def send(self, send: Send, common: list[Header]) -> None:
        length = (b"content-length", b"%d" % len(self.body))
        if self.overridden:
            common = [header for header in common if header[0] not in self.overridden]
        headers = [length, CONTENT_TYPES[self.media_type], *common, *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})

    def as_starlette(self) -> Response:
        response = Response(self.body, self.status, media_type=f"{self.media_type}; charset=utf-8")
        response.raw_headers.extend(self.headers)
        return response


def negotiate_media_type(accept: str | None, method: str) -> str:
    """Return the first of our media types in an `Accept` header; raise 406 if it has neither."""
    if not accept or accept == "*/*":
        return JSON
    for media_range in accept.split(","):
        name, *parameters = (part.strip().lower() for part in media_range.split(";"))
        if any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in parameters):
            continue
        if name in (GRAPHQL, JSON, EVENT_STREAM):
            return name
        if name in ("*/*", "application/*"):
            return JSON
    if method == "GET" and "text/html" in accept:
        return JSON
    raise BadRequest(
        f"The `Accept` header must include {GRAPHQL} or {JSON}, or {EVENT_STREAM} for a "
        "subscription.",
        406,
    )


def accepts_event_stream(accept: str | None) -> bool:
    """Whether a subscription may be answered."""
    return EVENT_STREAM in (accept or "").lower()


def accepts_only_json(accept: str | None) -> bool:
    """Whether the client accepts `application/json` and not the newer GraphQL media type.

    GraphQL over HTTP requires status 200 for such clients even if validation fails: they take other
    statuses for those of a proxy.
    """
    accept = (accept or "").lower()
    return JSON in accept and GRAPHQL not in accept


def result_response(result: OperationResult, media_type: str, accept: str | None) -> HttpResponse:
    """Build the response to an operation, without its cookies and its rate limit headers."""
    is_refused = result.data is None
    status = 400 if is_refused and not accepts_only_json(accept) else 200
    response = HttpResponse(result.body(), status, media_type)
    for error in result.errors:
        cause = error.original_error
        if isinstance(cause, RateLimited):
            response.status = cause.status
            response.headers.extend(retry_after_header(cause))
    return response


def batch_response(results: list[OperationResult], media_type: str) -> HttpResponse:
    """Build the response to a batch. Its status is 200, whatever its operations' results are."""
    return HttpResponse(b"[%b]" % b",".join([each.body() for each in results]), 200, media_type)


def error_media_type(accept: str | None, method: str) -> str:
    """Return the media type of a response to a request that is refused, whatever it accepts."""
    try:
        media_type = negotiate_media_type(accept, method)
    except BadRequest:
        return JSON
    # Only events that follow one another are a stream.
    return JSON if media_type == EVENT_STREAM else media_type


def error_body(message: str, extensions: Mapping[str, Any]) -> bytes:
    return orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})


def api_error_response(error: ApiError, media_type: str = JSON) -> HttpResponse:
    """Build the response to a request that is refused with an error for the caller."""
    body = error_body(error.message, error.extensions)
    response = HttpResponse(body, error.status, media_type)
    if isinstance(error, Unauthenticated):
        response.headers.append((b"www-authenticate", b"Bearer"))
    if isinstance(error, RateLimited):
        response.headers.extend(retry_after_header(error))
    return response


def failure_response(error: Exception, media_type: str = JSON) -> HttpResponse:
    """Log an unexpected error; respond with 503 if the database does not answer, else with 500."""
    message, extensions = mask(error)
    if is_unreachable(error) or is_timeout(error):
        body = error_body(unanswered(error), {"code": Unavailable.code})
        return HttpResponse(body, 503, media_type)
    return HttpResponse(error_body(message, extensions), 500, media_type)
