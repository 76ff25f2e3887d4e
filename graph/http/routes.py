"""The routes besides `/graphql`: home, sign-in link, printed schema, and health checks."""

import logging
from collections.abc import Callable
from functools import cache

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from sqlalchemy.exc import SQLAlchemyError

from graph.auth.sign_in_code import redeem_sign_in_code
from graph.context import Server
from graph.http.client_network import sender_address
from graph.http.cookies import set_session_cookie
from graph.http.credential_charge import LOOKUP_COST
from graph.http.encoded_files import EncodedFile
from graph.http.responses import api_error_response, failure_response
from graph.kit.errors import ApiError
from graph.operations.operation_cost import REQUEST_COST
from graph.settings import Settings
from models.database import DatabaseError
from models.migrations import require_newest

USED_CODE = (
    "<!doctype html><title>Taskloom</title><p>This link has been used or has expired. "
    "Print a new one with <code>taskloom user sign-in-link</code>."
)

#: The cost of reading the version of the database's schema, which takes about two milliseconds.
READY_COST = 20

logger = logging.getLogger("taskloom.health")


def add_routes(
    app: FastAPI, print_schema: Callable[[], str], server: Server, settings: Settings
) -> None:
    database, budgets = server.database, server.budgets

    # Cached, because it takes long.
    @cache
    def printed() -> EncodedFile:
        return EncodedFile(print_schema().encode())

    async def charge(request: Request, cost: int) -> None:
        """Charge the anonymous budget of the sender's network."""
        await budgets.charge(budgets.caller(None, sender_address(request)), cost)

    @app.exception_handler(ApiError)
    async def refuse(_: Request, error: ApiError) -> Response:
        return api_error_response(error).as_starlette()

    @app.get("/")
    async def home() -> Response:
        return RedirectResponse("/graphql")

    @app.get("/sign-in")
    async def sign_in(code: str, request: Request) -> Response:
        """Exchange a one-time code for a session cookie, and redirect to the explorer."""
        try:
            await charge(request, LOOKUP_COST)
            session = await redeem_sign_in_code(database, code, request.headers.get("user-agent"))
        except ApiError:
            raise
        except Exception as error:  # noqa: BLE001 - answered, and logged with its ID
            return failure_response(error).as_starlette()
        if session is None:
            return HTMLResponse(USED_CODE, status_code=410)
        response = RedirectResponse("/graphql", status_code=303)
        set_session_cookie(response, session, request.url.scheme == "https", settings)
        return response

    @app.api_route("/schema.graphql", methods=["GET", "HEAD"])
    async def printed_schema(request: Request) -> Response:
        if not settings.introspection:
            return PlainTextResponse("This server does not show its schema.\n", status_code=404)
        await charge(request, REQUEST_COST)
        return await printed().respond(request.headers, "text/plain; charset=utf-8")

    @app.get("/health/live")
    async def live() -> Response:
        return JSONResponse({"status": "ok"})

    @app.get("/health/ready")
    async def ready(request: Request) -> Response:
        """Report whether the database answers and has the newest schema."""
        try:
            await charge(request, READY_COST)
            await require_newest(database)
        except (DatabaseError, SQLAlchemyError, OSError) as error:
            # Anybody can call this: the database's address goes to the log, not to the response.
            logger.warning("not ready: %s", error)
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse({"status": "ok"})
