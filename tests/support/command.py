"""Running the `taskloom` command within a test."""

import asyncio
from dataclasses import dataclass

from typer.testing import CliRunner

from graph.cli.main import app


@dataclass
class Outcome:
    """What a command left."""

    code: int
    out: str
    notes: str


async def taskloom(url: str, *arguments: str, typed: str | None = None) -> Outcome:
    """Runs a command on a database, as a shell would."""

    def run() -> Outcome:
        environment = {"TASKLOOM_DATABASE_URL": url, "COLUMNS": "200"}
        result = CliRunner().invoke(app, arguments, env=environment, input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    # A command has an event loop of its own.
    return await asyncio.to_thread(run)
