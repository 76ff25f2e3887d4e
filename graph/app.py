"""The ASGI application, composed of the server's parts, its routes and its background tasks."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from graph.auth.authenticator import Authenticator
from graph.auth.last_used import LastUsedTracker
from graph.background import background_tasks
from graph.context import Connections, Server
from graph.http.endpoint import GraphQLEndpoint
from graph.http.explorer import STATIC_PATH, explorer_files, explorer_page
from graph.http.rate_limit_headers import RATE_LIMIT_HEADERS
from graph.http.routes import add_routes
from graph.http.security_headers import SecurityHeaders
from graph.operations.budgets import Budgets
from graph.operations.document_store import DocumentStore
from graph.operations.limits import Limits
from graph.operations.usage import measured_task
from graph.schema import schema
from graph.settings import Settings
from models.database import Database
from models.migrations import require_newest

#: Seconds until a thread must hand over the interpreter (Python's default is 0.005): worker
#: threads parse documents and hash passwords while the event loop answers other requests.
THREAD_SWITCH_INTERVAL = 0.0001


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application for any ASGI server, by default with settings from the environment."""
    settings = settings or Settings()
    logging.getLogger("taskloom").setLevel(settings.log_level.upper())
    database = Database(settings.database_url, settings.database_options)
    last_used = LastUsedTracker()
    server = Server(
        database=database,
        authenticator=Authenticator(database, settings, last_used),
        budgets=Budgets(database, settings),
        limits=Limits.from_settings(settings),
        connections=Connections(database, settings.read_concurrency),
    )
    endpoint = GraphQLEndpoint(
        schema,
        server,
        DocumentStore(
            database,
            max_size=settings.max_document_size,
            registered_only=settings.registered_only,
        ),
        settings,
        explorer=explorer_page() if settings.explorer else None,
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(THREAD_SWITCH_INTERVAL)
        asyncio.get_running_loop().set_task_factory(measured_task)
        await require_newest(database)
        if database.kind == "sqlite":
            await database.analyze()
        async with background_tasks(database, last_used):
            yield
        await database.close()
        asyncio.get_running_loop().set_task_factory(None)

    app = FastAPI(
        title="Taskloom",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Such redirects would have the host of the request's `Host` header.
        redirect_slashes=False,
    )
    app.state.database = database
    app.state.server = server
    app.add_middleware(SecurityHeaders)
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_credentials=True,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=RATE_LIMIT_HEADERS,
        )
    app.router.routes.append(Route("/graphql", endpoint))
    if settings.explorer:
        app.mount(STATIC_PATH, explorer_files())
    add_routes(app, schema, server, settings)
    return app
