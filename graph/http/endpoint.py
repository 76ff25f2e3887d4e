"""GraphQL over HTTP, as its specification has it (graphql.github.io/graphql-over-http).

Strawberry's view parses, executes and upgrades sockets; here is what it leaves open: the media
types and status codes, the form of every error, who may send what, and the life of a request's
context.
"""

import asyncio
from collections.abc import Coroutine
from json import JSONDecodeError
from typing import Any, TypeVar

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
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

from graph.context import Context, Sender, Server
from graph.http.rate_limit_headers import rate_limit_headers, retry_after_header
from graph.http.requests import (
    Parameters,
    RequestTooLarge,
    is_cross_site,
    limit_body_size,
    network_of,
    read_parameters,
    reject_large_body,
    reject_many_containers,
)
from graph.http.responses import (
    JSON,
    accepts_only_json,
    error_response,
    failure_response,
    is_request_error,
    response_type,
)
from graph.http.session_cookie import delete_session_cookie, set_session_cookie
from graph.kit.errors import ApiError, Forbidden, RateLimited, Unauthenticated, Unavailable
from graph.operations.documents import READING_COST
from graph.operations.limits import CODE
from graph.operations.persisted import DocumentStore
from graph.settings import Settings
from models import AccessToken

T = TypeVar("T")

METHODS = "Send a query by GET, or any operation by POST."


class GraphQLEndpoint(GraphQL[Context, None]):
    """`/graphql`: one operation by POST, a query by GET, GraphiQL for a browser."""

    def __init__(
        self,
        schema: BaseSchema,
        server: Server,
        documents: DocumentStore,
        settings: Settings,
        *,
        explorer: bytes | None,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if explorer else None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            allowed_origins=settings.allowed_origins,
        )
        self.settings = settings
        self.explorer = explorer
        self.server = server
        self.documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, limit_body_size(receive, self.settings.max_body_size))
        try:
            reject_large_body(request, self.settings.max_body_size)
            response = await self.run_in_time(request)
        except RequestTooLarge as error:
            response = error_response(error.status_code, error.reason, CODE)
        except HTTPException as error:
            response = error_response(error.status_code, error.reason)
            if error.status_code == 405:
                response.headers["Allow"] = "POST" if request.method == "GET" else "GET, POST"
        except ApiError as error:
            response = error_response(error.status, error.message, error.code)
            if isinstance(error, Unauthenticated):
                response.headers["WWW-Authenticate"] = "Bearer"
            if isinstance(error, RateLimited):
                response.headers.update(retry_after_header(error))
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - answered, and logged with its id
            response = failure_response(error)
        await response(scope, receive, send)

    async def run_in_time(self, request: Request) -> Response:
        """Answers a request, or raises `Unavailable` where that takes too long."""
        seconds = self.settings.request_timeout
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                return await self.run(request)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Unavailable(
                f"The operation took more than {seconds:g} seconds, and was stopped. Ask for less; "
                "of a mutation look what was written, or send it again with its idempotencyKey."
            ) from None

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context:
        identity = await self.server.authenticator.authenticate(request)
        sends = isinstance(request, WebSocket) or request.method == "POST"
        if identity.by_cookie and sends and is_cross_site(request, self.settings.allowed_origins):
            raise Forbidden(
                "A cookie does not speak for the page of another site: send a token, or have the "
                "server's TASKLOOM_ALLOWED_ORIGINS name the page's origin."
            )
        address = network_of(request.client.host if request.client else "")
        return Context(self.server, identity, Sender(address, request.headers.get("user-agent")))

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
            if (request.headers.get("content-encoding") or "identity").lower() != "identity":
                raise HTTPException(415, "Send the request's body without Content-Encoding.")
            body = await request.get_body()
            reject_many_containers(body)
            parameters = self.parse_json(body)
        return read_parameters(parameters, self.settings)

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
        # Whatever is asked costs something, even if it is not known or cannot be read.
        await context.charge(READING_COST)
        query = await self._document(request_data, context)
        try:
            result = await cancel_on_disconnect(
                request,
                self.schema.execute(
                    query,
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
        for refusal in result.errors or ():
            if isinstance(refusal.original_error, RateLimited):
                sub_response.status_code = refusal.original_error.status
                sub_response.headers.update(retry_after_header(refusal.original_error))
        self._set_cookie(request, sub_response, context)
        sub_response.headers.update(rate_limit_headers(context))
        return result

    async def _document(self, request_data: GraphQLRequestData, context: Context) -> str | None:
        """The text of the document that a request means."""
        credential = context.identity.credential
        persisted = (request_data.extensions or {}).get("persistedQuery")
        return await self.documents.text(
            request_data.query,
            request_data.document_id if isinstance(request_data, Parameters) else None,
            persisted,
            sends_anything=isinstance(credential, AccessToken) and credential.sends_anything,
        )

    def _set_cookie(self, request: Request, response: Response, context: Context) -> None:
        """Tells a browser of a session that was begun or ended."""
        if context.session_cookie is not None:
            set_session_cookie(response, context.session_cookie, request, self.settings)
        elif context.is_signed_out:
            delete_session_cookie(response)

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


async def cancel_on_disconnect(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Does some work for as long as the client waits for it.

    Then it is cancelled, down to the database, and its connections are freed.
    """

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            watching.result()
            raise ClientDisconnect
        return working.result()
    finally:
        unfinished = [task for task in (working, watching) if not task.done()]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
