"""How commands speak, fail, and come by a database."""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import DBAPIError

from graph.settings import PREFIX, Settings
from models.database import Database, DatabaseError, unreachable_error
from models.database.driver_errors import is_unreachable
from models.migrations import require_newest

T = TypeVar("T")

#: What people read. Standard output is kept for what programs read.
notes = Console(stderr=True, highlight=False)


class CommandError(Exception):
    """A command cannot do what it was asked; the message says why, in one line."""


def settings() -> Settings:
    """The settings, or an error that names the variable that cannot be read."""
    try:
        return Settings()
    except ValidationError as error:
        [first, *_] = error.errors()
        name = f"{PREFIX}{'_'.join(str(part) for part in first['loc'])}".upper()
        raise CommandError(f"{name}: {first['msg']}.") from None


@asynccontextmanager
async def open_database(*, newest: bool = True) -> AsyncIterator[Database]:
    """The database of the settings, with the newest schema unless said otherwise."""
    chosen = settings()
    database = Database(chosen.database_url, chosen.database_options)
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
    """Runs a command's work; an error it knows ends the command with one line and code 1."""

    async def interruptible() -> T:
        if threading.current_thread() is threading.main_thread():
            # At once: what is not committed is gone with the connection.
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, os._exit, 130)
        return await work()

    try:
        return asyncio.run(interruptible())
    except (CommandError, DatabaseError) as error:
        fail(str(error))
    except DBAPIError as error:
        cause = str(error.orig).strip().splitlines()
        reason = cause[0] if cause else type(error).__name__
        fail(f"The database was changed at the same moment, or is held: try again. ({reason})")


def fail(message: str) -> NoReturn:
    """Ends the command with one line and exit code 1."""
    notes.print(f"[bold red]error:[/] {plain(message)}", soft_wrap=True)
    raise typer.Exit(1)


def say(message: str) -> None:
    """Tells people something, letter by letter."""
    notes.print(plain(message), soft_wrap=True)


def plain(message: str) -> str:
    """A message without what Rich would take for markup."""
    return message.replace("[", r"\[")


def progress() -> Progress:
    """A progress bar on standard error, silent where that is no terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=notes,
        disable=not notes.is_terminal,
    )
