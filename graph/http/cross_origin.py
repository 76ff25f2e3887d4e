"""What pages of other origins may send, which browsers ask before they send it (CORS)."""

import logging
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp

from graph.http.printable import printable
from graph.http.rate_limit_headers import RATE_LIMIT_HEADERS

#: The longest origin that is logged and shown, and how many different ones are logged.
MAX_ORIGIN_LENGTH, MAX_LOGGED = 200, 100

logger = logging.getLogger("taskloom.http")


class CrossOriginRequests(CORSMiddleware):
    """Allows pages of some origins to use the API, with any headers and with cookies.

    The headers are for the client's own tools, such as tracing. None of them gives a page
    more than the user's own rights.
    """

    def __init__(self, app: ASGIApp, allowed_origins: Sequence[str]) -> None:
        super().__init__(
            app,
            allow_origins=allowed_origins,
            allow_credentials=bool(allowed_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            expose_headers=RATE_LIMIT_HEADERS if allowed_origins else (),
        )
        #: Refused origins that have been logged.
        self._logged: set[str] = set()

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer what a page of an origin may send."""
        origin = request_headers["origin"]
        if self.is_allowed_origin(origin):
            return super().preflight_response(request_headers)
        shown = printable(origin[:MAX_ORIGIN_LENGTH])
        message = (
            f"Pages of {shown} may not use this API. To allow them, add the origin to the server's "
            "setting TASKLOOM_ALLOWED_ORIGINS."
        )
        if shown not in self._logged and len(self._logged) < MAX_LOGGED:
            self._logged.add(shown)
            logger.warning(message)
        return PlainTextResponse(f"{message}\n", 403, {"Vary": "Origin"})
