"""The server: its routes, and what lives as long as it does."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.auth.identity import redeem_sign_in_code
from graph.auth.last_used import keep_writing
from graph.background import run_daily_chores
from graph.http.endpoint import GraphQLEndpoint, set_session
from graph.http.responses import failure_response
from graph.schema import schema
from graph.settings import Settings
from models.database import Database, DatabaseError
from models.migrations import require_newest

logger = logging.getLogger("taskloom.health")

EXPLORER = Path(__file__).parent / "explorer" / "static"
#: GraphiQL sets styles from scripts, and draws its squiggles from data: URLs.
EXPLORER_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
BUDGET_HEADERS = [
    "Retry-After", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    "X-RateLimit-Used",
]  # fmt: skip
USED_CODE = (
    "<!doctype html><title>Taskloom</title><p>This link was used already, or is too old. "
    "Start the server again for a new one."
)


class SecurityHeaders:
    """Tells browsers to trust nothing that this server does not need."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = EXPLORER_POLICY
                headers["Referrer-Policy"] = "no-referrer"
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                if not scope["path"].startswith("/explorer/"):
                    headers["Cache-Control"] = "no-store"
                if scope.get("scheme") == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self.app(scope, receive, send_guarded)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application, for any ASGI server."""
    settings = settings or Settings()
    database = Database(settings.database_url, settings.database_options)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # What works in threads gives way to the requests of others sooner than by default.
        sys.setswitchinterval(0.0001)
        await require_newest(database)
        if database.kind == "sqlite":
            await database.analyze()
        usage = endpoint.server.authenticator.usage
        tasks = [
            asyncio.create_task(run_daily_chores(database)),
            asyncio.create_task(keep_writing(usage, database)),
        ]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await usage.write(database)
        except (SQLAlchemyError, OSError):
            logger.exception("the last uses of tokens were not written")
        await database.close()

    app = FastAPI(
        title="Taskloom", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.add_middleware(SecurityHeaders)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_credentials=True,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=BUDGET_HEADERS,
        )
    app.state.database = database
    explorer = (EXPLORER / "index.html").read_bytes() if settings.explorer else None
    endpoint = GraphQLEndpoint(schema, database, settings, explorer)
    app.state.server = endpoint.server
    app.router.routes.append(Route("/graphql", endpoint))
    if settings.explorer:
        app.mount("/explorer", StaticFiles(directory=EXPLORER))

    @app.get("/")
    async def home() -> Response:
        return RedirectResponse("/graphql")

    @app.get("/sign-in")
    async def sign_in(code: str, request: Request) -> Response:
        """Exchanges a one-time code for a session cookie, and goes on to the explorer."""
        try:
            session = await redeem_sign_in_code(database, code, request.headers.get("user-agent"))
        except Exception as error:  # noqa: BLE001 - answered, and logged with its id
            return failure_response(error)
        if session is None:
            return HTMLResponse(USED_CODE, status_code=410)
        response = RedirectResponse("/graphql", status_code=303)
        set_session(response, session, request, settings)
        return response

    @app.get("/schema.graphql")
    async def printed_schema() -> Response:
        if not settings.introspection:
            return PlainTextResponse("The schema is not shown here.\n", status_code=404)
        return PlainTextResponse(schema.as_str() + "\n")

    @app.get("/health/live")
    async def live() -> Response:
        return JSONResponse({"status": "ok"})

    @app.get("/health/ready")
    async def ready() -> Response:
        """Whether requests can be answered: the database answers, and has the newest schema."""
        try:
            await require_newest(database)
        except DatabaseError as error:
            # Who asks may be anybody: the address of the database is for the log.
            logger.warning("not ready: %s", error)
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse({"status": "ok"})

    return app
