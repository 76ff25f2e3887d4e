"""The errors that callers can get, with their codes.

    ApiError
    ├── BadUserInput       an argument is invalid
    ├── Unauthenticated    the credential is unknown, expired or revoked
    ├── Forbidden          the caller does not have permission
    ├── NotFound           the object does not exist, or the caller may not see it
    ├── RateLimited        the caller's budget is spent
    ├── ReadLimitExceeded  the operation reads too much
    └── Unavailable        the server cannot answer now

Any other error is internal: the caller gets an id, which is in the log with the traceback.
"""

import logging
import re
from secrets import token_hex
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError

from models.database.driver_errors import is_timeout, is_unreachable

UNREACHABLE = "The database is not available. Try again later."
TIMED_OUT = "The database query timed out. Request less, or try again later."

#: The suggestions that graphql-core adds for misspelled names; they reveal the schema.
SUGGESTION = re.compile(r" Did you mean .*\?", re.DOTALL)

MAX_MESSAGE = 1_000

logger = logging.getLogger("taskloom.errors")


class ApiError(Exception):
    """An error whose message is meant for the caller."""

    code = "ERROR"
    #: The HTTP status, if the request fails before an operation is executed.
    status = 400

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        #: What is shown beside the message, for programs.
        self.extensions = {"code": self.code, **details}


class BadUserInput(ApiError):
    """An argument is invalid; the message names it."""

    code = "BAD_USER_INPUT"


class Unauthenticated(ApiError):
    """The credential is unknown, expired or revoked."""

    code = "UNAUTHENTICATED"
    status = 401


class Forbidden(ApiError):
    """The caller does not have permission."""

    code = "FORBIDDEN"
    status = 403


class NotFound(ApiError):
    """The object does not exist, or the caller may not see it."""

    code = "NOT_FOUND"
    status = 404


class RateLimited(ApiError):
    """The caller's budget is spent; `wait` is the number of seconds until it suffices."""

    code = "RATE_LIMITED"
    status = 429

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class ReadLimitExceeded(ApiError):
    """The operation reads too much; the message says what to change."""

    code = "LIMIT_EXCEEDED"


class Unavailable(ApiError):
    """The server cannot answer now. A later attempt may succeed."""

    code = "UNAVAILABLE"
    status = 503


def expose(error: GraphQLError, *, suggests: bool = True) -> None:
    """Set the error's code, and mask the message of an internal error."""
    if len(error.message) > MAX_MESSAGE:
        # The message may quote a large input.
        error.message = f"{error.message[:MAX_MESSAGE]}…"
    if not suggests:
        error.message = SUGGESTION.sub("", error.message)
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    extensions = dict(error.extensions or {})
    if isinstance(cause, ApiError):
        extensions |= cause.extensions
    elif cause is not None and (is_unreachable(cause) or is_timeout(cause)):
        mask(cause)
        error.message, extensions["code"] = unanswered(cause), Unavailable.code
    elif isinstance(error, GraphQLSyntaxError) or isinstance(cause, GraphQLSyntaxError):
        extensions["code"] = "GRAPHQL_PARSE_FAILED"
    elif cause is None or isinstance(cause, GraphQLError) or is_of_document(error):
        extensions.setdefault("code", "GRAPHQL_VALIDATION_FAILED")
    else:
        error.message, extensions = mask(cause)
    error.extensions = extensions


def is_of_document(error: GraphQLError) -> bool:
    """Whether an error concerns the document, before anything was executed."""
    return error.path is None and bool(error.nodes)


def unanswered(cause: BaseException) -> str:
    return TIMED_OUT if is_timeout(cause) else UNREACHABLE


def mask(cause: BaseException) -> tuple[str, dict[str, str]]:
    """Log an internal error; return a message with its id, and the extensions.

    An error that many fields share, such as a failed batch, is logged once.
    """
    error_id: str = getattr(cause, "taskloom_id", "")
    if not error_id:
        error_id = cause.taskloom_id = token_hex(8)  # type: ignore[attr-defined]
        logger.error("internal error %s", error_id, exc_info=cause)
    message = f"Internal error. See the server's log for the error ID {error_id}."
    return message, {"code": "INTERNAL_ERROR", "id": error_id}
