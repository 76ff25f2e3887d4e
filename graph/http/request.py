"""An HTTP request to `/graphql`, read from its ASGI scope with no more work than is needed."""

from functools import cached_property
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, cookie_parser
from starlette.types import Receive, Scope

from graph.http.body_limits import LimitedBody
from graph.http.client_network import client_network


class HttpRequest:
    """A request, or the handshake of a WebSocket."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.receive = receive
        self.method: str = scope.get("method", "GET")
        #: The headers, of which the first of each name counts.
        self.headers: dict[str, str] = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in reversed(scope["headers"])
        }
        self.body = LimitedBody(self.headers, receive)

    @property
    def is_secure(self) -> bool:
        return self.scope.get("scheme") == "https"

    @property
    def address(self) -> str:
        """The network of the sender; empty if the server does not know it."""
        client = self.scope.get("client")
        return client_network(client[0] if client else "")

    @cached_property
    def cookies(self) -> dict[str, str]:
        header = self.headers.get("cookie")
        return {} if header is None else cookie_parser(header)

    @cached_property
    def query_parameters(self) -> dict[str, str]:
        """The parameters in the URL, of which the last of each name counts."""
        query: bytes = self.scope["query_string"]
        return dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))

    async def read_body(self) -> bytes:
        """Return the body. Raise `RequestTooLarge`, or `ClientDisconnect`."""
        pieces = []
        while True:
            message = await self.body.receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            pieces.append(message.get("body", b""))
            if not message.get("more_body"):
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)
