"""Responses of `/graphql`: media types, and errors of requests that are not executed."""

import re

import orjson
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types import ExecutionResult

from graph.http.rate_limit_headers import retry_after_header
from graph.kit.errors import (
    ApiError,
    RateLimited,
    Unauthenticated,
    Unavailable,
    mask,
    unanswered,
)
from models.database.driver_errors import is_timeout, is_unreachable

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"


def negotiate_media_type(accept: str | None, method: str) -> str:
    """Return the first of our media types in an `Accept` header; raise 406 if it has neither."""
    if not accept:
        return JSON
    for media_range in accept.split(","):
        name, *parameters = (part.strip().lower() for part in media_range.split(";"))
        if any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in parameters):
            continue
        if name in (GRAPHQL, JSON):
            return name
        if name in ("*/*", "application/*"):
            return JSON
    if method == "GET" and "text/html" in accept:
        return JSON
    raise HTTPException(406, f"The `Accept` header must include {GRAPHQL} or {JSON}.")


def accepts_only_json(request: Request) -> bool:
    """Whether the client accepts `application/json` and not the newer GraphQL media type.

    GraphQL over HTTP requires status 200 for such clients even if validation fails: they take other
    statuses for those of a proxy.
    """
    accept = (request.headers.get("accept") or "").lower()
    return JSON in accept and GRAPHQL not in accept


def is_request_error(result: ExecutionResult) -> bool:
    """Whether the operation was refused before its execution, such as by validation."""
    return result.data is None and all(error.path is None for error in result.errors or ())


def error_response(status: int, message: str, code: str = "BAD_REQUEST") -> Response:
    """Build the response to a request that is not executed."""
    error = {"message": message, "extensions": {"code": code}}
    return Response(
        orjson.dumps({"errors": [error]}),
        status_code=status,
        media_type=f"{JSON}; charset=utf-8",
    )


def api_error_response(error: ApiError) -> Response:
    """Build the response to a request that is refused with an error for the caller."""
    response = error_response(error.status, error.message, error.code)
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited):
        response.headers.update(retry_after_header(error))
    return response


def failure_response(error: Exception) -> Response:
    """Log an unexpected error; respond with 503 if the database does not answer, else with 500."""
    if is_unreachable(error) or is_timeout(error):
        mask(error)
        return error_response(503, unanswered(error), Unavailable.code)
    message, extensions = mask(error)
    return error_response(500, message, extensions["code"])
