"""What all commands share: their output, their errors and their database."""

import asyncio
import os
import signal
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from graph.http.printable import printable, printable_lines
from graph.settings import PREFIX, Settings
from models.database import Database, DatabaseError, unreachable_error
from models.database.driver_errors import is_unreachable
from models.migrations import require_newest

T = TypeVar("T")

#: For messages to people. Standard output is reserved for output that programs read. A test checks
#: that all output of commands goes through the functions below.
_stderr = Console(stderr=True, highlight=False)


class CommandError(Exception):
    """A command cannot be carried out. The message says why, in one line."""


def load_settings() -> Settings:
    """The settings; raises a `CommandError` that names the first invalid variable."""
    try:
        settings = Settings()
    except ValidationError as error:
        [first, *_] = error.errors()
        name = f"{PREFIX}{'_'.join(str(part) for part in first['loc'])}".upper()
        raise CommandError(f"{name}: {first['msg']}.") from None
    settings.set_storage_limits()
    return settings


@asynccontextmanager
async def open_database(*, newest: bool = True) -> AsyncIterator[Database]:
    """Open the database of the settings.

    Raises a `DatabaseError` if it is unreachable, or, with `newest`, if its schema is older.
    """
    settings = load_settings()
    database = Database(settings.database_url, settings.database_options)
    try:
        if newest:
            await require_newest(database)
        yield database
    except Exception as error:
        if is_unreachable(error):
            raise unreachable_error(database, error) from error
        raise
    finally:
        await database.close()


def run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a command's work; a known error ends the command with one line and exit code 1."""

    async def interruptible() -> T:
        if threading.current_thread() is threading.main_thread():
            # Exit at once: the database rolls back what is not committed.
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, os._exit, 130)
        return await work()

    try:
        return asyncio.run(interruptible())
    except (CommandError, DatabaseError) as error:
        fail(str(error))
    except DBAPIError as error:
        lines = str(error.orig).strip().splitlines()
        reason = lines[0] if lines else type(error).__name__
        fail(f"A concurrent write or a lock interfered in the database. Try again. ({reason})")


def fail(message: str) -> NoReturn:
    """End the command with one line and exit code 1."""
    print_error(message)
    raise typer.Exit(1)


def print_error(message: str) -> None:
    _print(("error:", "bold red"), f" {printable(message)}")


def print_message(message: str) -> None:
    _print(printable(message))


def print_traceback() -> None:
    """Print the traceback of the current exception."""
    _print(printable_lines(traceback.format_exc().rstrip()))


def print_link(link: str) -> None:
    _print("\n  Open ", (printable(link), "bold"), "\n")


def print_output(text: str) -> None:
    """Print the result of a command, which may have several lines, to standard output."""
    typer.echo(printable_lines(text))


def _print(*parts: str | tuple[str, str]) -> None:
    # As `Text`, in which brackets are no markup.
    _stderr.print(Text.assemble(*parts), soft_wrap=True)


@contextmanager
def progress_bar(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar; yields a function that advances it. `total` may be an estimate.

    Nothing is shown if standard error is not a terminal.
    """
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=_stderr,
        disable=not _stderr.is_terminal,
    )
    with bar:
        task = bar.add_task(printable(description), total=total)
        yield lambda count: bar.advance(task, count)
        bar.update(task, completed=total)
