"""GraphiQL, the GraphQL explorer: the page at `GET /graphql` and its static files."""

from pathlib import Path

from starlette.staticfiles import StaticFiles

STATIC_PATH = "/explorer"
DIRECTORY = Path(__file__).parent.parent / "explorer" / "static"


def explorer_page() -> bytes:
    return (DIRECTORY / "index.html").read_bytes()


def explorer_files() -> StaticFiles:
    return StaticFiles(directory=DIRECTORY)
