"""GraphQL over WebSocket, by the protocol graphql-transport-ws.

The protocol is that of github.com/enisdenjo/graphql-ws. A socket passes these steps:

 1. Pages of other origins are refused, since browsers do not ask before they open a WebSocket.
 2. The sockets of each network are limited.
 3. The client sends `connection_init` within some seconds. The token is in its payload or in the
    handshake's headers, or there is a session cookie. The sockets of each user are limited.
 4. Each `subscribe` runs an operation, like a request: it is identified again, charged and limited.

Close codes:

    4400  a message is malformed          4408  no `connection_init` in time
    4401  not authenticated               4409  an operation with this ID is running
    4403  the credential is not valid now 4429  too many sockets, operations, or `connection_init`
    4406  another protocol                1009  a message is too large
    1012  the server restarts: reconnect, and resume subscriptions
"""

from contextlib import ExitStack

from starlette.types import Receive, Scope, Send

from graph.http.cross_site import is_cross_site
from graph.http.request import HttpRequest
from graph.http.socket_messages import SocketParts
from graph.http.websocket_connection import WebSocketConnection
from graph.kit.errors import ApiError
from graph.operations.operation_cost import REQUEST_COST


class WebSocketEndpoint:
    """The ASGI application for WebSockets at `/graphql`."""

    def __init__(self, parts: SocketParts) -> None:
        self.parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = HttpRequest(scope, receive)
        with ExitStack() as counted:
            try:
                self._check_handshake(request)
                counted.enter_context(self.parts.sockets.of_address(request.address))
                budgets = self.parts.server.budgets
                await budgets.charge(budgets.caller(None, request.address), REQUEST_COST)
            except ApiError as error:
                await refuse(scope, send, error)
                return
            connection = WebSocketConnection(self.parts, request, send, counted)
            # Not kept as long as the socket is open.
            del request
            await connection.run()

    def _check_handshake(self, request: HttpRequest) -> None:
        if is_cross_site(request.headers, self.parts.settings.allowed_origins):
            raise ForeignOrigin


class ForeignOrigin(ApiError):
    """A page of another site opens a socket."""

    code = "FORBIDDEN"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            "Pages of other sites cannot open a WebSocket. Add the page's origin to the server's "
            "setting TASKLOOM_ALLOWED_ORIGINS."
        )


async def refuse(scope: Scope, send: Send, error: ApiError) -> None:
    """Refuse a handshake, by an HTTP response where the server can send one."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    start = {"type": "websocket.http.response.start", "status": error.status, "headers": headers}
    await send(start)
    await send({"type": "websocket.http.response.body", "body": f"{error.message}\n".encode()})
