"""The GraphQL explorer: the page at `GET /graphql` and its static files.

The page is built from `graph/explorer`, by `make serve` where Node.js is available; the wheel
contains it. Without it, Strawberry's own page is served, whose scripts come from another host.
"""

import logging
from pathlib import Path

from fastapi import FastAPI, Request, Response
from strawberry.http.ides import get_graphql_ide_html

from graph.http.encoded_files import EncodedFiles
from graph.http.responses import Header, HttpResponse

STATIC_PATH = "/explorer"
DIRECTORY = Path(__file__).parent.parent / "explorer" / "dist"
#: The host of the scripts of Strawberry's page, which also has inline scripts.
OTHER_HOST = "https://unpkg.com"
POLICY: Header = (
    b"content-security-policy",
    f"default-src 'none'; script-src 'unsafe-inline' {OTHER_HOST}; style-src 'unsafe-inline' "
    f"{OTHER_HOST}; img-src data:; font-src data: {OTHER_HOST}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'".encode(),
)

logger = logging.getLogger("taskloom.explorer")


class ExplorerPage:
    """The page of the explorer, or Strawberry's where it has not been built."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        index = directory / "index.html"
        self.is_built = index.is_file()
        if self.is_built:
            self._page = index.read_bytes()
            return
        logger.warning(
            "the explorer has not been built, so Strawberry's page is served instead, with scripts "
            "from %s. Build it with `make explorer`, which needs Node.js.",
            OTHER_HOST,
        )
        html = get_graphql_ide_html(graphql_ide="graphiql")
        self._page = html.replace("{{ SUBSCRIPTION_ENABLED }}", "true").encode()

    def respond(self) -> HttpResponse:
        response = HttpResponse(self._page, media_type="text/html")
        if not self.is_built:
            response.headers.append(POLICY)
            response.overridden = frozenset({POLICY[0]})
        return response


def add_explorer_files(app: FastAPI) -> None:
    files = EncodedFiles(DIRECTORY)

    @app.api_route(f"{STATIC_PATH}/{{name:path}}", methods=["GET", "HEAD"])
    async def explorer_file(name: str, request: Request) -> Response:
        return await files.respond(name, request.headers)
