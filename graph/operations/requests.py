"""A request for an operation, however it arrived, and its result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError, OperationType

from graph.kit.errors import ApiError

if TYPE_CHECKING:
    from graph.operations.subscriptions import Subscription


class BadRequest(ApiError):
    """A request is malformed; the message says what to send."""

    code = "BAD_REQUEST"

    def __init__(self, message: str, status: int = 400, **details: Any) -> None:
        super().__init__(message, **details)
        self.status = status


def as_graphql_error(error: Exception) -> GraphQLError:
    """Return an error as it is shown in a result; `expose` gives it its code."""
    if isinstance(error, GraphQLError):
        return error
    return GraphQLError(str(error), original_error=error)


@dataclass(frozen=True)
class Transport:
    """A way to send operations, and the types of operations that can be sent in this way."""

    name: str
    types: frozenset[OperationType]


_QUERY, _MUTATION, _SUBSCRIPTION = OperationType
#: The specification of GraphQL over HTTP forbids mutations by GET.
GET = Transport("GET", frozenset({_QUERY}))
POST = Transport("POST", frozenset({_QUERY, _MUTATION}))
#: Requests that accept a stream of events (Server-Sent Events).
STREAM_GET = Transport("GET", frozenset({_QUERY, _SUBSCRIPTION}))
STREAM_POST = Transport("POST", frozenset(OperationType))
WEBSOCKET = Transport("WebSocket", frozenset(OperationType))


@dataclass(slots=True)
class OperationRequest:
    """The document, or its hash, and the values to execute it with."""

    query: str | None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    #: The hash of a registered document, to be executed instead of `query`.
    document_id: str | None = None
    transport: Transport = POST


@dataclass(slots=True)
class OperationResult:
    """The result of an operation. Its errors have their codes."""

    #: The data as JSON, which may be `null`. None if the operation was refused before execution:
    #: a response then has no `data`.
    data: bytes | None
    errors: list[GraphQLError] = field(default_factory=list)
    extensions: Mapping[str, Any] | None = None
    #: A subscription that may start: there is no data yet.
    subscription: "Subscription | None" = None

    def body(self) -> bytes:
        """Return the response as JSON."""
        parts = []
        if self.data is not None:
            parts.append(b'"data":%b' % self.data)
        if self.errors:
            formatted = [error.formatted for error in self.errors]
            parts.append(b'"errors":%b' % orjson.dumps(formatted))
        if self.extensions:
            parts.append(b'"extensions":%b' % orjson.dumps(self.extensions))
        return b"{%b}" % b",".join(parts)
