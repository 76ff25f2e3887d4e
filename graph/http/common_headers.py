"""The headers that all responses of `/graphql` have: for security, and for pages of other origins.

They depend on nothing but the scheme and the origin of a request, so they are made at the start.
"""

from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp

from graph.http.cross_origin import CrossOriginRequests
from graph.http.responses import Header
from graph.http.security_headers import NO_STORE, SECURITY_HEADERS, STRICT_TRANSPORT_SECURITY


class CommonHeaders:
    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str]) -> None:
        secured = _encode({**SECURITY_HEADERS, NO_STORE[0]: NO_STORE[1]})
        self._plain = secured
        self._https = [*secured, *_encode(STRICT_TRANSPORT_SECURITY)]
        self._cross_origin = CrossOriginRequests(app, allowed_origins)
        self._of_others = _encode(self._cross_origin.simple_headers)
        self._of_origin: dict[str, list[Header]] = {
            origin: [
                *self._of_others,
                *_encode({"access-control-allow-origin": origin, "vary": "Origin"}),
            ]
            for origin in allowed_origins
        }

    def of(self, scheme: str, origin: str | None) -> list[Header]:
        """Return the headers of responses to requests from an origin."""
        headers = self._https if scheme == "https" else self._plain
        if origin is None:
            return headers
        return [*headers, *self._of_origin.get(origin, self._of_others)]

    def preflight(self, headers: dict[str, str]) -> Response | None:
        """Return the response to a browser that asks what a page may send; None if none does."""
        if not {"origin", "access-control-request-method"} <= headers.keys():
            return None
        return self._cross_origin.preflight_response(Headers(headers))


def _encode(headers: Mapping[str, str]) -> list[Header]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
