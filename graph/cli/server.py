"""The server process."""

import math
import os
import socket
from typing import Any

import uvicorn
from sqlalchemy import select

from graph.auth.sign_in_code import create_sign_in_code
from graph.cli import accounts
from graph.cli.console import fail, load_settings, print_link, print_message
from graph.cli.demo import fill
from graph.cli.logs import log_config
from graph.http.uvicorn_limits import LimitedProtocol
from graph.http.uvicorn_websocket import LimitedWebSocketProtocol
from graph.settings import PREFIX, Settings
from models import Membership, Role, User, Workspace, migrations
from models.database import Database

APP = "graph.app:create_app"
#: The port by default, and how many are tried from there on with demo data.
PORT, MAX_PORTS = 8000, 20


def settings_help() -> str:
    """All settings with their defaults and descriptions, in Rich markup."""
    lines = ["Settings are environment variables:"]
    for name, field in Settings.model_fields.items():
        variable, default = f"{PREFIX}{name.upper()}", _variable_value(field.default)
        lines.append(f"[bold]{variable}[/] ({default}): {field.description}")
    return "\n\n".join(lines)


def _variable_value(default: Any) -> str:
    """A default as one would write it in an environment variable."""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        default = ",".join(default)
    return "none" if default in (None, "") else str(default)


def choose_port(host: str, port: int | None, *, demo: bool) -> int:
    """Return the port to listen on; with demo data the next free one, unless it was chosen.

    End the command early if the server cannot listen there.
    """
    first = PORT if port is None else port
    count = MAX_PORTS if port is None and demo else 1
    chosen = next((one for one in range(first, first + count) if not _why_not(host, one)), None)
    if chosen is None:
        fail(
            f"The server cannot listen on {host}:{first} ({_why_not(host, first)}). Choose another "
            "port with --port."
        )
    if chosen != first:
        print_message(f"Port {first} is in use, so the server listens on {chosen}.")
    return chosen


def _why_not(host: str, port: int) -> str | None:
    """Return why the server cannot listen on a port; None if it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.strerror
    return None


async def prepare_demo(database: Database, host: str, port: int) -> str | None:
    """Migrate the database, and fill it with demo data if it is empty.

    Returns a link that signs a browser in once, or None if the database has no demo workspace.
    """
    await migrations.migrate(database)
    if await fill.is_empty(database):
        await fill.fill_demo(database, fill.DEMO_SLUG, fill.DEMO_TASKS)
    return await sign_in_link(database, host, port)


async def sign_in_link(database: Database, host: str, port: int) -> str | None:
    """A link that signs a browser in as the demo user once; None without a demo workspace."""
    owner = select(User.id).join(Membership, Membership.user_id == User.id)
    owner = owner.join(Workspace, Workspace.id == Membership.workspace_id).where(
        User.handle == accounts.DEMO_USER,
        Workspace.slug == fill.DEMO_SLUG,
        Membership.role == Role.OWNER,
    )
    async with database.reads() as session:
        user_id = await session.scalar(owner)
    if user_id is None:
        print_message("The database is not empty and has no demo workspace: no link is printed.")
        return None
    reachable_host = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    address = f"[{reachable_host}]" if ":" in reachable_host else reachable_host
    return f"http://{address}:{port}/sign-in?code={await create_sign_in_code(database, user_id)}"


def server_options(settings: Settings) -> dict[str, Any]:
    """Return the options of uvicorn, besides where it listens."""
    return {
        "factory": True,
        "log_config": log_config(settings.log_level),
        "log_level": settings.log_level,
        "server_header": False,
        # uvicorn takes whole seconds.
        "timeout_graceful_shutdown": math.ceil(settings.shutdown_timeout),
        "http": LimitedProtocol,
        "ws": LimitedWebSocketProtocol,
        "ws_max_size": settings.max_message_size,
        "ws_ping_interval": settings.keep_alive,
        "ws_ping_timeout": settings.keep_alive,
        # The compression of a socket takes more memory than everything else of it.
        "ws_per_message_deflate": False,
    }


def serve(
    host: str, port: int, *, workers: int, reload: bool, demo: bool, link: str | None
) -> None:
    """Serve until the process is stopped. `link` is printed when it can be opened."""
    if demo:
        os.environ.setdefault(f"{PREFIX}TRACE", "everybody")
    options = server_options(load_settings()) | {"host": host, "port": port}
    if workers > 1:
        # Each worker process reads its settings from the environment.
        os.environ.setdefault(f"{PREFIX}SHARED_BUDGETS", "true")
    if workers > 1 or reload:
        if link is not None:
            print_link(link)
        uvicorn.run(APP, workers=workers, reload=reload, **options)
        return
    server = _Server(uvicorn.Config(APP, **options))
    server.link = link
    server.run()


class _Server(uvicorn.Server):
    """Prints the link once the server is ready."""

    link: str | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self.link is not None:
            print_link(self.link)
