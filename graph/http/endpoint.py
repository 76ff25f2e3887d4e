"""`/graphql`: GraphQL over HTTP (graphql.github.io/graphql-over-http).

A request passes these steps, in this order. The first of them to fail determines the response.

 1. `__call__` answers a browser that asks what pages of its origin may send, and turns every
    exception of the steps below into a response.
 2. `Watch` cancels the steps below after the request timeout, and when the client disconnects.
 3. `answer` checks the method and negotiates the media type.
 4. `admit` authenticates the request, charges it and its body, limits the size of the body, and
    refuses cookies that other sites make a browser send.
 5. A browser's visit is answered with GraphiQL, which shows the query in the URL if there is one.
    Such a request ends here.
 6. `request_parameters` reads the query string or the JSON body, and checks the parameters.
 7. `OperationRunner.run` runs the operation. Its module says in which steps.
 8. `result_response` sets the status; cookies and rate limit headers are added. The body is
    compressed, if the client accepts that. A subscription is answered by an `EventStream`.

Step 7 is repeated for each operation of a batch; see `graph.http.batches`. WebSockets have an
endpoint of their own; see `graph.http.websocket`.
"""

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from graph.auth.devices import DEVICE_COOKIE
from graph.auth.identity import Identity
from graph.context import Context, Sender, Server
from graph.http.batches import BatchRunner
from graph.http.body_limits import BODY_BYTES_PER_COST, LimitedBody
from graph.http.common_headers import CommonHeaders
from graph.http.cookies import cookie_headers
from graph.http.credential_charge import ChargedAuthenticator
from graph.http.cross_site import is_cross_site
from graph.http.event_stream import EventStream, EventStreams
from graph.http.explorer import ExplorerPage
from graph.http.open_sockets import OpenSockets
from graph.http.rate_limit_headers import rate_limit_headers
from graph.http.request import HttpRequest
from graph.http.request_parameters import check_content, read_json, read_query_string
from graph.http.responses import (
    EVENT_STREAM,
    JSON,
    HttpResponse,
    accepts_event_stream,
    api_error_response,
    batch_response,
    error_media_type,
    failure_response,
    negotiate_media_type,
    result_response,
)
from graph.http.socket_messages import SocketParts
from graph.http.trace_request import requested_trace, show_trace
from graph.http.watch import Watch
from graph.http.websocket import WebSocketEndpoint
from graph.kit.errors import ApiError, Forbidden
from graph.operations.operation_cost import REQUEST_COST
from graph.operations.requests import (
    GET,
    STREAM_GET,
    STREAM_POST,
    BadRequest,
    OperationRequest,
)
from graph.operations.runner import OperationRunner
from graph.settings import Settings


class GraphQLEndpoint:
    """The ASGI application for `/graphql`; `explorer` is the page of GraphiQL, if it is enabled."""

    def __init__(
        self,
        server: Server,
        runner: OperationRunner,
        settings: Settings,
        *,
        explorer: ExplorerPage | None,
    ) -> None:
        self.server = server
        self.runner = runner
        self.batches = BatchRunner(runner, server)
        self.authenticator = ChargedAuthenticator(server.authenticator, server.budgets)
        self.settings = settings
        self.explorer = explorer
        self.headers = CommonHeaders(self, settings.allowed_origins)
        sockets = OpenSockets(settings)
        self.streams = EventStreams(server, sockets, settings)
        self.sockets = WebSocketEndpoint(
            SocketParts(server, runner, self.authenticator, sockets, settings)
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HttpRequest(scope, receive)
        if request.method == "OPTIONS" and (preflight := self.headers.preflight(request.headers)):
            await preflight(scope, receive, send)
            return
        try:
            async with Watch(request.body.receive, self.settings.request_timeout) as watch:
                response: HttpResponse | EventStream = await self.answer(request, watch)
        except ApiError as error:
            response = api_error_response(error, self._error_media_type(request))
            if error.status == 405:
                allowed = b"POST" if request.method == "GET" else b"GET, POST"
                response.headers.append((b"allow", allowed))
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - answered, and logged with its ID
            response = failure_response(error, self._error_media_type(request))
        await response.encode(request.headers.get("accept-encoding"))
        common = self.headers.of(scope.get("scheme", ""), request.headers.get("origin"))
        await response.send(send, common)

    async def answer(self, request: HttpRequest, watch: Watch) -> "HttpResponse | EventStream":
        """Answer a request. Raise an `ApiError` if it is refused."""
        accept = request.headers.get("accept")
        if request.method not in ("GET", "POST"):
            raise BadRequest("Send queries by GET, or any operation by POST.", 405)
        media_type = negotiate_media_type(accept, request.method)
        context = await self.admit(request)
        streams = accepts_event_stream(accept)
        operations: OperationRequest | list[OperationRequest]
        if request.method == "GET":
            if "text/html" in (accept or ""):
                if self.explorer is not None:
                    return self.explorer.respond()
                if "query" not in request.query_parameters:
                    raise BadRequest("Not Found", 404)
            operations = read_query_string(request, self.settings)
            operations.transport = STREAM_GET if streams else GET
        else:
            check_content(request)
            body = await request.read_body()
            operations = read_json(body, self.settings)
            if streams and isinstance(operations, OperationRequest):
                operations.transport = STREAM_POST
        watch.body_is_read()
        await refund_body(request.body, context)
        response: HttpResponse | EventStream
        if isinstance(operations, list):
            if media_type == EVENT_STREAM:
                raise BadRequest(f"A batch cannot be answered as {EVENT_STREAM}.", 406)
            results, contexts = await self.batches.run(context, operations)
            response = batch_response(results, media_type)
        else:
            context.trace, refusal = requested_trace(request.headers, context.viewer, self.settings)
            result, contexts = await self.runner.run(context, operations), [context]
            if context.trace is not None or refusal is not None:
                show_trace(result, request.headers, refusal)
            if result.subscription is not None or (
                media_type == EVENT_STREAM and result.data is not None
            ):
                response = EventStream(self.streams, request, context, result)
            else:
                shown_as = JSON if media_type == EVENT_STREAM else media_type
                response = result_response(result, shown_as, accept)
        for each in contexts:
            response.headers.extend(cookie_headers(each, request.is_secure, self.settings))
        response.headers.extend(rate_limit_headers(contexts[-1]))
        return response

    async def admit(self, request: HttpRequest) -> Context:
        """Authenticate and charge a request; return the context of its operation."""
        identity = await self.authenticator.authenticate_request(request)
        sender = Sender(
            request.address,
            request.headers.get("user-agent"),
            request.cookies.get(DEVICE_COOKIE, ""),
        )
        context = Context(self.server, identity, sender)
        body = request.body
        body.set_limit(*self._body_limit(identity))
        # Charged before anything is read, so that requests that fail below cost something too.
        await context.charge(REQUEST_COST + body.charged_bytes // BODY_BYTES_PER_COST)
        body.reject_large()
        if (
            identity.by_cookie
            and request.method == "POST"
            and is_cross_site(request.headers, self.settings.allowed_origins)
        ):
            raise Forbidden(
                "Pages of other sites cannot use the session cookie. Send a token, or add the "
                "page's origin to the server's TASKLOOM_ALLOWED_ORIGINS."
            )
        return context

    @staticmethod
    def _error_media_type(request: HttpRequest) -> str:
        return error_media_type(request.headers.get("accept"), request.method)

    def _body_limit(self, identity: Identity) -> tuple[int, str]:
        """The limit of the caller's request bodies, and the end of the error message."""
        limit = self.settings.max_body_size
        if identity.record is not None or limit <= self.settings.max_anonymous_body_size:
            return limit, "."
        return self.settings.max_anonymous_body_size, ", or sign in for a larger limit."


async def refund_body(body: LimitedBody, context: Context) -> None:
    """Refund the charge for a body that was shorter than announced."""
    unused = body.charged_bytes // BODY_BYTES_PER_COST - body.received // BODY_BYTES_PER_COST
    if unused > 0:
        await context.refund(unused)
