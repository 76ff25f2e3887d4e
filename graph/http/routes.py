"""The routes besides `/graphql`: home, sign-in link, printed schema, and health checks."""

import logging

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from strawberry.schema import BaseSchema

from graph.auth.sign_in_code import redeem_sign_in_code
from graph.http.cookies import set_session_cookie
from graph.http.responses import failure_response
from graph.settings import Settings
from models.database import Database, DatabaseError
from models.migrations import require_newest

USED_CODE = (
    "<!doctype html><title>Taskloom</title><p>This link has been used or has expired. "
    "Restart the server for a new one."
)

logger = logging.getLogger("taskloom.health")


def add_routes(app: FastAPI, schema: BaseSchema, database: Database, settings: Settings) -> None:
    @app.get("/")
    async def home() -> Response:
        return RedirectResponse("/graphql")

    @app.get("/sign-in")
    async def sign_in(code: str, request: Request) -> Response:
        """Exchange a one-time code for a session cookie, and redirect to the explorer."""
        try:
            session = await redeem_sign_in_code(database, code, request.headers.get("user-agent"))
        except Exception as error:  # noqa: BLE001 - answered, and logged with its ID
            return failure_response(error)
        if session is None:
            return HTMLResponse(USED_CODE, status_code=410)
        response = RedirectResponse("/graphql", status_code=303)
        set_session_cookie(response, session, request, settings)
        return response

    @app.get("/schema.graphql")
    async def printed_schema() -> Response:
        if not settings.introspection:
            return PlainTextResponse("This server does not show its schema.\n", status_code=404)
        return PlainTextResponse(schema.as_str() + "\n")

    @app.get("/health/live")
    async def live() -> Response:
        return JSONResponse({"status": "ok"})

    @app.get("/health/ready")
    async def ready() -> Response:
        """Report whether the database answers and has the newest schema."""
        try:
            await require_newest(database)
        except DatabaseError as error:
            # Anybody can call this: the database's address goes to the log, not to the response.
            logger.warning("not ready: %s", error)
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse({"status": "ok"})
