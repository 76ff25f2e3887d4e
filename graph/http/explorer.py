"""GraphiQL, the GraphQL explorer: the page at `GET /graphql` and its static files."""

from pathlib import Path

from fastapi import FastAPI, Request, Response

from graph.http.encoded_files import EncodedFiles

STATIC_PATH = "/explorer"
DIRECTORY = Path(__file__).parent.parent / "explorer" / "static"


def explorer_page() -> bytes:
    return (DIRECTORY / "index.html").read_bytes()


def add_explorer_files(app: FastAPI) -> None:
    files = EncodedFiles(DIRECTORY)

    @app.api_route(f"{STATIC_PATH}/{{name:path}}", methods=["GET", "HEAD"])
    async def explorer_file(name: str, request: Request) -> Response:
        return await files.respond(name, request.headers)
