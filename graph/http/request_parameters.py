"""The parameters of a GraphQL request: `query`, `variables`, `operationName` and others."""

from collections.abc import Mapping
from json import JSONDecodeError
from typing import Any

import orjson

from graph.http.body_limits import RequestTooLarge, check_json_value, count_brackets
from graph.http.request import HttpRequest
from graph.http.responses import JSON
from graph.operations.requests import GET, POST, BadRequest, OperationRequest, Transport
from graph.settings import Settings

TYPES: Mapping[str, tuple[type, str]] = {
    "query": (str, "a string"),
    "operationName": (str, "a string"),
    "documentId": (str, "a string"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}


def read_query_string(request: HttpRequest, settings: Settings) -> OperationRequest:
    """Read the operation of a GET request; raise a `BadRequest` if it is malformed."""
    parameters: dict[str, Any] = dict(request.query_parameters)
    for name in ("variables", "extensions"):
        if parameters.get(name):
            parameters[name] = parse_json(parameters[name])
        else:
            parameters.pop(name, None)
    return read_parameters(parameters, settings, GET)


def check_content(request: HttpRequest) -> None:
    """Raise a `BadRequest` if a POST request has a body of another media type."""
    content_type = request.headers.get("content-type", "")
    if content_type != JSON and content_type.split(";")[0].strip().lower() != JSON:
        raise BadRequest(f"Send the request body as Content-Type: {JSON}.", 415)
    if request.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise BadRequest("Send the request body without Content-Encoding.", 415)


def read_json(body: bytes, settings: Settings) -> OperationRequest | list[OperationRequest]:
    """Read the operation in a JSON body, or a batch of them; raise a `BadRequest` if malformed."""
    count_brackets(body)
    parameters = parse_json(body)
    if not isinstance(parameters, list) or not parameters:
        return read_parameters(parameters, settings, POST)
    if len(parameters) > settings.max_batch_operations:
        raise RequestTooLarge(
            f"The batch has {len(parameters):,} operations; the limit is "
            f"{settings.max_batch_operations}. Send the others in another request.",
            limit=settings.max_batch_operations,
            value=len(parameters),
        )
    return [read_parameters(each, settings, POST) for each in parameters]


def read_parameters(parameters: Any, settings: Settings, transport: Transport) -> OperationRequest:
    """Check the types and sizes of a request's parameters; raise a `BadRequest` if wrong."""
    if not isinstance(parameters, dict):
        raise BadRequest('Send one JSON object such as {"query": "{ viewer { handle } }"}.')
    for name, (type_, description) in TYPES.items():
        if not isinstance(parameters.get(name), (type_, type(None))):
            raise BadRequest(f"The request's `{name}` must be {description} or null.")
    for name in ("variables", "extensions"):
        if (value := parameters.get(name)) is not None:
            check_json_value(name, value, settings)
    return OperationRequest(
        query=parameters.get("query"),
        variables=parameters.get("variables"),
        operation_name=parameters.get("operationName") or None,
        extensions=parameters.get("extensions"),
        document_id=parameters.get("documentId"),
        transport=transport,
    )


def parse_json(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except JSONDecodeError as error:
        raise BadRequest(f"This is not valid JSON: {error}.") from error
