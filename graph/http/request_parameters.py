"""The parameters of a GraphQL request: `query`, `variables`, `operationName` and others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cross_web import HTTPException
from strawberry.http import GraphQLRequestData

from graph.http.body_limits import check_json_value
from graph.settings import Settings

TYPES: Mapping[str, tuple[type, str]] = {
    "query": (str, "a string"),
    "operationName": (str, "a string"),
    "documentId": (str, "a string"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}


@dataclass
class RequestParameters(GraphQLRequestData):
    #: The hash of a registered document, to be executed instead of `query`.
    document_id: str | None = None


def read_parameters(parameters: Any, settings: Settings) -> RequestParameters:
    """Check the types and sizes of a request's parameters; raise an `HTTPException` if wrong."""
    if not isinstance(parameters, dict):
        raise HTTPException(400, 'Send one JSON object such as {"query": "{ viewer { handle } }"}.')
    for name, (type_, description) in TYPES.items():
        if not isinstance(parameters.get(name), (type_, type(None))):
            raise HTTPException(400, f"The request's `{name}` must be {description} or null.")
    for name in ("variables", "extensions"):
        check_json_value(name, parameters.get(name), settings)
    return RequestParameters(
        query=parameters.get("query"),
        variables=parameters.get("variables"),
        operation_name=parameters.get("operationName") or None,
        extensions=parameters.get("extensions"),
        document_id=parameters.get("documentId"),
    )
