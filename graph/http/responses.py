"""The form of an answer: its media type, its status, and its errors before there is a result."""

import re

import orjson
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types import ExecutionResult

from graph.kit.errors import Unavailable, mask, unanswered
from models.database.driver_errors import is_timeout, is_unreachable

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"


def response_type(accept: str | None, method: str) -> str:
    """The media type of the answer: the first that the client accepts of the two there are."""
    if not accept:
        return JSON
    for given in accept.split(","):
        name, *parameters = (part.strip().lower() for part in given.split(";"))
        if any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in parameters):
            continue
        if name in (GRAPHQL, JSON):
            return name
        if name in ("*/*", "application/*"):
            return JSON
    if method == "GET" and "text/html" in accept:
        return JSON
    raise HTTPException(406, f"The answer is {GRAPHQL} or {JSON}: accept one of them.")


def accepts_only_json(request: Request) -> bool:
    """Whether the answer is plain JSON by the client's own wish.

    Such a client takes any status but 200 for the word of a proxy, not of this server.
    """
    accept = (request.headers.get("accept") or "").lower()
    return JSON in accept and GRAPHQL not in accept


def is_request_error(result: ExecutionResult) -> bool:
    """Whether a request was refused before anything was executed."""
    return result.data is None and all(error.path is None for error in result.errors or ())


def error_response(status: int, message: str, code: str = "BAD_REQUEST") -> Response:
    """An answer for a request that never became an operation."""
    error = {"message": message, "extensions": {"code": code}}
    return Response(
        orjson.dumps({"errors": [error]}),
        status_code=status,
        media_type=f"{JSON}; charset=utf-8",
    )


def failure_response(error: Exception) -> Response:
    """An answer for a request that failed through no fault of the caller's."""
    if is_unreachable(error) or is_timeout(error):
        mask(error)
        return error_response(503, unanswered(error), Unavailable.code)
    message, extensions = mask(error)
    return error_response(500, message, extensions["code"])
