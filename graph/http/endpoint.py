"""`/graphql`: GraphQL over HTTP (graphql.github.io/graphql-over-http), on top of Strawberry's view.

A request passes these steps, in this order. The first of them to fail determines the response.

 1. `__call__` turns every exception into a response.
 2. `run_with_deadline` cancels the steps below after the request timeout. It calls the view's
    `run`, which calls the other steps.
 3. `get_sub_response` checks the method and negotiates the media type.
 4. `get_context` authenticates the request, creates the operation's context, charges the request
    and its body, limits the size of the body, and refuses cookies that other sites make a browser
    send.
 5. `should_render_graphql_ide` and `render_graphql_ide` answer a browser's visit with GraphiQL.
    Such a request ends here.
 6. `parse_http_body` reads the query string or the JSON body, and checks the parameters.
 7. `execute_single` looks up the text of a document sent by hash, and executes the schema; it
    cancels the execution if the client disconnects. The schema runs
     a. `OperationLimits.on_parse`: charges a document that is not cached, parses it, checks its
        limits, and validates it,
     b. `RequireOperationName.on_validate`,
     c. `OperationLimits.on_execute`: estimates the cost, checks it and charges it,
     d. the resolvers,
     e. `Schema.process_errors`: gives errors their codes and masks unexpected ones, also those of
        steps a to c,
     f. the rest of `OperationLimits.on_execute`: refunds unused cost, and checks the response's
        size.
 8. `execute_single` closes the context, and sets the status, the cookies and the rate limit
    headers.
 9. `process_result` and `create_response` serialize the result.
"""

import asyncio
from collections.abc import Coroutine
from json import JSONDecodeError
from typing import Any, TypeVar, cast

import orjson
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.types import QueryParams
from strawberry.schema import BaseSchema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graph.auth.devices import DEVICE_COOKIE
from graph.context import Context, Sender, Server
from graph.http.body_limits import LimitedBody, RequestTooLarge, reject_many_brackets
from graph.http.client_network import sender_address
from graph.http.cookies import delete_session_cookie, set_device_cookie, set_session_cookie
from graph.http.credential_charge import ChargedAuthenticator
from graph.http.cross_site import is_cross_site
from graph.http.rate_limit_headers import rate_limit_headers, retry_after_header
from graph.http.request_parameters import RequestParameters, read_parameters
from graph.http.responses import (
    JSON,
    accepts_only_json,
    api_error_response,
    error_response,
    failure_response,
    is_request_error,
    negotiate_media_type,
)
from graph.kit.errors import ApiError, Forbidden, RateLimited, Unavailable
from graph.operations.cost import REQUEST_COST
from graph.operations.document_store import DocumentStore
from graph.operations.limits import LIMIT_EXCEEDED
from graph.operations.usage import CURRENT_USAGE
from graph.settings import Settings
from models import AccessToken

T = TypeVar("T")

#: The cost of receiving and parsing a body: keys of JSON objects take the longest.
BODY_BYTES_PER_COST = 5_000


class GraphQLEndpoint(GraphQL[Context, None]):
    """The ASGI application for `/graphql`; `explorer` is the page of GraphiQL, if it is enabled."""

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
            subscription_protocols=(),
        )
        self.server = server
        self.authenticator = ChargedAuthenticator(server.authenticator, server.budgets)
        self.documents = documents
        self.settings = settings
        self.explorer = explorer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = LimitedBody(Headers(scope=scope), receive)
        request = Request(scope, body.receive)
        request.state.body = body
        try:
            response = await self.run_with_deadline(request)
        except RequestTooLarge as error:
            response = error_response(error.status_code, error.reason, LIMIT_EXCEEDED)
        except HTTPException as error:
            response = error_response(error.status_code, error.reason)
            if error.status_code == 405:
                response.headers["Allow"] = "POST" if request.method == "GET" else "GET, POST"
        except ApiError as error:
            response = api_error_response(error)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - answered, and logged with its ID
            response = failure_response(error)
        await response(scope, receive, send)

    async def run_with_deadline(self, request: Request) -> Response:
        """Run the request; raise `Unavailable` after the request timeout."""
        seconds = self.settings.request_timeout
        deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                return await self.run(request)
        except TimeoutError:
            if not deadline.expired():
                raise
            raise Unavailable(
                f"The operation took more than {seconds:g} seconds and was canceled. Request less. "
                "After a mutation, check what was saved, or send it again with its idempotencyKey."
            ) from None

    async def get_sub_response(self, request: Any) -> Response:
        response = await super().get_sub_response(request)
        if request.method not in ("GET", "POST"):
            raise HTTPException(405, "Send queries by GET, or any operation by POST.")
        response.media_type = negotiate_media_type(request.headers.get("accept"), request.method)
        return response

    async def get_context(self, request: Any, response: Any) -> Context:
        address = sender_address(request)
        identity = await self.authenticator.authenticate(request, address)
        user_agent = request.headers.get("user-agent")
        sender = Sender(address, user_agent, request.cookies.get(DEVICE_COOKIE, ""))
        context = Context(self.server, identity, sender)
        body: LimitedBody = request.state.body
        body.set_limit(*self._body_limit(context))
        # Charged before anything is read, so that requests that fail below cost something too.
        await context.charge(REQUEST_COST + body.charged_bytes // BODY_BYTES_PER_COST)
        body.reject_large()
        allowed_origins = self.settings.allowed_origins
        is_post = request.method == "POST"
        if identity.by_cookie and is_post and is_cross_site(request, allowed_origins):
            raise Forbidden(
                "Pages of other sites cannot use the session cookie. Send a token, or add the "
                "page's origin to the server's TASKLOOM_ALLOWED_ORIGINS."
            )
        return context

    def _body_limit(self, context: Context) -> tuple[int, str]:
        """The limit of the caller's request bodies, and the end of the error message."""
        limit = self.settings.max_body_size
        if context.viewer.user_id is not None or limit <= self.settings.max_anonymous_body_size:
            return limit, "."
        return self.settings.max_anonymous_body_size, ", or sign in for a larger limit."

    def should_render_graphql_ide(self, request: Any) -> bool:
        accepts_html = "text/html" in (request.headers.get("accept") or "")
        return request.method == "GET" and "query" not in request.query_params and accepts_html

    async def render_graphql_ide(self, request: Request) -> Response:
        return Response(self.explorer, media_type="text/html")

    async def parse_http_body(
        self, request: AsyncHTTPRequestAdapter
    ) -> GraphQLRequestData | list[GraphQLRequestData]:
        if request.method == "GET":
            parameters: Any = self.parse_query_params(request.query_params)
        else:
            content_type = (request.content_type or "").split(";")[0].strip().lower()
            if content_type != JSON:
                raise HTTPException(415, f"Send the request body as Content-Type: {JSON}.")
            if (request.headers.get("content-encoding") or "identity").lower() != "identity":
                raise HTTPException(415, "Send the request body without Content-Encoding.")
            body = await request.get_body()
            reject_many_brackets(body)
            parameters = self.parse_json(body)
        return read_parameters(parameters, self.settings)

    def parse_query_params(self, params: QueryParams) -> dict[str, Any]:
        parameters = dict(params)
        for name in ("variables", "extensions"):
            if parameters.get(name):
                parameters[name] = self.parse_json(str(parameters[name]))
            else:
                parameters.pop(name, None)
        return parameters

    def parse_json(self, data: str | bytes) -> Any:
        try:
            return orjson.loads(data)
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
        await self._refund_body(request.state.body, context)
        query = await self._document_text(request_data, context)
        CURRENT_USAGE.set(context.usage)
        try:
            result = await cancel_on_disconnect(
                request,
                self._execute(
                    context,
                    query,
                    variable_values=request_data.variables,
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
        for graphql_error in result.errors or ():
            cause = graphql_error.original_error
            if isinstance(cause, RateLimited):
                sub_response.status_code = cause.status
                sub_response.headers.update(retry_after_header(cause))
        self._update_cookies(request, sub_response, context)
        sub_response.headers.update(rate_limit_headers(context))
        return result

    async def _execute(
        self, context: Context, query: str | None, **options: Any
    ) -> ExecutionResult:
        """Execute an operation when it is the caller's turn."""
        async with self.server.connections.operations.slot(context.caller.name):
            result: Any = await self.schema.execute(query, context_value=context, **options)
        return cast("ExecutionResult", result)

    async def _refund_body(self, body: LimitedBody, context: Context) -> None:
        """Refund the charge for a body that was shorter than announced."""
        unused = body.charged_bytes // BODY_BYTES_PER_COST - body.received // BODY_BYTES_PER_COST
        if unused > 0:
            await context.settle(unused, 0)

    async def _document_text(
        self, request_data: GraphQLRequestData, context: Context
    ) -> str | None:
        credential = context.identity.credential
        return await self.documents.text(
            request_data.query,
            request_data.document_id if isinstance(request_data, RequestParameters) else None,
            (request_data.extensions or {}).get("persistedQuery"),
            sends_anything=isinstance(credential, AccessToken) and credential.sends_anything,
        )

    def _update_cookies(self, request: Request, response: Response, context: Context) -> None:
        if context.session_cookie is not None:
            set_session_cookie(response, context.session_cookie, request, self.settings)
        elif context.is_signed_out:
            delete_session_cookie(response)
        if context.device_cookie is not None:
            set_device_cookie(response, context.device_cookie, request, self.settings)

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        response_data = await super().process_result(request, result)
        if is_request_error(result):
            # GraphQL: a response without execution has no `data`, not even null.
            response_data.pop("data", None)
        return response_data

    def create_response(
        self,
        response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse],
        sub_response: Response,
    ) -> Response:
        response = Response(
            orjson.dumps(response_data),
            status_code=sub_response.status_code or 200,
            media_type=f"{sub_response.media_type}; charset=utf-8",
        )
        # Not as a dictionary: the response to a sign-in sets two cookies.
        response.raw_headers.extend(sub_response.raw_headers)
        return response


async def cancel_on_disconnect(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Await the work; if the client disconnects, cancel it and raise `ClientDisconnect`.

    The cancellation reaches the database, and frees the operation's connections.
    """

    async def wait_for_disconnect() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(wait_for_disconnect())
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            # Raises the error if receiving failed.
            watching.result()
            raise ClientDisconnect
        return working.result()
    finally:
        unfinished = [task for task in (working, watching) if not task.done()]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
