"""Running the `taskloom` command in the process of a test."""

import asyncio
from dataclasses import dataclass

from typer.testing import CliRunner

from graph.cli.main import app


@dataclass
class Outcome:
    """The exit code and the output of a command."""

    code: int
    out: str
    notes: str


async def taskloom(url: str, *arguments: str, typed: str | None = None) -> Outcome:
    """Run a command on a database; `typed` is its standard input."""

    def run() -> Outcome:
        environment = {"TASKLOOM_DATABASE_URL": url, "COLUMNS": "200"}
        result = CliRunner().invoke(app, arguments, env=environment, input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)

    # A command starts an event loop, which it cannot do in a thread that runs one.
    return await asyncio.to_thread(run)
