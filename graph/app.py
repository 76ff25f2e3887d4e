"""The ASGI application, composed of the server's parts, its routes and its background tasks."""

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from graph.auth.authenticator import Authenticator
from graph.auth.last_used import LastUsedTracker
from graph.background import background_tasks
from graph.context import Connections, Server
from graph.engine.engine import Engine
from graph.http.access_log import ACCESS_LOG
from graph.http.cross_origin import CrossOriginRequests
from graph.http.endpoint import GraphQLEndpoint
from graph.http.explorer import ExplorerPage, add_explorer_files
from graph.http.routes import add_routes
from graph.http.security_headers import SecurityHeaders
from graph.live.hub import LiveHub
from graph.operations.budgets import Budgets
from graph.operations.cost import CostRules
from graph.operations.document_store import DocumentStore
from graph.operations.limits import Limits
from graph.operations.runner import OperationRunner
from graph.operations.usage import measured_task
from graph.schema import FIELD_COSTS, LIST_LENGTHS, printed_schema, schema
from graph.settings import Settings
from models.database import Database
from models.migrations import require_newest

#: Seconds until a thread must hand over the interpreter (Python's default is 0.005): worker
#: threads parse documents and hash passwords while the event loop answers other requests.
THREAD_SWITCH_INTERVAL = 0.0001


class TaskloomApp(FastAPI):
    """Hands requests for `/graphql` to its endpoint, past all middleware, and routes others."""

    endpoint: GraphQLEndpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_graphql = scope.get("path") == scope.get("root_path", "") + "/graphql"
        if scope["type"] == "http" and is_graphql:
            await self.endpoint(scope, receive, send)
        elif scope["type"] == "websocket" and is_graphql:
            await self.endpoint.sockets(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings | None = None) -> TaskloomApp:
    """Build the application for any ASGI server, by default with settings from the environment."""
    settings = settings or Settings()
    settings.set_storage_limits()
    logging.getLogger("taskloom").setLevel(settings.log_level.upper())
    database = Database(settings.database_url, settings.database_options)
    last_used = LastUsedTracker()
    connections = Connections(database, settings.read_concurrency)
    server = Server(
        database=database,
        authenticator=Authenticator(database, settings, last_used),
        budgets=Budgets(database, settings),
        limits=Limits.from_settings(settings),
        web_url=settings.web_url,
        connections=connections,
        live=LiveHub(database, connections.reads, settings),
    )
    limits = server.limits
    documents = DocumentStore(
        database, max_size=limits.size, registered_only=settings.registered_only
    )
    engine = Engine(schema, database)
    runner = OperationRunner(
        schema,
        CostRules(limits, schema._schema, LIST_LENGTHS, FIELD_COSTS),
        server.connections.operations,
        documents,
        engine,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sys.setswitchinterval(THREAD_SWITCH_INTERVAL)
        asyncio.get_running_loop().set_task_factory(measured_task)
        await require_newest(database)
        if database.kind == "sqlite":
            await database.analyze()
        freeze_garbage()
        async with background_tasks(database, last_used):
            yield
            await server.live.close()
        await server.authenticator.close()
        await database.close()
        ACCESS_LOG.flush()
        asyncio.get_running_loop().set_task_factory(None)

    app = TaskloomApp(
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
    app.add_middleware(CrossOriginRequests, settings.allowed_origins)
    app.endpoint = GraphQLEndpoint(
        server, runner, settings, explorer=ExplorerPage() if settings.explorer else None
    )
    if settings.explorer:
        add_explorer_files(app)
    add_routes(app, printed_schema, server, settings)
    return app


def freeze_garbage() -> None:
    """Keep the garbage collector from looking through what lives as long as the process.

    Its pauses would delay the requests of all clients.
    """
    gc.collect()
    gc.freeze()
