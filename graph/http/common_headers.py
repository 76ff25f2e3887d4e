"""The headers that all responses of `/graphql` have: for security, and for pages of other origins.

They depend on nothing but the scheme and the origin of a request, so they are made at the start.
"""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from graph.http.rate_limit_headers import RATE_LIMIT_HEADERS
from graph.http.responses import Header
from graph.http.security_headers import NO_STORE, SECURITY_HEADERS, STRICT_TRANSPORT_SECURITY


def cors_middleware(app: ASGIApp, allowed_origins: Sequence[str]) -> CORSMiddleware:
    """Wrap an application, so that pages of other origins can use it."""
    return CORSMiddleware(
        app,
        allow_origins=allowed_origins,
        allow_credentials=True,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=RATE_LIMIT_HEADERS,
    )


class CommonHeaders:
    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str]) -> None:
        secured = _encode({**SECURITY_HEADERS, NO_STORE[0]: NO_STORE[1]})
        self._plain = secured
        self._https = [*secured, *_encode(STRICT_TRANSPORT_SECURITY)]
        self._cors = cors_middleware(app, allowed_origins) if allowed_origins else None
        self._of_origin: dict[str, list[Header]] = {}
        if self._cors is not None:
            self._of_others = _encode(dict(self._cors.simple_headers))
            self._of_origin = {
                origin: [
                    *self._of_others,
                    *_encode({"access-control-allow-origin": origin, "vary": "Origin"}),
                ]
                for origin in allowed_origins
            }

    def of(self, scheme: str, origin: str | None) -> list[Header]:
        """Return the headers of responses to requests from an origin."""
        headers = self._https if scheme == "https" else self._plain
        if origin is None or self._cors is None:
            return headers
        return [*headers, *self._of_origin.get(origin, self._of_others)]

    def preflight(self, headers: dict[str, str]) -> Response | None:
        """Return the response to a browser that asks what pages of its origin may send, if any."""
        if self._cors is None or not {"origin", "access-control-request-method"} <= headers.keys():
            return None
        return self._cors.preflight_response(Headers(headers))


def _encode(headers: dict[str, str]) -> list[Header]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
