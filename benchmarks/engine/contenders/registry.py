"""The contenders: what each needs, how it is started, and what it asks for a workload."""

import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url, text

from benchmarks.engine.contenders.postgraphile.documents import request_maker
from benchmarks.engine.servers import Command
from benchmarks.engine.workloads import MakeRequest, Workload
from models.database import Database

ROOT = Path(__file__).parents[3]
_POSTGRAPHILE = Path(__file__).parent / "postgraphile"
#: No operation may be refused for its cost.
_BUDGET = "1000000000000"


class LeftOut(Exception):
    """A contender that cannot take part. The message says why."""


async def _nothing(_: Database) -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Contender:
    """A server that is measured."""

    name: str
    description: str
    #: Returns the command for a database's URL and a number of connections.
    command: Callable[[str, int], Command]
    #: The databases that it runs on.
    kinds: Sequence[str] = ("postgresql",)
    #: Installs it, or raises `LeftOut`.
    install: Callable[[], None] = lambda: None
    #: Adds to the database what only this contender needs.
    prepare: Callable[[Database], Awaitable[None]] = field(default=_nothing)
    #: Returns the request of a workload.
    request: Callable[[Workload], MakeRequest] = lambda workload: workload.make_request


def taskloom(name: str, folder: Path) -> Contender:
    """This project, from the sources in a folder."""

    def command(url: str, connections: int) -> Command:
        arguments = (sys.executable, "-m", "graph.cli", "serve", "--port", "{port}")
        environment = {
            "PYTHONPATH": str(folder),
            "TASKLOOM_DATABASE_URL": url,
            "TASKLOOM_POOL_SIZE": str(connections),
            # One user sends everything.
            "TASKLOOM_READ_CONCURRENCY": str(connections),
            "TASKLOOM_BUDGET": _BUDGET,
        }
        return Command(arguments, environment, folder)

    where = "this project" if folder == ROOT else "this project at the baseline"
    kinds = ("postgresql", "sqlite", "mysql")
    return Contender(name, f"{where}; checks a token, charges a budget, logs", command, kinds)


def _plain(url: str) -> str:
    """A URL of PostgreSQL without SQLAlchemy's name of the driver."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _uvicorn(app: str) -> Callable[[str, int], Command]:
    def command(url: str, connections: int) -> Command:
        arguments = (
            sys.executable, "-m", "uvicorn", app, "--port", "{port}",
            "--no-access-log", "--log-level", "warning",
        )  # fmt: skip
        environment = {
            "PYTHONPATH": str(ROOT), "DATABASE_URL": _plain(url), "POOL_SIZE": str(connections),
        }  # fmt: skip
        return Command(arguments, environment, ROOT)

    return command


def _postgraphile(url: str, connections: int) -> Command:
    node = _POSTGRAPHILE / "node_modules" / ".bin" / "node"
    environment = {
        "DATABASE_URL": _plain(url), "POOL_SIZE": str(connections),
        "NODE_ENV": "production", "GRAPHILE_ENV": "production",
    }  # fmt: skip
    return Command((str(node), "server.mjs"), environment, _POSTGRAPHILE)


def _install_postgraphile() -> None:
    """Install the locked packages with npm, if they are not there."""
    installed = _POSTGRAPHILE / "node_modules" / ".installed"
    lock = _POSTGRAPHILE / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise LeftOut("npm is not installed")
    done = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=_POSTGRAPHILE,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise LeftOut(f"npm ci failed: {lines[-1] if lines else done.returncode}")
    installed.touch()


async def _add_search(database: Database) -> None:
    """Add the search function that its schema shows."""
    statements = (_POSTGRAPHILE / "search.sql").read_text()
    async with database.write_engine.begin() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute(statements)
        await connection.execute(text("ANALYZE search_hits"))


OURS = taskloom("taskloom", ROOT)
OTHERS = (
    Contender(
        "postgraphile",
        "PostGraphile 5 on Node.js 22; checks no token, and writes no log of changes",
        _postgraphile,
        install=_install_postgraphile,
        prepare=_add_search,
        request=lambda workload: request_maker(workload.name),
    ),
    Contender(
        "strawberry",
        "Strawberry as its documentation teaches: resolvers, data loaders, ORM entities; "
        "checks a token",
        _uvicorn("benchmarks.engine.contenders.plain_strawberry.server:app"),
    ),
    Contender(
        "handwritten",
        "asyncpg by hand: bare ASGI, a statement for each level, orjson; checks a token, parses "
        "no GraphQL",
        _uvicorn("benchmarks.engine.contenders.handwritten.server:app"),
    ),
)
