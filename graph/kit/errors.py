"""The errors that a caller can meet, and how each is told.

    ApiError
    ├── BadUserInput       the request asks for something that cannot be
    ├── Unauthenticated    the credential is unknown, expired or revoked
    ├── Forbidden          the caller may not do this
    ├── RateLimited        the caller's budget is spent
    └── Unavailable        the server cannot answer now

Everything else is a fault of ours: the caller gets an id, the log gets the id and the traceback.
"""

import logging
import re
from secrets import token_hex

from graphql import GraphQLError, GraphQLSyntaxError

from models.database.driver_errors import is_timeout, is_unreachable

OUT_OF_REACH = "The database does not answer. Try again later."
TOO_LONG = "The database took too long to answer. Ask for less, or try again later."

#: What graphql-core adds to errors of names that are nearly right.
SUGGESTION = re.compile(r" Did you mean .*\?", re.DOTALL)

MAX_MESSAGE = 1_000

logger = logging.getLogger("taskloom.errors")


class ApiError(Exception):
    """An error that the caller is meant to read."""

    code = "ERROR"
    #: The HTTP status of an answer to a request that did not become an operation.
    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadUserInput(ApiError):
    """The request asks for something that cannot be; the message names the argument."""

    code = "BAD_USER_INPUT"


class Unauthenticated(ApiError):
    """The credential is unknown, expired or revoked."""

    code = "UNAUTHENTICATED"
    status = 401


class Forbidden(ApiError):
    """The caller may not do this."""

    code = "FORBIDDEN"
    status = 403


class RateLimited(ApiError):
    """The caller's budget is spent; `wait` is the seconds until there is enough of it."""

    code = "RATE_LIMITED"
    status = 429

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class Unavailable(ApiError):
    """The server cannot answer now; trying again later may help."""

    code = "UNAVAILABLE"
    status = 503


def expose(error: GraphQLError, *, suggests: bool = True) -> None:
    """Gives an error its code, and masks it where the caller is not meant to read it."""
    if len(error.message) > MAX_MESSAGE:
        # It quotes what was sent.
        error.message = f"{error.message[:MAX_MESSAGE]}…"
    if not suggests:
        error.message = SUGGESTION.sub("", error.message)
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    extensions = dict(error.extensions or {})
    if isinstance(cause, ApiError):
        extensions["code"] = cause.code
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
    """Whether an error is about the text of the document, before anything ran."""
    return error.path is None and bool(error.nodes)


def unanswered(cause: BaseException) -> str:
    """What to tell somebody whom the database gave no answer."""
    return TOO_LONG if is_timeout(cause) else OUT_OF_REACH


def mask(cause: BaseException) -> tuple[str, dict[str, str]]:
    """Logs an unexpected error, and says of it only the id that finds it in the log.

    An error that many fields met, such as a batch that failed, is logged once.
    """
    error_id: str = getattr(cause, "taskloom_id", "")
    if not error_id:
        error_id = cause.taskloom_id = token_hex(8)  # type: ignore[attr-defined]
        logger.error("internal error %s", error_id, exc_info=cause)
    message = f"Internal error. The server's log has it under the id {error_id}."
    return message, {"code": "INTERNAL_ERROR", "id": error_id}
