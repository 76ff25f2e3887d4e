"""GraphQL over HTTP, as its specification has it (graphql.github.io/graphql-over-http).

Strawberry's view parses, executes and upgrades sockets; here is what it leaves open: the media
types and status codes, the form of every error, and the life of a request's context.
"""

import asyncio
import re
from collections.abc import Collection, Coroutine, Mapping
from itertools import islice
from json import JSONDecodeError
from typing import Any, TypeVar

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.types import QueryParams
from strawberry.schema import BaseSchema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graph.auth import identify
from graph.context import Context
from graph.kit.errors import ApiError, Unauthenticated, Unavailable, mask, unanswered
from graph.kit.limits import Limits
from graph.settings import Settings
from models.database import Database, is_timeout, is_unreachable

T = TypeVar("T")

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
METHODS = "Send a query by GET, or any operation by POST."
#: The most that is nested in a request's body or variables.
MAX_NESTING = 200
#: And the most values that there are in it.
MAX_VALUES = 10_000


class GraphQLEndpoint(GraphQL[Context, None]):
    """`/graphql`: one operation by POST, a query by GET, GraphiQL for a browser."""

    def __init__(
        self, schema: BaseSchema, database: Database, settings: Settings, explorer: bytes | None
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if explorer else None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
        )
        self.database = database
        self.settings = settings
        self.explorer = explorer
        self.limits = Limits(
            size=settings.max_document_size,
            tokens=settings.max_tokens,
            fields=settings.max_fields,
            depth=settings.max_depth,
            aliases=settings.max_aliases,
            directives=settings.max_directives,
            roots=settings.max_root_fields,
            cost=settings.max_cost,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, limited(receive, self.settings.max_body_size))
        try:
            refuse_large(request, self.settings.max_body_size)
            response = await self.run(request)
        except HTTPException as error:
            response = error_response(error.status_code, error.reason)
            if error.status_code == 405:
                response.headers["Allow"] = "POST" if request.method == "GET" else "GET, POST"
        except Unauthenticated as error:
            response = error_response(401, error.message, error.code)
            response.headers["WWW-Authenticate"] = "Bearer"
        except ApiError as error:
            response = error_response(400, error.message, error.code)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - answered, and logged with its id
            response = failure_response(error)
        await response(scope, receive, send)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        identity = await identify(self.database, request)
        read_concurrency = self.settings.read_concurrency
        return Context(self.database, identity, read_concurrency, self.limits)

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        response = await super().get_sub_response(request)
        if isinstance(request, WebSocket):
            return response
        if request.method not in ("GET", "POST"):
            raise HTTPException(405, METHODS)
        response.media_type = response_type(request.headers.get("accept"), request.method)
        return response

    async def render_graphql_ide(self, request: Request) -> Response:
        return Response(self.explorer, media_type="text/html")

    def should_render_graphql_ide(self, request: Any) -> bool:
        wants_page = "text/html" in (request.headers.get("accept") or "")
        return request.method == "GET" and "query" not in request.query_params and wants_page

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str | bytes:
        # As text: a WebSocket would send bytes as a binary message.
        return orjson.dumps(data).decode()

    async def parse_http_body(
        self, request: AsyncHTTPRequestAdapter
    ) -> GraphQLRequestData | list[GraphQLRequestData]:
        if request.method == "GET":
            parameters: Any = self.parse_query_params(request.query_params)
        else:
            content_type = (request.content_type or "").split(";")[0].strip().lower()
            if content_type != JSON:
                raise HTTPException(415, f"Send the request's body as Content-Type: {JSON}.")
            parameters = self.parse_json(await request.get_body())
        return read_parameters(parameters)

    def parse_query_params(self, params: QueryParams) -> dict[str, Any]:
        read = dict(params)
        for name in ("variables", "extensions"):
            if read.get(name):
                read[name] = self.parse_json(str(read[name]))
            else:
                read.pop(name, None)
        return read

    def parse_json(self, data: str | bytes) -> Any:
        try:
            return self.decode_json(data)
        except JSONDecodeError as error:
            raise HTTPException(400, f"This is not valid JSON: {error}.") from error

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        try:
            result = await while_connected(
                request,
                self.schema.execute(
                    request_data.query,
                    variable_values=request_data.variables,
                    context_value=context,
                    operation_name=request_data.operation_name,
                    allowed_operation_types=OperationType.from_http(request_adapter.method),
                    operation_extensions=request_data.extensions,
                ),
            )
        except MissingQueryError:
            raise HTTPException(400, "The request has no `query`.") from None
        except CannotGetOperationTypeError as error:
            raise HTTPException(400, error.as_http_error_reason()) from None
        except InvalidOperationTypeError as error:
            reason = error.as_http_error_reason(request_adapter.method)
            raise HTTPException(405, reason) from None
        finally:
            await asyncio.shield(context.close())
        if is_request_error(result) and not accepts_only_json(request):
            sub_response.status_code = 400
        return result

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        answer = await super().process_result(request, result)
        if is_request_error(result):
            # Nothing was executed, so there is no data, not even null.
            answer.pop("data", None)
        return answer

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        return Response(
            orjson.dumps(response_data),
            status_code=sub_response.status_code or 200,
            headers=dict(sub_response.headers),
            media_type=f"{sub_response.media_type}; charset=utf-8",
        )


def refuse_large(request: Request, limit: int) -> None:
    """Refuses a body that says itself that it is too large."""
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > limit:
        raise too_large(limit)


def limited(receive: Receive, limit: int) -> Receive:
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


def too_large(limit: int) -> HTTPException:
    """The error of a body that is too large."""
    return HTTPException(413, f"The request's body may have {limit:,} bytes: send less at once.")


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Does some work for as long as the client waits for it: then its connections are freed."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        unfinished = [task for task in (working, watching) if not task.done()]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)


def read_parameters(parameters: Any) -> GraphQLRequestData:
    """The parameters of a request, each of the type it must have."""
    if not isinstance(parameters, dict):
        raise HTTPException(400, 'Send one JSON object such as {"query": "{ viewer { handle } }"}.')
    kinds: Mapping[str, tuple[type, str]] = {
        "query": (str, "a string"),
        "operationName": (str, "a string"),
        "variables": (dict, "an object"),
        "extensions": (dict, "an object"),
    }
    for name, (kind, wording) in kinds.items():
        if not isinstance(parameters.get(name), (kind, type(None))):
            raise HTTPException(400, f"The request's `{name}` must be {wording} or null.")
    for name in ("variables", "extensions"):
        check_values(name, parameters.get(name))
    return GraphQLRequestData(
        query=parameters.get("query"),
        variables=parameters.get("variables"),
        operation_name=parameters.get("operationName") or None,
        extensions=parameters.get("extensions"),
    )


def check_values(name: str, value: Any) -> None:
    """Refuses a JSON value that is nested too deep, or holds too many others."""
    level, depth, count = [value], 0, 0
    while level := [inner for outer in level for inner in _within(outer)]:
        depth += 1
        count += len(level)
        if depth > MAX_NESTING:
            raise HTTPException(400, f"The {name} are nested more than {MAX_NESTING} deep.")
        if count > MAX_VALUES:
            raise HTTPException(400, f"The {name} hold more than {MAX_VALUES:,} values: send less.")


def _within(value: Any) -> Collection[Any]:
    """The values that a JSON value holds; of too many, one more than there may be."""
    inner = value.values() if isinstance(value, dict) else value
    return list(islice(inner, MAX_VALUES + 1)) if isinstance(value, (dict, list)) else ()


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
