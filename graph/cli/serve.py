"""The server process."""

import os
import socket
from typing import Any

import uvicorn
from sqlalchemy import select

from graph.auth.sign_in_code import create_sign_in_code
from graph.cli import accounts
from graph.cli.console import fail, notes, say, settings
from graph.http.uvicorn_limits import LimitedProtocol
from graph.settings import PREFIX
from models import Membership, Role, User, Workspace
from models.database import Database

APP = "graph.app:create_app"


async def sign_in_link(database: Database, host: str, port: int) -> str | None:
    """A link that opens the explorer, signed in as the demo user, once; null without a demo."""
    owner = select(User.id).join(Membership, Membership.user_id == User.id)
    owner = owner.join(Workspace, Workspace.id == Membership.workspace_id).where(
        User.handle == accounts.DEMO_USER, Workspace.slug == "demo", Membership.role == Role.OWNER
    )
    async with database.reads() as session:
        user_id = await session.scalar(owner)
    if user_id is None:
        say("The database has data of its own: no demo was made, and there is no link to it.")
        return None
    shown = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    address = f"[{shown}]" if ":" in shown else shown
    return f"http://{address}:{port}/sign-in?code={await create_sign_in_code(database, user_id)}"


def serve(host: str, port: int, *, workers: int, reload: bool, link: str | None) -> None:
    """Serves until it is told to stop."""
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "factory": True,
        "log_level": settings().log_level.lower(),
        "server_header": False,
        "http": LimitedProtocol,
    }
    if workers > 1:
        # The processes read the settings anew.
        os.environ.setdefault(f"{PREFIX}SHARED_BUDGETS", "true")
    if workers > 1 or reload:
        announce(link)
        uvicorn.run(APP, workers=workers, reload=reload, **options)
        return
    server = _Server(uvicorn.Config(APP, **options))
    server.link = link
    server.run()


def refuse_busy_port(host: str, port: int) -> None:
    """Says early that somebody else listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            fail(f"{host}:{port} cannot be listened on ({error.strerror}): choose with --port.")


def announce(link: str | None) -> None:
    """Prints the link for whoever started the server."""
    if link is not None:
        notes.print(f"\n  Open [bold]{link}[/]\n", soft_wrap=True)


class _Server(uvicorn.Server):
    """Prints the link once it can be followed."""

    link: str | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            announce(self.link)
